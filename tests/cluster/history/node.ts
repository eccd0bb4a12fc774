import { createServer } from "node:http";
import { Server } from "socket.io";
import { createAdapter, createShardedAdapter, createStreamsAdapter } from "socket.io-redis";
import { listen } from "../../support/listening.ts";
import { loadRedis } from "../kinds.ts";
import { FAULTY_ADAPTERS, type FaultName } from "./faulty-adapters.ts";

/** How long questions may take, in ms. */
const QUESTION_MS = 1000;

/** Else the library sends again what was under way when a connection broke, and Redis may have had it. */
const redisOptions = { autoResendUnfulfilledCommands: false, retryStrategy: () => 20 };

/* oxlint-disable typescript/no-explicit-any -- clients of Redis have no types here */
type Create = (pubClient: any, subClient: any) => any;

const ADAPTERS = {
  "pub/sub": (pubClient, subClient) => createAdapter(pubClient, subClient, { requestsTimeout: QUESTION_MS }),
  sharded: (pubClient, subClient) => createShardedAdapter(pubClient, subClient),
  streams: (client) => createStreamsAdapter(client, { blockTimeInMs: 200 }),
} satisfies Record<string, Create>;
/* oxlint-enable typescript/no-explicit-any */

export type AdapterName = keyof typeof ADAPTERS;
export const ADAPTER_NAMES = Object.keys(ADAPTERS) as readonly AdapterName[];

/** What a node is told to do. Sockets are named by their ids. */
export type Command =
  | {
      readonly do: "emit";
      readonly event: string;
      readonly args: readonly unknown[];
      readonly room: string | undefined;
    }
  | { readonly do: "join" | "leave"; readonly socket: string; readonly room: string }
  | { readonly do: "fetchSockets" | "count" | "stop" }
  | { readonly do: "emitWithAck"; readonly room: string };

/** Of a question: ids of sockets. */
export interface Answers {
  readonly answers: readonly string[];
  readonly failed: boolean;
}

export interface NodeOptions {
  readonly redisPort: number;
  readonly adapter: AdapterName;
  /** That of {@link adapter} is another one then, over pub/sub. */
  readonly fault?: FaultName | undefined;
}

/** Told what the node notices of Redis, by the names and the first argument of the adapter's events, and who has left. */
export type Notice = (event: "degraded" | "restored" | "disconnect", about: unknown) => void;

/** One server, in this process. */
export class LocalNode {
  private constructor(
    readonly port: number,
    private readonly io: Server,
    private readonly end: () => void,
  ) {}

  static async start({ redisPort, adapter: name, fault }: NodeOptions, notice: Notice): Promise<LocalNode> {
    const { Redis } = loadRedis("ioredis");
    const clients = [0, 1].map(() => new Redis(redisPort, "127.0.0.1", redisOptions));
    for (const client of clients) client.on("error", () => {});
    const [pubClient, subClient] = clients;
    const adapter =
      fault === undefined
        ? ADAPTERS[name](pubClient, subClient)
        : function (nsp: unknown) {
            return new FAULTY_ADAPTERS[fault](nsp, pubClient, subClient, { requestsTimeout: QUESTION_MS });
          };
    const http = createServer();
    const io = new Server(http, { transports: ["websocket"], adapter });
    const port = await listen(http);
    await io.of("/").adapter.init();
    for (const event of ["degraded", "restored"] as const) {
      io.of("/").adapter.on(event, (about: unknown) => notice(event, about));
    }
    io.on("connection", (socket) => socket.on("disconnect", () => notice("disconnect", socket.id)));
    return new LocalNode(port, io, () => {
      for (const client of clients) client.disconnect();
    });
  }

  /** What is emitted has left when this returns. */
  async perform(command: Command): Promise<unknown> {
    const { io } = this;
    switch (command.do) {
      case "emit":
        (command.room === undefined ? io : io.to(command.room)).emit(command.event, ...command.args);
        return;
      case "join":
        return io.sockets.sockets.get(command.socket)?.join(command.room);
      case "leave":
        return io.sockets.sockets.get(command.socket)?.leave(command.room);
      case "fetchSockets":
        return answersOf(
          io
            .timeout(QUESTION_MS)
            .fetchSockets()
            .then((sockets) => sockets.map(({ id }) => id)),
        );
      case "emitWithAck":
        return answersOf(io.to(command.room).timeout(QUESTION_MS).emitWithAck("who"));
      case "count":
        return io.of("/").adapter.serverCount();
      case "stop":
        await io.close();
        this.end();
    }
  }
}

async function answersOf(asked: Promise<unknown[]>): Promise<Answers> {
  try {
    return { answers: (await asked) as string[], failed: false };
  } catch (error) {
    const { responses } = error as { responses: unknown[] };
    return {
      answers: responses.map((response) => (typeof response === "string" ? response : (response as { id: string }).id)),
      failed: true,
    };
  }
}
