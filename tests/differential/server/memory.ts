import type { Namespace, Server, Socket } from "socket.io";
import { insides } from "../../conformance/server/stage.ts";
import type { Log } from "./log.ts";
import type { Link, Room, Setup, Source } from "./program.ts";
import { written } from "./values.ts";

/** Something whose methods are looked up by name: which there are is among what is compared. */
// oxlint-disable-next-line typescript/no-explicit-any -- see above
export type Callee = any;
export type Call = (...args: unknown[]) => void;

/** What a step may refer to that is done when something is heard. */
export interface About {
  readonly self?: Socket;
  readonly ack?: Call | undefined;
  /** The listener that is being called. */
  readonly listener?: Call;
  /** While a client enters a namespace: others may be about to, and how far they are is nobody's business. */
  readonly isEntering?: boolean;
}

/** What the steps of a program have made so far on the server, and the names of it. */
export class Memory {
  readonly io: Server;
  /** All that were ever seen. */
  readonly sockets: Socket[] = [];
  /** Those that were let in. */
  readonly entered = new WeakSet<Socket>();
  readonly parents: Namespace[] = [];
  /** What `fetchSockets` gave of other servers' sockets. */
  readonly remotes: object[] = [];
  readonly kept: { readonly target: Callee; readonly isVolatile: boolean }[] = [];
  readonly listeners: Call[] = [];
  /** What middlewares were given, and have not called. */
  readonly nexts: Call[] = [];
  readonly acks: { readonly ack: Call; readonly socket: Socket | undefined }[] = [];
  /** How many there were so far. */
  promises = 0;
  /** The socket that a middleware of a namespace looks at. */
  entering: Socket | undefined;
  /** How deep we are in what listeners and middlewares do. */
  depth = 0;
  /** Set while a step of the program runs: what is seen meanwhile has one order for all. */
  isImmediate = false;
  /** Whether volatile packets have to be alone in their tick: see compare.ts. */
  readonly isVolatileAlone: boolean;
  /** Whether clients may come back to their sessions. */
  readonly isRecovering: boolean;
  readonly #log: Log;
  /** How many sockets each client has had in each namespace. */
  readonly #counts = new Map<string, number>();
  /** How many sockets there were when the step began. */
  #former = 0;

  constructor(io: Server, log: Log, { recovery, ways }: Setup) {
    this.io = io;
    // By polling, what follows another packet in a tick is dropped by both.
    this.isVolatileAlone = ways.some((way) => way !== "polling");
    this.isRecovering = recovery !== null;
    this.#log = log;
  }

  /** Another step begins. Those who have come in one step have come in any order. */
  next(): void {
    const newest = this.sockets.splice(this.#former);
    const name = ({ id }: Socket): string => this.#log.nameOf(id) ?? "";
    this.sockets.push(...newest.toSorted((a, b) => (name(a) < name(b) ? -1 : 1)));
    this.#former = this.sockets.length;
  }

  see(observer: string, what: string): void {
    if (this.isImmediate) this.#log.see("at once", `${observer}: ${what}`);
    else this.#log.see(observer, what);
  }

  /** The name of a socket, in all runs of a program. */
  nameOf(socket: Socket): string {
    const { id, nsp, handshake } = socket;
    const known = this.#log.nameOf(id);
    if (known !== undefined) {
      // One that has come back.
      if (!this.sockets.includes(socket)) this.sockets.push(socket);
      return known;
    }
    const whose = `client ${handshake.auth["who"] ?? handshake.query["who"]} of ${nsp.name}`;
    const count = (this.#counts.get(whose) ?? 0) + 1;
    this.#counts.set(whose, count);
    const name = `socket ${count} of ${whose}`;
    this.sockets.push(socket);
    this.#log.name(id, name);
    return name;
  }

  /** A value as it is written down. */
  described(value: unknown): string {
    return isSocket(value) ? this.nameOf(value) : written(value);
  }

  source(on: Source, { self }: About): Callee {
    if (on === "io") return this.io;
    if (on === "self") return self;
    if ("nsp" in on) return this.io._nsps.get(on.nsp);
    if ("parent" in on) return pick(this.parents, on.parent);
    if ("socket" in on) return pick(this.sockets, on.socket);
    if ("remote" in on) return pick(this.remotes, on.remote);
    const kept = pick(this.kept, on.kept);
    return kept === undefined || (kept.isVolatile && this.isVolatileAlone && this.depth > 0) ? undefined : kept.target;
  }

  /** @param isSent whether an emit follows, which uses up the flags of a socket */
  chain(on: Source, chain: readonly Link[], about: About, isSent: boolean): Callee {
    let target = this.source(on, about);
    if (target === undefined) return undefined;
    for (const [name, value] of chain) {
      if (name === "volatile" && this.isVolatileAlone && (this.depth > 0 || (isSocket(target) && !isSent))) continue;
      if (!(name in target)) {
        this.see("call", `no ${name}`);
        return undefined;
      }
      if (name === "volatile" || name === "local" || name === "broadcast") target = target[name];
      else target = target[name](name === "to" || name === "in" || name === "except" ? this.rooms(value) : value);
    }
    return target;
  }

  rooms(rooms: Room | readonly Room[]): unknown {
    if (isList(rooms)) return rooms.map((room) => this.rooms(room));
    return typeof rooms === "object" ? (pick(this.sockets, rooms.own)?.id ?? "nobody") : rooms;
  }
}

/** One of a list, whatever the number. */
export function pick<T>(list: readonly T[], index: number): T | undefined {
  return list[index % (list.length || 1)];
}

export function isSocket(value: unknown): value is Socket {
  return typeof value === "object" && value !== null && "nsp" in value && "handshake" in value;
}

export function isRemoteSocket(value: unknown): value is Pick<Socket, "id" | "rooms" | "data"> {
  return typeof value === "object" && value !== null && !("nsp" in value) && "handshake" in value;
}

/**
 * Row S-141: what is sent to a socket that has left is dropped. Upstream encodes it all the same, which may throw, and the client gets it
 * where it has come in again.
 */
export function dropsWhatIsSent(socket: Socket, args: unknown): boolean {
  if (socket.connected) return false;
  // Clients of Socket.IO 2 take themselves to be in the main namespace, whether or not they were let in.
  if (socket.conn.protocol === 3) return true;
  return (
    (insides(socket).client.nsps as Map<string, Socket>).has(socket.nsp.name) || JSON.stringify(args).includes("bigint")
  );
}

function isList(rooms: Room | readonly Room[]): rooms is readonly Room[] {
  return Array.isArray(rooms);
}
