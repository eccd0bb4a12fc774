import type { DuplicatedClient, Handler, Payload, Publisher, Store, Subscriber } from "./links.js";
import { Listening } from "./listening.js";
import { toArgument } from "./node-redis.js";

type Callback = (error: Error | null, reply?: unknown) => void;

/** As much of a client of `ioredis`, or of `redis` 3, as is used here: both tell of messages by events and answer by callbacks. */
export interface EventClient {
  on(event: string, listener: (first: Buffer, second: Buffer, third: Buffer) => void): unknown;
  publish(channel: string, payload: string | Buffer, callback: Callback): unknown;
  subscribe(channel: string, callback: Callback): unknown;
  unsubscribe(channel: string, callback: Callback): unknown;
  psubscribe(pattern: string, callback: Callback): unknown;
  punsubscribe(pattern: string, callback: Callback): unknown;
  pubsub(command: string, ...args: [...names: string[], callback: Callback]): unknown;
  spublish?(channel: string, payload: string | Buffer, callback: Callback): unknown;
  ssubscribe?(channel: string, callback: Callback): unknown;
  sunsubscribe?(channel: string, callback: Callback): unknown;
  /** Any command; the first is that of ioredis, the second that of redis 3. */
  call?(command: string, args: readonly string[], callback: Callback): unknown;
  send_command?(command: string, args: readonly string[], callback: Callback): unknown;
  duplicate(): EventClient;
  /** At once; the first is that of ioredis, the second that of redis 3. */
  disconnect?(): unknown;
  end?(flush: boolean): unknown;
  /** Of a Redis Cluster. */
  nodes?(role: "master"): EventClient[];
}

/** What is listened to, and the commands for it. */
type Kind = "subscribe" | "psubscribe" | "ssubscribe";
const REVERSE = { subscribe: "unsubscribe", psubscribe: "punsubscribe", ssubscribe: "sunsubscribe" } as const;

interface Subscription {
  readonly handlers: Set<Handler>;
  /** Rejects if Redis does not get it. */
  readonly begun: Promise<unknown>;
}

/** `ioredis`, and `redis` 3. */
export class EventClientLink extends Listening implements Publisher, Subscriber, Store {
  readonly #client: EventClient;
  readonly #subscriptions: Record<Kind, Map<string, Subscription>> = {
    subscribe: new Map(),
    psubscribe: new Map(),
    ssubscribe: new Map(),
  };
  #listens = false;

  constructor(client: EventClient) {
    super();
    this.#client = client;
  }

  publish(channel: string, payload: Payload): Promise<unknown> {
    return promised((done) => this.#client.publish(channel, toArgument(payload), done));
  }

  publishToShard(channel: string, payload: Payload): Promise<unknown> {
    return promised((done) => this.#client.spublish!(channel, toArgument(payload), done));
  }

  subscribe(channel: string, handler: Handler): Promise<unknown> {
    return this.#add("subscribe", channel, handler);
  }

  unsubscribe(channel: string, handler: Handler): Promise<unknown> {
    return this.#remove("subscribe", channel, handler);
  }

  subscribePattern(pattern: string, handler: Handler): Promise<unknown> {
    return this.#add("psubscribe", pattern, handler);
  }

  unsubscribePattern(pattern: string, handler: Handler): Promise<unknown> {
    return this.#remove("psubscribe", pattern, handler);
  }

  subscribeToShard(channel: string, handler: Handler): Promise<unknown> {
    return this.#add("ssubscribe", channel, handler);
  }

  unsubscribeFromShard(channel: string, handler: Handler): Promise<unknown> {
    return this.#remove("ssubscribe", channel, handler);
  }

  /** ioredis finds the key itself. */
  command(_key: string, [name, ...args]: readonly string[]): Promise<unknown> {
    const client = this.#client;
    return promised((done) =>
      client.call === undefined ? client.send_command!(name!, args, done) : client.call(name!, args, done),
    );
  }

  duplicate(): DuplicatedClient {
    const copy = this.#client.duplicate();
    // It comes back by itself, and what was asked of it fails.
    copy.on("error", () => {});
    const end = (): void => {
      if (copy.disconnect === undefined) copy.end!(false);
      else copy.disconnect();
    };
    // It keeps what it is asked for until it has a connection.
    return { client: copy, ready: Promise.resolve(), end };
  }

  #add(kind: Kind, name: string, handler: Handler): Promise<unknown> {
    this.#listen();
    const subscriptions = this.#subscriptions[kind];
    const present = subscriptions.get(name);
    if (present !== undefined) {
      present.handlers.add(handler);
      return present.begun;
    }
    const begun = promised((done) => this.#client[kind]!(name, done));
    const subscription = { handlers: new Set([handler]), begun };
    subscriptions.set(name, subscription);
    // Whoever tries again has to ask again.
    begun.catch(() => {
      if (subscriptions.get(name) === subscription) subscriptions.delete(name);
    });
    return begun;
  }

  #remove(kind: Kind, name: string, handler: Handler): Promise<unknown> {
    const subscriptions = this.#subscriptions[kind];
    const present = subscriptions.get(name)?.handlers;
    if (present?.delete(handler) !== true || present.size > 0) return Promise.resolve();
    subscriptions.delete(name);
    return promised((done) => this.#client[REVERSE[kind]]!(name, done));
  }

  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    const tell = (kind: Kind, name: string, channel: Buffer, payload: Buffer): void => {
      for (const handler of this.#subscriptions[kind].get(name)?.handlers ?? []) handler(payload, String(channel));
    };
    // redis 3 has further names for them (`message_buffer`), and emits both.
    this.#client.on("messageBuffer", (channel, payload) => tell("subscribe", String(channel), channel, payload));
    this.#client.on("pmessageBuffer", (pattern, channel, payload) => {
      tell("psubscribe", String(pattern), channel, payload);
    });
    this.#client.on("smessageBuffer", (channel, payload) => tell("ssubscribe", String(channel), channel, payload));
  }

  protected override askNodes(command: string, names: readonly string[]): Promise<unknown[]> {
    const nodes = this.#client.nodes?.("master") ?? [this.#client];
    return Promise.all(nodes.map((node) => promised((done) => node.pubsub(command, ...names, done))));
  }
}

function promised(call: (done: Callback) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, reply) => (error ? reject(error) : resolve(reply)));
  });
}
