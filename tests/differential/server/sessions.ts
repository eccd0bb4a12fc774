import type { Socket } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import type { Socket as ClientSocket } from "socket.io-client";
import { insides } from "../../conformance/server/stage.ts";
import type { Log } from "./log.ts";
import type { Setup } from "./program.ts";

/** The sessions that clients come back to, and the names of what is random in them. */
export class Sessions {
  readonly #log: Log;
  /** Whether clients may come back at all. */
  readonly isOn: boolean;
  readonly #stays: boolean;
  /** Ids of sockets that were cut off. */
  readonly #kept = new Set<string>();
  /** Ids of those that have gone for good. */
  readonly #gone = new Set<string>();
  /** What they were when they were last connected. */
  readonly #ids = new WeakMap<ClientSocket, string>();
  #pids = 0;

  constructor(log: Log, { recovery, cleanupEmptyChildNamespaces }: Setup) {
    this.#log = log;
    this.isOn = recovery !== null;
    this.#stays = this.isOn && cleanupEmptyChildNamespaces;
  }

  /**
   * Whether a connection may be cut that has joined these namespaces. Where empty ones are removed, those with sessions stay here, and go
   * upstream (docs/differences.md).
   */
  mayBeCut(names: Iterable<string>): boolean {
    return !this.#stays || ![...names].some((name) => /^\/(dyn|fn)-/.test(name));
  }

  /** Packets that are kept get one more argument, which is random. */
  watchAdapter(adapter: Adapter): void {
    const broadcast = adapter.broadcast.bind(adapter);
    adapter.broadcast = (packet, options) => {
      const { length } = packet.data as unknown[];
      broadcast(packet, options);
      const { [length]: offset } = packet.data as unknown[];
      if (typeof offset === "string") this.#log.name(offset, "an offset");
    };
  }

  /** A socket of the server has come to its end. */
  onDisconnect({ id }: Socket, reason: string): void {
    const isForGood = reason.includes("namespace") || reason === "parse error";
    (isForGood ? this.#gone : this.#kept).add(id);
  }

  /** A client is told of its session. */
  onConnect(socket: ClientSocket): void {
    const { _pid: pid } = insides(socket);
    if (typeof pid === "string" && this.#log.nameOf(pid) === undefined) this.#log.name(pid, `pid ${this.#pids++}`);
    this.#ids.set(socket, socket.id!);
    // What it had in an earlier session need not be there any more: nothing is kept while nobody may come (docs/recovery.md).
    if (!socket.recovered) Object.assign(socket, { _lastOffset: undefined });
  }

  /** Before a client comes back: upstream keeps sessions that have ended, and those that middlewares have refused (Q-6; 9.2, 5). */
  beforeReturn(socket: ClientSocket): void {
    const id = this.#ids.get(socket);
    if (id !== undefined && this.#gone.has(id) && this.#kept.has(id)) forget(socket);
  }
}

/** The client comes back as somebody new. */
export function forget(socket: ClientSocket): void {
  Object.assign(socket, { _pid: undefined, _lastOffset: undefined });
}
