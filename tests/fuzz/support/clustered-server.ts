import assert from "node:assert/strict";
import type { Server } from "socket.io";
import { createAdapter, createShardedAdapter, createStreamsAdapter } from "socket.io-redis";
import { BeatingAdapter, Bus, type FakeNamespace } from "../../../packages/socket.io-adapter/test/support.ts";
import {
  serve,
  ticks,
  type FakeConnection,
  type FakeEngine,
} from "../../../packages/socket.io/test/support/fake-engine.ts";
import { MemoryRedis } from "./memory-redis.ts";

/** Those of socket.io-redis over a Redis in memory, and the base with heartbeats of socket.io-adapter. */
export const ADAPTERS = ["pub/sub", "sharded", "streams", "heartbeat"] as const;
export type AdapterKind = (typeof ADAPTERS)[number];

/** An adapter as its server makes it, by `new`. */
export type CreateAdapter = (nsp: unknown) => ClusterAdapter;
/** To put another one, with a fault, in its place. */
export type MakeAdapter = (kind: AdapterKind, create: CreateAdapter) => CreateAdapter;

interface ClusterAdapter {
  readonly uid: string;
  fetchSockets(opts: object): Promise<unknown>;
  receive?(message: unknown): void;
}

/** A server among others that the test plays, with one client. */
export class ClusteredServer {
  readonly #kind: AdapterKind;
  readonly #redis: MemoryRedis;
  readonly #io: Server;
  readonly #engine: FakeEngine;
  #client: FakeConnection | undefined;
  #news = 0;
  socketId = "";
  /** What the client has got until it was last seen to be there. */
  heard: readonly unknown[] = [];

  private constructor(kind: AdapterKind, redis: MemoryRedis, make: MakeAdapter) {
    this.#kind = kind;
    this.#redis = redis;
    const create = make(kind, creatorOf(kind, redis));
    // Not an arrow function: servers call it with `new`.
    const adapter = function (nsp: unknown): unknown {
      return create(nsp);
    };
    const { io, engine } = serve({ adapter: adapter as never });
    this.#io = io;
    this.#engine = engine;
    io.on("connection", (socket) => void socket.join("room"));
    io.on("question", (answer: unknown) => {
      if (typeof answer === "function") answer("an answer");
    });
    io.on("listener_error", (error) => assert.fail(error as Error));
  }

  static async start(kind: AdapterKind, make: MakeAdapter = (_kind, create) => create): Promise<ClusteredServer> {
    const server = new ClusteredServer(kind, new MemoryRedis(), make);
    await server.#io.of("/").adapter.init();
    await ticks();
    return server;
  }

  get uid(): string {
    return this.#adapter.uid;
  }

  get hasClient(): boolean {
    return this.#client?.readyState === "open" && this.#io.of("/").sockets.has(this.socketId);
  }

  /** Some messages make sense after all: whoever may send them may send clients away, and out of their rooms. */
  async proper(): Promise<void> {
    if (this.hasClient) return;
    this.#engine.connections.length = 0;
    this.#client = this.#engine.connect();
    this.socketId = await this.#client.join();
  }

  /** Asks the other servers: the id of the question. Its answer, or that there is none, is nobody's concern. */
  async ask(): Promise<string> {
    this.#redis.published.length = 0;
    this.#adapter.fetchSockets({ rooms: new Set(), except: new Set(), flags: { timeout: 50 } }).catch(() => {});
    await ticks();
    const question = this.#redis.published.at(-1)?.toString("latin1") ?? "";
    return /requestId"?[^\w-]+([\w-]+)/.exec(question)?.[1] ?? "none";
  }

  /** @param channel of broadcasts, of requests, of answers to this server, of its room */
  deliver(channel: number, payload: Buffer): void {
    const { uid } = this;
    if (this.#kind === "heartbeat") return this.#adapter.receive!(parsed(payload));
    const own = { "pub/sub": "socket.io-response#/#", sharded: `socket.io#/#${uid}#`, streams: `socket.io#/#${uid}#` };
    const channels = ["socket.io#/#", "socket.io-request#/#", own[this.#kind], "socket.io#/#room#"];
    this.#redis.deliver(channels[channel]!, payload);
  }

  addEntry(fields: readonly string[]): void {
    if (this.#kind === "streams") assert.ok(this.#redis.add(fields), "the stream is not read any more");
  }

  /** The client hears what is emitted, unless it was sent away. */
  async proveAlive(): Promise<void> {
    await ticks();
    if (!this.hasClient) return;
    this.#io.emit("still there", ++this.#news);
    await ticks();
    this.heard = this.#client!.take();
    assert.ok(this.heard.includes(`2["still there",${this.#news}]`), `the client got ${this.heard.join(" ")}`);
  }

  async stop(): Promise<void> {
    await this.#io.close();
  }

  get #adapter(): ClusterAdapter {
    return this.#io.of("/").adapter as unknown as ClusterAdapter;
  }
}

function creatorOf(kind: AdapterKind, redis: MemoryRedis): CreateAdapter {
  const [pubClient, subClient] = [redis.client(), redis.client()];
  const creators: Readonly<Record<AdapterKind, (nsp: never) => unknown>> = {
    "pub/sub": createAdapter(pubClient, subClient),
    sharded: createShardedAdapter(pubClient, subClient),
    streams: createStreamsAdapter(pubClient),
    heartbeat: (nsp: FakeNamespace) => new BeatingAdapter(nsp, new Bus()),
  };
  return creators[kind] as CreateAdapter;
}

/** The bus of these adapters carries objects. */
function parsed(payload: Buffer): unknown {
  try {
    const message: unknown = JSON.parse(payload.toString());
    return typeof message === "object" && message !== null ? message : {};
  } catch {
    return {};
  }
}
