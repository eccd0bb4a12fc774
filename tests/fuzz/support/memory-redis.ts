import { EventEmitter } from "node:events";

type Callback = (error: Error | null, reply?: unknown) => void;

/** As much of Redis as an adapter asks for: what is published is kept, and what arrives comes from the test. */
export class MemoryRedis {
  /** Payloads, the newest last. */
  readonly published: Buffer[] = [];
  readonly #clients: MemoryClient[] = [];
  /** Of the reads that wait for an entry. */
  #reads: { readonly key: string; readonly done: Callback }[] = [];
  #offset = 1;

  client(): MemoryClient {
    const client = new MemoryClient(this);
    this.#clients.push(client);
    return client;
  }

  /** Somebody publishes on a channel. */
  deliver(channel: string, payload: Buffer): void {
    for (const client of this.#clients) client.hear(channel, payload);
  }

  /** Somebody adds an entry to a stream: false if nobody reads it. */
  add(fields: readonly string[]): boolean {
    const reads = this.#reads;
    this.#reads = [];
    for (const { key, done } of reads) done(null, [[key, [[`${this.#offset++}-0`, fields]]]]);
    return reads.length > 0;
  }

  read(key: string, done: Callback): void {
    this.#reads.push({ key, done });
  }
}

/** As ioredis has it: messages are events, answers come by callbacks. */
export class MemoryClient extends EventEmitter {
  readonly #redis: MemoryRedis;
  readonly #names = new Map<string, "messageBuffer" | "pmessageBuffer" | "smessageBuffer">();

  constructor(redis: MemoryRedis) {
    super();
    this.#redis = redis;
  }

  hear(channel: string, payload: Buffer): void {
    for (const [name, event] of this.#names) {
      if (event === "pmessageBuffer") {
        if (channel.startsWith(name.slice(0, -1))) this.emit(event, Buffer.from(name), Buffer.from(channel), payload);
      } else if (name === channel) {
        this.emit(event, Buffer.from(channel), payload);
      }
    }
  }

  publish(_channel: string, payload: string | Buffer, done: Callback): void {
    this.#redis.published.push(Buffer.from(payload));
    done(null, 1);
  }
  spublish(channel: string, payload: string | Buffer, done: Callback): void {
    this.publish(channel, payload, done);
  }

  subscribe(channel: string, done: Callback): void {
    this.#names.set(channel, "messageBuffer");
    done(null, 1);
  }
  psubscribe(pattern: string, done: Callback): void {
    this.#names.set(pattern, "pmessageBuffer");
    done(null, 1);
  }
  ssubscribe(channel: string, done: Callback): void {
    this.#names.set(channel, "smessageBuffer");
    done(null, 1);
  }
  unsubscribe(name: string, done: Callback): void {
    this.#names.delete(name);
    done(null, 1);
  }
  punsubscribe(name: string, done: Callback): void {
    this.unsubscribe(name, done);
  }
  sunsubscribe(name: string, done: Callback): void {
    this.unsubscribe(name, done);
  }

  /** Three servers listen to everything. */
  pubsub(_command: string, channel: string, done: Callback): void {
    done(null, [channel, 3]);
  }

  call(command: string, args: readonly string[], done: Callback): void {
    if (command === "XREAD") this.#redis.read(args.at(-2)!, done);
    else if (command === "XADD") done(null, "1-0");
    else done(null, []);
  }

  duplicate(): MemoryClient {
    return this.#redis.client();
  }

  disconnect(): void {
    this.#names.clear();
  }
}
