import { once } from "node:events";
import { createServer } from "node:http";
import {
  createConnection,
  createServer as createTcpServer,
  type AddressInfo,
  type Socket as TcpSocket,
} from "node:net";
import { load, loadRedis, OURS } from "./kinds.ts";

/* oxlint-disable typescript/no-explicit-any -- clients of several makers have no type in common */

/** A server of ours over streams, with recovery. */
export class RecoveringNode {
  readonly #http = createServer();
  readonly #redis: any;
  readonly io: any;

  private constructor(redisPort: number, options: object, serverOptions: object) {
    const { Redis } = loadRedis("ioredis");
    const { Server, adapter } = load(OURS);
    this.#redis = new Redis(redisPort, "127.0.0.1");
    this.#redis.on("error", () => {});
    this.io = new Server(this.#http, {
      transports: ["websocket"],
      connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
      adapter: adapter.createStreamsAdapter(this.#redis, { blockTimeInMs: 200, ...options }),
      ...serverOptions,
    });
  }

  static async start(redisPort: number, options: object = {}, serverOptions: object = {}): Promise<RecoveringNode> {
    const node = new RecoveringNode(redisPort, options, serverOptions);
    node.#http.listen(0, "127.0.0.1");
    await once(node.#http, "listening");
    await node.io.of("/").adapter.init();
    return node;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** The next socket that enters. */
  connection(namespace = "/"): Promise<any> {
    return new Promise((resolve) => this.io.of(namespace).once("connection", resolve));
  }

  async stop(): Promise<void> {
    await this.io.close();
    this.#redis.disconnect();
  }
}

/** A load balancer, of a kind: it sends new connections to the server that it is told. */
export class Balancer {
  readonly #server = createTcpServer((socket) => this.#onConnection(socket));
  readonly #pairs = new Set<readonly [client: TcpSocket, server: TcpSocket]>();
  target = 0;

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the connections on both sides. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }

  /** Ends the connections for the clients; servers do not notice. */
  cutClients(): void {
    for (const [client, server] of this.#pairs) {
      client.removeAllListeners("close");
      client.unpipe(server);
      client.destroy();
      server.unpipe(client);
      server.resume();
    }
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #onConnection(client: TcpSocket): void {
    const server = createConnection(this.target, "127.0.0.1");
    this.#pairs.add([client, server]);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.pipe(other, { end: false });
      one.on("error", () => {});
      one.on("close", () => other.destroy());
    }
  }
}

/** A client that comes back at once, and what it has heard, without offsets. */
export function connectClient(url: string): { client: any; heard: unknown[][]; connected(): Promise<void> } {
  const client = load(OURS).connect(url, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 1,
    reconnectionDelayMax: 20,
  });
  const heard: unknown[][] = [];
  client.onAny((...event: unknown[]) => heard.push(event.slice(0, -1)));
  return {
    client,
    heard,
    connected: () => (client.connected ? Promise.resolve() : new Promise((resolve) => client.once("connect", resolve))),
  };
}
