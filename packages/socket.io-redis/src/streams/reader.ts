import debugModule from "debug";
import type { Offset } from "socket.io-adapter";
import { linkOf } from "../clients/link-of.js";
import type { DuplicatedClient, Store } from "../clients/links.js";
import { persist, type Persistence } from "../clients/persist.js";
import type { Fields } from "./entry.js";
import { Line } from "./line.js";
import { compareOffsets } from "./offset.js";

const debug = debugModule("socket.io-redis");

/** What takes the entries of one namespace. */
export interface EntrySink {
  /** @returns whether it is delivered only at the end of the turn: the next entry is to wait */
  onEntry(fields: Fields, offset: Offset): boolean;
}

export interface ReaderOptions {
  /** Entries per read. */
  readonly readCount: number;
  /** How long a read may wait for an entry, in ms. */
  readonly blockTimeInMs: number;
}

/** After a read that failed, before the next, in ms. */
const PAUSE_MS = 500;

/** Reads one stream from its end on, over a connection of its own, for all the namespaces of this server. */
export class StreamReader {
  readonly #store: Store;
  readonly #key: string;
  readonly #options: ReaderOptions;
  readonly #sinks = new Map<string, EntrySink>();
  /** From the first sink to the last one. */
  #run: Persistence | undefined;
  #copy: DuplicatedClient | undefined;
  #position: Offset = "0-0";

  constructor(store: Store, key: string, options: ReaderOptions) {
    this.#store = store;
    this.#key = key;
    this.#options = options;
  }

  /** The client that reads; undefined if it does not. */
  get client(): object | undefined {
    return this.#copy?.client;
  }

  /** Done when it is settled where to read from: nothing that is added later will be missed. */
  add(namespace: string, sink: EntrySink): Persistence {
    this.#sinks.set(namespace, sink);
    return (this.#run ??= this.#begin());
  }

  /** With the last of them, the connection ends. */
  remove(namespace: string): void {
    this.#sinks.delete(namespace);
    if (this.#sinks.size > 0) return;
    this.#copy?.end();
    this.#copy = undefined;
    this.#run = undefined;
  }

  #begin(): Persistence {
    const now = `${Date.now()}-0`;
    let earliest: Offset | undefined;
    const isWanted = (): boolean => this.#run === run;
    const run = persist(() => {
      const started = this.#start(earliest, isWanted);
      earliest = now;
      return started;
    }, isWanted);
    return run;
  }

  /** @param earliest what was written since then is read as well: this server has published before it could read */
  async #start(earliest: Offset | undefined, isWanted: () => boolean): Promise<void> {
    const [last] = entriesIn(await this.#store.command(this.#key, ["XREVRANGE", this.#key, "+", "-", "COUNT", "1"]));
    // All have left meanwhile, and perhaps others come.
    if (!isWanted()) return;
    const end = last?.[0] ?? "0-0";
    this.#position = earliest !== undefined && compareOffsets(earliest, end) < 0 ? earliest : end;
    const copy = this.#store.duplicate();
    this.#copy = copy;
    await copy.ready;
    void this.#read(copy);
  }

  async #read(copy: DuplicatedClient): Promise<void> {
    const store = linkOf(copy.client);
    const line = new Line(copy.client);
    const { blockTimeInMs, readCount } = this.#options;
    while (this.#copy === copy) {
      const args = [
        "XREAD",
        "BLOCK",
        `${blockTimeInMs}`,
        "COUNT",
        `${readCount}`,
        "STREAMS",
        this.#key,
        this.#position,
      ];
      try {
        const reply = await line.ask(() => store.command(this.#key, args));
        for (const [offset, fields] of entriesOfStream(reply, this.#key)) {
          if (this.#hand(offset, fields)) await new Promise(setImmediate);
          if (this.#copy !== copy) return;
        }
      } catch (error) {
        if (this.#copy !== copy) return;
        debug("reading of %s failed: %s", this.#key, error);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
      }
    }
  }

  #hand(offset: Offset, fields: Fields): boolean {
    this.#position = offset;
    return this.#sinks.get(fields["nsp"] ?? "")?.onEntry(fields, offset) ?? false;
  }
}

/** Of a reply to XREAD: a list of streams, a map of them where the client speaks RESP3, or null. */
function entriesOfStream(reply: unknown, key: string): [Offset, Fields][] {
  if (reply === null || reply === undefined) return [];
  if (reply instanceof Map) return entriesIn(reply.get(key));
  if (!Array.isArray(reply)) return entriesIn((reply as Record<string, unknown>)[key]);
  const [first] = reply as unknown[];
  // RESP3 as a flat list: name, entries.
  return typeof first === "string" ? entriesIn(reply[1]) : entriesIn((first as unknown[])[1]);
}

/** Of a reply to XRANGE, and of each stream in one to XREAD. */
export function entriesIn(reply: unknown): [Offset, Fields][] {
  if (!Array.isArray(reply)) return [];
  return (reply as [Offset, string[]][]).map(([offset, fields]) => [offset, toRecord(fields)]);
}

function toRecord(fields: string[]): Fields {
  const record: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let at = 0; at + 1 < fields.length; at += 2) record[fields[at]!] = fields[at + 1]!;
  return record;
}
