import { createServer } from "node:http";
import { listen, portOf } from "../support/listening.ts";
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
    await listen(node.#http);
    await node.io.of("/").adapter.init();
    return node;
  }

  get port(): number {
    return portOf(this.#http);
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
