import { createServer, type Socket } from "node:net";
import { listen } from "../../support/listening.ts";
import { CommandReader, encodeReply, type Reply } from "./resp.ts";

type Kind = "subscribe" | "psubscribe" | "ssubscribe";
type Entry = readonly [id: string, fields: readonly Buffer[]];

interface Session {
  readonly socket: Socket;
  readonly channels: Readonly<Record<Kind, Set<string>>>;
  /** What came while a command waits that blocks. */
  readonly queue: Buffer[][];
  /** Commands between MULTI and EXEC. */
  transaction: (readonly Buffer[])[] | null;
  /** For a read that waits: whether there is something now. */
  wait: { readonly look: () => boolean } | null;
}

/** Names are bytes: each is a character here. */
const nameOf = (bytes: Buffer): string => bytes.toString("latin1");
const bytesOf = (name: string): Buffer => Buffer.from(name, "latin1");

/**
 * As much of Redis as adapters use, in this process: so it is known when nothing is under way, and its time stands still with all else.
 * Everybody hears what is published in one order.
 */
export class Broker {
  readonly #sessions = new Set<Session>();
  readonly #streams = new Map<string, Entry[]>();
  readonly #values = new Map<string, Buffer>();
  readonly #server = createServer((socket) => this.#serve(socket));
  #entries = 0;

  static async start(): Promise<{ readonly broker: Broker; readonly port: number }> {
    const broker = new Broker();
    return { broker, port: await listen(broker.#server) };
  }

  close(): void {
    this.#server.close();
  }

  #serve(socket: Socket): void {
    const channels = { subscribe: new Set<string>(), psubscribe: new Set<string>(), ssubscribe: new Set<string>() };
    const session: Session = { socket, channels, queue: [], transaction: null, wait: null };
    const reader = new CommandReader();
    this.#sessions.add(session);
    socket.setNoDelay();
    socket.on("error", () => {});
    socket.on("close", () => this.#sessions.delete(session));
    socket.on("data", (chunk) => {
      session.queue.push(...reader.push(chunk));
      this.#run(session);
    });
  }

  #run(session: Session): void {
    while (session.wait === null) {
      const command = session.queue.shift();
      if (command === undefined) return;
      for (const reply of this.#execute(session, command)) this.#tell(session, reply);
    }
  }

  #tell({ socket }: Session, reply: Reply): void {
    if (socket.writable) socket.write(encodeReply(reply));
  }

  #execute(session: Session, words: readonly Buffer[]): Reply[] {
    const [name, ...args] = words;
    const command = nameOf(name!).toLowerCase();
    if (session.transaction !== null && command !== "exec") {
      session.transaction.push(words);
      return [{ simple: "QUEUED" }];
    }
    const [first, second] = args as [Buffer, Buffer];
    switch (command) {
      case "subscribe":
      case "psubscribe":
      case "ssubscribe":
        return this.#subscribe(session, command, args, true);
      case "unsubscribe":
      case "punsubscribe":
      case "sunsubscribe":
        return this.#subscribe(session, command.replace("un", "") as Kind, args, false);
      case "publish":
        return [this.#publish("subscribe", first, second) + this.#publish("psubscribe", first, second)];
      case "spublish":
        return [this.#publish("ssubscribe", first, second)];
      case "pubsub":
        return [this.#pubsub(nameOf(first).toLowerCase(), args.slice(1).map(nameOf))];
      case "xadd":
        return [this.#add(args)];
      case "xrange":
        return [range(this.#stream(first), nameOf(second), nameOf(args[2]!))];
      case "xrevrange":
        return [range(this.#stream(first), nameOf(args[2]!), nameOf(second)).toReversed().slice(0, 1)];
      case "xread":
        return this.#read(session, args.map(nameOf));
      case "set":
        this.#values.set(nameOf(first), second);
        return [{ simple: "OK" }];
      case "get":
        return [this.#values.get(nameOf(first)) ?? null];
      case "getdel": {
        const value = this.#values.get(nameOf(first)) ?? null;
        this.#values.delete(nameOf(first));
        return [value];
      }
      case "del":
        return [Number(this.#values.delete(nameOf(first)))];
      case "eval": {
        // The one script that there is: deletes a value if it is still the one that is given.
        const [, , key, expected] = args as [Buffer, Buffer, Buffer, Buffer];
        return [Number(this.#values.get(nameOf(key))?.equals(expected) === true && this.#values.delete(nameOf(key)))];
      }
      case "multi":
        session.transaction = [];
        return [{ simple: "OK" }];
      case "exec": {
        const commands = session.transaction ?? [];
        session.transaction = null;
        return [commands.flatMap((each) => this.#execute(session, each))];
      }
      case "info":
        return ["redis_version:7.4.0\r\nloading:0\r\n"];
      case "client":
      case "select":
      case "quit":
        return [{ simple: "OK" }];
      case "ping":
        return [{ simple: "PONG" }];
      case "hello":
        // The client goes on in RESP2.
        return [{ error: "ERR unknown command 'hello'" }];
      default:
        throw new Error(`the broker does not know ${command}`);
    }
  }

  #subscribe({ channels }: Session, kind: Kind, names: readonly Buffer[], isOn: boolean): Reply[] {
    const list = names.length === 0 && !isOn ? [...channels[kind]].map(bytesOf) : names;
    const word = isOn ? kind : kind.replace("subscribe", "unsubscribe");
    return list.map((name) => {
      if (isOn) channels[kind].add(nameOf(name));
      else channels[kind].delete(nameOf(name));
      const count = kind === "ssubscribe" ? channels[kind].size : channels.subscribe.size + channels.psubscribe.size;
      return [word, name, count];
    });
  }

  /** @returns how many have heard it */
  #publish(kind: Kind, channel: Buffer, payload: Buffer): number {
    let count = 0;
    for (const session of this.#sessions) {
      for (const name of session.channels[kind]) {
        if (kind === "psubscribe" ? !matches(name, nameOf(channel)) : name !== nameOf(channel)) continue;
        count++;
        const head = kind === "psubscribe" ? ["pmessage", bytesOf(name)] : [kind.replace("subscribe", "message")];
        this.#tell(session, [...head, channel, payload]);
      }
    }
    return count;
  }

  #pubsub(what: string, names: readonly string[]): Reply {
    const kind = what.startsWith("shard") ? "ssubscribe" : "subscribe";
    const all = [...this.#sessions].flatMap(({ channels }) => [...channels[kind]]);
    if (what.endsWith("numsub")) {
      return names.flatMap((name) => [bytesOf(name), all.filter((other) => other === name).length]);
    }
    return [...new Set(all)].filter((name) => matches(names[0] ?? "*", name)).map(bytesOf);
  }

  #stream(key: Buffer): Entry[] {
    let stream = this.#streams.get(nameOf(key));
    if (stream === undefined) this.#streams.set(nameOf(key), (stream = []));
    return stream;
  }

  #add([key, ...rest]: readonly Buffer[]): Reply {
    const id = `${++this.#entries}-0`;
    this.#stream(key!).push([id, rest.slice(rest.findIndex((word) => nameOf(word) === "*") + 1)]);
    for (const session of this.#sessions) {
      if (session.wait?.look() === true) {
        session.wait = null;
        this.#run(session);
      }
    }
    return id;
  }

  #read(session: Session, words: readonly string[]): Reply[] {
    const at = words.findIndex((word) => word.toLowerCase() === "streams") + 1;
    const option = (name: string): number | undefined => {
      const found = words.findIndex((word) => word.toLowerCase() === name);
      return found === -1 || found >= at ? undefined : Number(words[found + 1]);
    };
    const keys = words.slice(at, at + (words.length - at) / 2);
    const from = keys.map((key, index) => {
      const id = words[at + keys.length + index]!;
      return id === "$" ? (this.#stream(bytesOf(key)).at(-1)?.[0] ?? "0-0") : id;
    });
    const found = (): Reply[] =>
      keys.flatMap((key, index) => {
        const list = range(this.#stream(bytesOf(key)), `(${from[index]!}`, "+").slice(0, option("count"));
        return list.length > 0 ? [[bytesOf(key), list] as Reply] : [];
      });
    const now = found();
    if (now.length > 0) return [now];
    const block = option("block");
    if (block === undefined) return [null];
    const timer = setTimeout(() => {
      if (session.wait !== wait) return;
      session.wait = null;
      this.#tell(session, NOTHING);
      this.#run(session);
    }, block);
    const wait = {
      look: (): boolean => {
        const list = found();
        if (list.length === 0) return false;
        clearTimeout(timer);
        this.#tell(session, list);
        return true;
      },
    };
    session.wait = wait;
    return [];
  }
}

/** Of a read in vain. */
const NOTHING: Reply = null;

/** Entries of a stream, both ends included unless the first begins with a parenthesis. */
function range(stream: readonly Entry[], from: string, to: string): Reply[] {
  const isAfter = from.startsWith("(");
  const first = numberOf(isAfter ? from.slice(1) : from) + (isAfter ? 0.5 : 0);
  return stream
    .filter(([id]) => numberOf(id) >= first && numberOf(id) <= numberOf(to))
    .map(([id, fields]) => [id, fields] as Reply);
}

/** The first half of an id says all here; `1-1` is after `1-0`. */
function numberOf(id: string): number {
  if (id === "-") return -Infinity;
  if (id === "+") return Infinity;
  const [time, sequence = "0"] = id.split("-");
  return Number(time) + Number(sequence) / 1e6;
}

/** Patterns of PSUBSCRIBE. */
function matches(pattern: string, name: string): boolean {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    const end = character === "[" ? pattern.indexOf("]", at) : -1;
    if (character === "*") source += "[^]*";
    else if (character === "?") source += "[^]";
    else if (end !== -1) {
      source += pattern.slice(at, end + 1);
      at = end;
    } else source += (character === "\\" ? pattern[++at]! : character).replace(/[^\w\s]/, "\\$&");
  }
  return new RegExp(`^${source}$`).test(name);
}
