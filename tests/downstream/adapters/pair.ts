import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { assertNoLimit } from "../../support/limits.ts";
import { until } from "../../support/until.ts";
import { load } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- adapters of many makes, and the types of our server are those of the tarball */

/** One of our servers with an adapter of another make. */
export class Node {
  readonly #clients: any[] = [];
  #stopped: Promise<void> | undefined;

  private constructor(
    readonly io: any,
    readonly http: HttpServer,
    readonly end: () => unknown,
  ) {}

  /** @param end ends what the adapter was given, such as clients of Redis */
  static async start(adapter: unknown, end: () => unknown = () => {}, options: object = {}): Promise<Node> {
    const { Server } = load("socket.io");
    const http = createServer();
    const io = new Server(http, { adapter, transports: ["websocket"], ...options });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return new Node(io, http, end);
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** A client of this server, in these rooms. */
  async connect(rooms: readonly string[] = [], port: number = this.port): Promise<Member> {
    const connected = new Promise<any>((resolve) => this.io.once("connection", resolve));
    const client = load("socket.io-client").io(`http://127.0.0.1:${port}`, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 10,
    });
    this.#clients.push(client);
    const socket = await connected;
    if (!client.connected) await new Promise((resolve) => client.once("connect", resolve));
    await socket.join([...rooms]);
    return new Member(client, socket);
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    if (this.http.listening) {
      const closed = once(this.http, "close");
      this.io.close();
      await closed;
    }
    await this.end();
    assertNoLimit(this.io);
  }
}

/** A client, its half on the server, and what it has heard. */
export class Member {
  readonly heard: unknown[][] = [];
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly client: any,
    readonly socket: any,
  ) {
    client.onAny((...event: unknown[]) => {
      this.heard.push(event);
      for (const watch of this.#watchers) watch();
    });
  }

  /** The arguments of the first event of this name, once it has arrived. */
  hears(name: string): Promise<unknown[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.heard.find(([heard]) => heard === name);
        if (found === undefined) return;
        this.#watchers.delete(look);
        resolve(found.slice(1));
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The names of what it has heard that begin so. */
  named(start: string): unknown[] {
    return this.heard.map(([name]) => name).filter((name) => String(name).startsWith(start));
  }
}

/** Adapters do not tell when they listen: resolves once each has heard the other and, if they count them, knows of both. */
export async function untilConnected(...nodes: readonly Node[]): Promise<void> {
  const members = await Promise.all(nodes.map((node) => node.connect()));
  const emits = setInterval(() => {
    for (const [at, { io }] of nodes.entries()) io.emit(`ready ${at}`);
  }, 1);
  await Promise.all(members.flatMap((member) => nodes.map((_, at) => member.hears(`ready ${at}`))));
  clearInterval(emits);
  for (const { io } of nodes) {
    const { adapter } = io.of("/");
    if (typeof adapter.serverCount !== "function") continue;
    await until(async () => (await adapter.serverCount()) === nodes.length);
  }
  const left = members.map(({ socket }) => new Promise((resolve) => socket.once("disconnect", resolve)));
  for (const { client } of members) client.close();
  await Promise.all(left);
}
