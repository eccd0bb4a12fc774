import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { assertNoLimit } from "../../support/limits.ts";
import { listen, portOf } from "../../support/listening.ts";
import { Member } from "../../support/member.ts";
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
    await listen(http);
    return new Node(io, http, end);
  }

  get port(): number {
    return portOf(this.http);
  }

  /** A client of this server, in these rooms. */
  async connect(rooms: readonly string[] = [], port: number = this.port): Promise<Member> {
    const member = await Member.join(this.io, () => {
      const client = load("socket.io-client").io(`http://127.0.0.1:${port}`, {
        transports: ["websocket"],
        forceNew: true,
        reconnectionDelay: 10,
        reconnectionDelayMax: 10,
      });
      this.#clients.push(client);
      return client;
    });
    await member.socket.join([...rooms]);
    return member;
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

/** Two servers, and a client of each, in `room` and in `room 0` or `room 1`. */
export interface Pair {
  readonly nodes: readonly [Node, Node];
  readonly members: readonly [Member, Member];
}

/** What there is of a pair so far. */
export type StartingPair = { -readonly [K in keyof Pair]?: Pair[K] };

export async function startPair(pair: StartingPair, start: () => Promise<Node>): Promise<void> {
  const nodes = (pair.nodes = [await start(), await start()]);
  await untilConnected(...nodes);
  pair.members = [await nodes[0].connect(["room", "room 0"]), await nodes[1].connect(["room", "room 1"])];
}

/** Also one that did not come into being. */
export async function stopPair({ nodes }: StartingPair): Promise<void> {
  await Promise.all((nodes ?? []).map((node) => node.stop()));
}
