/* What a Redis server would do, in this process, for clients that look like those of ioredis; it notes what it is asked. */

/** A command as it was given, or a message that was published. */
export interface Frame {
  readonly node: number;
  readonly command: string;
  readonly channel?: string;
  readonly payload?: Buffer;
  readonly args?: readonly string[];
}

type Callback = (error: Error | null, reply?: unknown) => void;
type Kind = "message" | "pmessage" | "smessage";
type Listener = (...args: Buffer[]) => void;
type Entry = readonly [id: string, fields: readonly string[]];

export class Broker {
  readonly frames: Frame[] = [];
  readonly clients = new Set<BrokerClient>();
  readonly #stream: Entry[] = [];
  readonly #keys = new Map<string, string>();
  readonly #readers = new Set<() => void>();

  client(node: number): BrokerClient {
    return new BrokerClient(this, node);
  }

  note(frame: Frame): void {
    this.frames.push(frame);
  }

  /** To whoever listens, later: a publisher never hears itself in the same turn. */
  publish(kind: Exclude<Kind, "pmessage">, channel: string, payload: Buffer): void {
    setImmediate(() => {
      for (const client of this.clients) client.hear(kind, channel, payload);
    });
  }

  subscribers(kind: Kind, channel: string): number {
    return [...this.clients].filter((client) => client.listensTo(kind, channel)).length;
  }

  /** @param pattern of `?`, sets like `[0-9a-f]`, and characters of which some are escaped */
  channels(kind: Kind, pattern: string): string[] {
    const matcher = new RegExp(`^${pattern.replace(/\\?[+.^$(){}|]/g, "\\$&").replaceAll("?", ".")}$`);
    const all = new Set([...this.clients].flatMap((client) => client.listensToAll(kind)));
    return [...all].filter((channel) => matcher.test(channel));
  }

  command(name: string, args: readonly string[]): unknown {
    switch (name) {
      case "XADD": {
        const id = `${1_795_341_075_785 + this.#stream.length}-0`;
        this.#stream.push([id, args.slice(args.indexOf("*") + 1)]);
        setImmediate(() => {
          for (const read of this.#readers) read();
        });
        return id;
      }
      case "XREVRANGE":
        return this.#stream.slice(-1);
      case "XRANGE": {
        const [, from, to] = args as [string, string, string];
        return this.#stream.filter(([id]) => id >= from && (to === "+" || id <= to));
      }
      case "SET":
        this.#keys.set(args[0]!, args[1]!);
        return "OK";
      case "GETDEL": {
        const value = this.#keys.get(args[0]!) ?? null;
        this.#keys.delete(args[0]!);
        return value;
      }
      case "EVAL":
        if (this.#keys.get(args[2]!) === args[3]) this.#keys.delete(args[2]!);
        return 1;
      default:
        throw new Error(`no such command here: ${name}`);
    }
  }

  /** Waits for entries after the last one that was read. */
  read(args: readonly string[], done: Callback): void {
    const [key, position] = args.slice(-2) as [string, string];
    const answer = (): void => {
      const entries = this.#stream.filter(([id]) => id > position);
      if (entries.length === 0) return;
      this.#readers.delete(answer);
      done(null, [[key, entries]]);
    };
    this.#readers.add(answer);
    answer();
  }
}

export class BrokerClient {
  readonly #broker: Broker;
  readonly #node: number;
  readonly #channels: Record<Kind, Set<string>> = { message: new Set(), pmessage: new Set(), smessage: new Set() };
  readonly #listeners = new Map<string, Listener[]>();

  constructor(broker: Broker, node: number) {
    this.#broker = broker;
    this.#node = node;
    broker.clients.add(this);
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  listenerCount(event: string): number {
    return this.#listeners.get(event)?.length ?? 0;
  }

  publish(channel: string, payload: string | Buffer, done: Callback): void {
    this.#publish("PUBLISH", "message", channel, payload, done);
  }

  spublish(channel: string, payload: string | Buffer, done: Callback): void {
    this.#publish("SPUBLISH", "smessage", channel, payload, done);
  }

  subscribe(channel: string, done: Callback): void {
    this.#set("SUBSCRIBE", "message", channel, done);
  }

  psubscribe(pattern: string, done: Callback): void {
    this.#set("PSUBSCRIBE", "pmessage", pattern, done);
  }

  ssubscribe(channel: string, done: Callback): void {
    this.#set("SSUBSCRIBE", "smessage", channel, done);
  }

  unsubscribe(channel: string, done: Callback): void {
    this.#set("UNSUBSCRIBE", "message", channel, done);
  }

  punsubscribe(pattern: string, done: Callback): void {
    this.#set("PUNSUBSCRIBE", "pmessage", pattern, done);
  }

  sunsubscribe(channel: string, done: Callback): void {
    this.#set("SUNSUBSCRIBE", "smessage", channel, done);
  }

  pubsub(command: string, ...args: [...names: string[], done: Callback]): void {
    const names = args.slice(0, -1) as string[];
    this.#broker.note({ node: this.#node, command: "PUBSUB", args: [command, ...names] });
    const kind = command.startsWith("SHARD") ? "smessage" : "message";
    const reply = command.endsWith("NUMSUB")
      ? names.flatMap((name) => [name, this.#broker.subscribers(kind, name)])
      : this.#broker.channels(kind, names[0]!);
    setImmediate(args.at(-1) as Callback, null, reply);
  }

  call(name: string, args: readonly string[], done: Callback): void {
    if (name === "XREAD") return this.#broker.read(args, done);
    this.#broker.note({ node: this.#node, command: name, args: [...args] });
    setImmediate(done, null, this.#broker.command(name, args));
  }

  duplicate(): BrokerClient {
    return new BrokerClient(this.#broker, this.#node);
  }

  disconnect(): void {
    this.#broker.clients.delete(this);
  }

  listensTo(kind: Kind, channel: string): boolean {
    return this.#channels[kind].has(channel);
  }

  listensToAll(kind: Kind): string[] {
    return [...this.#channels[kind]];
  }

  hear(kind: Exclude<Kind, "pmessage">, channel: string, payload: Buffer): void {
    const name = Buffer.from(channel);
    if (this.listensTo(kind, channel)) this.#emit(`${kind}Buffer`, name, payload);
    if (kind === "smessage") return;
    for (const pattern of this.#channels.pmessage) {
      if (channel.startsWith(pattern.slice(0, -1))) this.#emit("pmessageBuffer", Buffer.from(pattern), name, payload);
    }
  }

  #publish(command: string, kind: "message" | "smessage", channel: string, payload: string | Buffer, done: Callback) {
    const bytes = Buffer.from(payload as string);
    this.#broker.note({ node: this.#node, command, channel, payload: bytes });
    this.#broker.publish(kind, channel, bytes);
    setImmediate(done, null, 1);
  }

  #set(command: string, kind: Kind, channel: string, done: Callback): void {
    this.#broker.note({ node: this.#node, command, args: [channel] });
    if (command.includes("UNSUB")) this.#channels[kind].delete(channel);
    else this.#channels[kind].add(channel);
    setImmediate(done, null, 1);
  }

  #emit(event: string, ...args: Buffer[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }
}
