import debugModule from "debug";
import type { PrivateSessionId, Room, SocketId } from "socket.io-adapter";
import { encodeSession, type SessionStore } from "./session-store.js";

const debug = debugModule("socket.io-redis");

/** What is kept of a connected socket. */
export interface LiveSocket {
  readonly id: SocketId;
  readonly pid?: PrivateSessionId;
  readonly rooms: ReadonlySet<Room>;
  readonly data: unknown;
}

/** What of it is in Redis, or on its way there. */
interface Written {
  readonly pid: PrivateSessionId;
  value: string;
  /** When, in ms; -Infinity: it did not get there. */
  at: number;
}

/** To look at a session takes some 10 µs: it is encoded. */
const LOOKS_AT_A_TIME = 64;

export interface LiveSessionsOptions {
  /** Id of the adapter. */
  readonly uid: string;
  /** How long a session is to outlive its connection, in ms. */
  readonly durationMs: number;
  socketOf(id: SocketId): LiveSocket | undefined;
  /** Whether Redis is known to be away: it is asked for nothing then, since some clients would keep all of it. */
  isAway(): boolean;
}

/**
 * Keeps the sessions of connected sockets in Redis, so that they survive the end of this process: written when a socket has
 * connected or changed its rooms, and when {@link refresh} finds that its data has changed.
 */
export class LiveSessions {
  readonly #store: SessionStore;
  readonly #options: LiveSessionsOptions;
  readonly #written = new Map<SocketId, Written>();
  readonly #changed = new Set<SocketId>();
  #isLooking = false;

  constructor(store: SessionStore, options: LiveSessionsOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Rooms of a socket have changed, or it has connected: written at the end of the tick, once for all its changes. */
  onChange(id: SocketId): void {
    if (this.#changed.size === 0) process.nextTick(() => this.#flush());
    this.#changed.add(id);
  }

  /** Writes one session now. */
  async save(id: SocketId): Promise<void> {
    const socket = this.#options.socketOf(id);
    if (socket?.pid === undefined) return;
    const { pid, rooms, data } = socket;
    const { uid, durationMs } = this.#options;
    const value = encodeSession({ sid: id, pid, rooms: [...rooms], data, uid });
    const written = this.#written.get(id);
    const now = performance.now();
    // Written for half as long again, and again when half of it is over: at the end of the process at least all of it is left.
    if (written?.value === value && now - written.at < durationMs / 2) return;
    if (written === undefined) this.#written.set(id, { pid, value, at: now });
    else Object.assign(written, { value, at: now });
    try {
      if (this.#options.isAway()) throw new Error("Redis is away");
      await this.#store.write(value, pid, durationMs * 1.5);
    } catch (error) {
      // Perhaps Redis is away. It is written by the next look.
      this.#onNotWritten(id, value);
      throw error;
    }
  }

  /** Looks for data that has changed, and for sessions that would expire: some at a time, then what else there is to do has its turn. */
  refresh(): void {
    if (this.#isLooking || this.#options.isAway()) return;
    this.#isLooking = true;
    this.#lookAt(this.#written.keys());
  }

  /** A socket has left. Its session is deleted, unless it was given to somebody to keep. */
  onLeave(id: SocketId, isKept: boolean): void {
    this.#changed.delete(id);
    const written = this.#written.get(id);
    if (written === undefined) return;
    this.#written.delete(id);
    // In vain if Redis is away: it expires.
    if (isKept || this.#options.isAway()) return;
    this.#store
      .deleteIfEqual(written.pid, written.value)
      .catch((error: unknown) => debug("session of %s was not deleted: %s", id, error));
  }

  #lookAt(rest: Iterable<SocketId>): void {
    let looked = 0;
    // The keys of Maps may be left and taken up again.
    for (const id of rest) {
      this.#saveQuietly(id);
      if (++looked === LOOKS_AT_A_TIME) return void setImmediate(() => this.#lookAt(rest));
    }
    this.#isLooking = false;
  }

  #onNotWritten(id: SocketId, value: string): void {
    const written = this.#written.get(id);
    if (written?.value === value) written.at = -Infinity;
  }

  #flush(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const id of changed) this.#saveQuietly(id);
  }

  #saveQuietly(id: SocketId): void {
    this.save(id).catch((error: unknown) => debug("session of %s was not written: %s", id, error));
  }
}
