import { createServer } from "node:http";
import { createRequire } from "node:module";
import { listen, portOf } from "../support/listening.ts";
import { Member } from "../support/member.ts";
import { load, loadRedis, OURS, PEERS_FOLDER, UPSTREAM, type Kind } from "./kinds.ts";

/* oxlint-disable typescript/no-explicit-any -- clients and servers of several makers have no type in common */

export const STREAMS_UPSTREAM: Kind = {
  ...UPSTREAM[0]!,
  name: "@socket.io/redis-streams-adapter",
  adapter: "@socket.io/redis-streams-adapter",
  versions: ["4.8.4", "0.3.1"],
};
const inPeers = createRequire(`${PEERS_FOLDER}/../package.json`);

/** A server over streams, of either make, with recovery. */
export class StreamsNode {
  readonly clients: any[] = [];

  private constructor(
    readonly kind: Kind,
    readonly io: any,
    readonly http: ReturnType<typeof createServer>,
    readonly redis: any,
  ) {}

  static async start(
    kind: Kind,
    redisPort: number,
    library: "ioredis" | "redis",
    options: object = {},
  ): Promise<StreamsNode> {
    const { Server } = load(kind === OURS ? OURS : UPSTREAM[0]!);
    const redis = await redisClient(library, redisPort);
    const http = createServer();
    const io = new Server(http, {
      transports: ["websocket"],
      connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
      pingInterval: 100_000,
    });
    const create =
      kind === OURS
        ? load(OURS).adapter.createStreamsAdapter
        : inPeers("@socket.io/redis-streams-adapter").createAdapter;
    io.adapter(create(redis, { blockTimeInMs: 200, ...options }));
    await listen(http);
    await io.of("/").adapter.init?.();
    return new StreamsNode(kind, io, http, redis);
  }

  get port(): number {
    return portOf(this.http);
  }

  async connect(rooms: readonly string[] = [], port = this.port, namespace = "/"): Promise<Member> {
    const nsp = this.io.of(namespace);
    await nsp.adapter.init?.();
    const member = await Member.join(nsp, () => {
      const client = load(OURS).connect(`http://127.0.0.1:${port}${namespace}`, {
        transports: ["websocket"],
        forceNew: true,
        reconnectionDelay: 10,
        reconnectionDelayMax: 50,
      });
      this.clients.push(client);
      return client;
    });
    await member.socket.join([...rooms]);
    return member;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.io.close();
    // Both wait for answers. When it closes, the other make writes the sessions of its sockets and looks after no failure, so
    // to disconnect before Redis has answered would leave a rejection that nobody handles.
    if (this.redis.isOpen !== undefined) await this.redis.close();
    else await this.redis.quit();
  }
}

export async function redisClient(library: "ioredis" | "redis", port: number): Promise<any> {
  if (library === "ioredis") {
    const { Redis } = loadRedis("ioredis");
    const client = new Redis(port, "127.0.0.1");
    client.on("error", () => {});
    // The other make leaves its copies open, over this library.
    const { duplicate } = client;
    client.duplicate = function (...args: unknown[]) {
      const copy = duplicate.apply(client, args);
      client.once("end", () => copy.disconnect());
      return copy;
    };
    return client;
  }
  const client = loadRedis("redis").createClient({ url: `redis://127.0.0.1:${port}` });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** The other make does not tell when it listens: emits until everything has arrived once. */
export async function untilBothRead(ours: StreamsNode, theirs: StreamsNode): Promise<void> {
  const members = [await ours.connect(), await theirs.connect()] as const;
  const emits = setInterval(() => {
    ours.io.emit("ready from ours");
    theirs.io.emit("ready from theirs");
  }, 1);
  await Promise.all(members.flatMap((member) => [member.hears("ready from ours"), member.hears("ready from theirs")]));
  clearInterval(emits);
  for (const { client } of members) client.close();
}

/** The same for one server, by what somebody else writes. */
export async function untilRead(node: StreamsNode, emitter: { emit(event: string): unknown }): Promise<void> {
  const member = await node.connect();
  const emits = setInterval(() => emitter.emit("ready"), 1);
  await member.hears("ready");
  clearInterval(emits);
  emitter.emit("ready, all of them");
  await member.hears("ready, all of them");
  member.client.close();
}
