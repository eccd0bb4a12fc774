import type { PrivateSessionId, SessionToPersist } from "./adapter.js";
import type { EncodedPacket } from "./host.js";
import type { Room, RoomTarget } from "./room-index.js";

/** What a log may hold at most. What is beyond goes, the oldest first. */
export interface RecoveryLimits {
  /** How long packets and sessions are kept, in ms. */
  readonly maxAgeMs: number;
  readonly maxPackets: number;
  /** Of the packets in their encoded form, attachments and {@link ENTRY_BYTES} for each included. */
  readonly maxBytes: number;
  readonly maxSessions: number;
}

/** What is charged for a packet besides its messages: the entry, and the slots for the names of rooms. */
export const ENTRY_BYTES = 128;
const ROOM_BYTES = 8;

interface Entry {
  readonly messages: EncodedPacket;
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
  readonly bytes: number;
  readonly time: number;
}

/** A session whose socket was cut off. */
export interface KeptSession {
  readonly session: SessionToPersist;
  /** Sequence number of the last packet that was sent to the socket; undefined if that is not known. */
  readonly lastSent: number | undefined;
  /** Sequence number of the first packet after the socket was cut off. */
  readonly next: number;
  readonly time: number;
}

/** A session that has been taken out of the log, by its one user. */
export interface TakenSession {
  readonly session: SessionToPersist;
  /** What it had missed when it was taken. */
  readonly missed: readonly EncodedPacket[];
  /** Sequence number of the last packet that its socket has had, once {@link missed} is sent. */
  readonly lastSent: number;
  /** Sequence number of the first packet that is not accounted for. */
  readonly next: number;
  /** As it was kept, to put it back. */
  readonly kept: KeptSession;
}

/**
 * The packets that one namespace has sent of late, and the sessions of those that were cut off. It knows neither sockets nor
 * a clock: time comes in as a number, in ms, and never goes back.
 *
 * Packets are numbered. An offset is such a number behind a prefix of this log's own, so that to find its place is
 * arithmetic, and offsets of other processes, of earlier lives of this one, or of the clients' invention are no offsets.
 * What was evicted is known by its number too: a session comes back with everything it missed, or not at all.
 */
export class RecoveryLog {
  readonly #limits: RecoveryLimits;
  readonly #prefix: string;
  /** A ring: the packet of number n is at n modulo its length. */
  #entries: (Entry | undefined)[] = ring(SMALLEST_RING);
  /** Number of the oldest packet that is kept. */
  #first = 0;
  #next = 0;
  #bytes = 0;
  #takenAt = -Infinity;
  /** When the youngest session was kept. */
  #keptAt = -Infinity;
  /** In the order in which they were kept. */
  readonly #sessions = new Map<PrivateSessionId, KeptSession>();

  /**
   * @param prefix what makes the offsets of this log differ from those of all others
   * @param next number of its first packet
   */
  constructor(limits: RecoveryLimits, prefix: string, next = 0) {
    this.#limits = limits;
    this.#prefix = prefix;
    this.#first = next;
    this.#next = next;
  }

  /** Number of the packet that comes next. */
  get next(): number {
    return this.#next;
  }

  get packets(): number {
    return this.#next - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get isEmpty(): boolean {
    return this.packets === 0 && this.#sessions.size === 0;
  }

  /** Whether somebody who is not connected may come for packets: it has a session here, or is just taking it. */
  isAwaited(now: number): boolean {
    return this.#sessions.size > 0 || now - this.#takenAt < HANDOVER_MS;
  }

  /** How long it may take until nobody can come back any more, in ms. Who was cut off before the first packet has no offset to come back with. */
  awaitedFor(now: number): number {
    if (this.#sessions.size === 0 || this.#next === 0) return 0;
    return Math.max(this.#keptAt + this.#limits.maxAgeMs - now, 0);
  }

  /** The offset by which a client says that it has had all packets up to this one. */
  offsetOf(seq: number): string {
    return this.#prefix + seq.toString(36);
  }

  /** Keeps the packet that {@link next} has numbered. Its binary messages are copied: they belong to the application. */
  append(messages: EncodedPacket, target: RoomTarget, now: number): void {
    const rooms = [...target.rooms];
    const except = target.except === undefined ? NO_ROOMS : [...target.except];
    let bytes = ENTRY_BYTES + ROOM_BYTES * (rooms.length + except.length);
    for (const message of messages) bytes += sizeOf(message);
    if (this.packets === this.#entries.length) this.#grow();
    const kept = messages.map(ownCopy);
    this.#entries[this.#next % this.#entries.length] = { messages: kept, rooms, except, bytes, time: now };
    this.#next++;
    this.#bytes += bytes;
    this.#trimPackets(now);
  }

  /** Counts a packet that nobody can come back for: whatever is kept is of no use either. */
  skip(): void {
    this.#next++;
    this.#dropAll();
  }

  /**
   * Keeps a session, in the place of one that has the same private id.
   *
   * @param lastSent number of the last packet that was sent to its socket. A client that has had it needs no older ones.
   */
  keep(session: SessionToPersist, lastSent: number | undefined, now: number): void {
    this.#put({ session, lastSent, next: this.#next, time: now });
    this.trim(now);
  }

  /** Undoes {@link take}: the session is as old as it was. */
  putBack(taken: TakenSession): void {
    this.#put(taken.kept);
  }

  /**
   * Hands out a session and forgets it: whoever comes second gets nothing. So does a client whose offset is none of this
   * log's, or that has missed a packet which is not kept any more.
   */
  take(pid: PrivateSessionId, offset: string, now: number): TakenSession | undefined {
    this.trim(now);
    const kept = this.#sessions.get(pid);
    if (kept === undefined) return undefined;
    this.#sessions.delete(pid);
    this.#takenAt = now;
    return this.#isOld(kept.time, now) ? undefined : this.resume(kept, offset);
  }

  /** What a session has missed that was kept elsewhere, if its client says that it has had everything up to `offset`. As {@link take}. */
  resume(kept: KeptSession, offset: string): TakenSession | undefined {
    const seq = this.#parse(offset);
    if (seq === undefined) return undefined;
    const { session, lastSent } = kept;
    // Nothing that was sent to its socket is missing: what others were sent before it was cut off does not matter.
    const from = seq === lastSent ? kept.next : seq + 1;
    const missed = this.#between(from, this.#next, session.rooms);
    if (missed === undefined) return undefined;
    const { messages, last } = missed;
    return { session, missed: messages, lastSent: last ?? seq, next: this.#next, kept };
  }

  /** What a session has missed up to now; undefined if a packet that came since it was taken is not kept any more. */
  catchUp(taken: TakenSession): { messages: readonly EncodedPacket[]; lastSent: number } | undefined {
    const since = this.#between(taken.next, this.#next, taken.session.rooms);
    if (since === undefined) return undefined;
    return { messages: [...taken.missed, ...since.messages], lastSent: since.last ?? taken.lastSent };
  }

  /** Forgets what is too old. */
  trim(now: number): void {
    this.#trimPackets(now);
    for (const [pid, { time }] of this.#sessions) {
      if (this.#sessions.size <= this.#limits.maxSessions && !this.#isOld(time, now)) break;
      this.#sessions.delete(pid);
    }
  }

  #put(kept: KeptSession): void {
    const { pid } = kept.session;
    this.#sessions.delete(pid);
    this.#sessions.set(pid, kept);
    if (kept.time > this.#keptAt) this.#keptAt = kept.time;
  }

  /** The number in an offset that this log has given out. Clients send any text as theirs that came last in an event. */
  #parse(offset: string): number | undefined {
    if (offset.length > this.#prefix.length + MAX_DIGITS || !offset.startsWith(this.#prefix)) return undefined;
    const digits = offset.slice(this.#prefix.length);
    const seq = Number.parseInt(digits, 36);
    // Only as it is written by us: no sign, no leading zero, no other letters.
    return seq >= 0 && seq < this.#next && seq.toString(36) === digits ? seq : undefined;
  }

  /** The packets of this stretch that are for these rooms, and the number of the last of them; undefined if some are gone. */
  #between(
    from: number,
    to: number,
    rooms: readonly Room[],
  ): { messages: EncodedPacket[]; last: number | undefined } | undefined {
    if (from < this.#first) return undefined;
    const inRooms = new Set(rooms);
    const messages: EncodedPacket[] = [];
    let last: number | undefined;
    for (let seq = from; seq < to; seq++) {
      const entry = this.#entries[seq % this.#entries.length] as Entry;
      if (!isFor(entry, inRooms)) continue;
      messages.push(entry.messages);
      last = seq;
    }
    return { messages, last };
  }

  #isOld(time: number, now: number): boolean {
    return now - time >= this.#limits.maxAgeMs;
  }

  #trimPackets(now: number): void {
    const { maxPackets, maxBytes } = this.#limits;
    while (this.#first < this.#next) {
      const oldest = this.#entries[this.#first % this.#entries.length] as Entry;
      if (this.packets <= maxPackets && this.#bytes <= maxBytes && !this.#isOld(oldest.time, now)) return;
      this.#entries[this.#first % this.#entries.length] = undefined;
      this.#bytes -= oldest.bytes;
      this.#first++;
    }
    this.#dropAll();
  }

  #dropAll(): void {
    this.#first = this.#next;
    this.#bytes = 0;
    if (this.#entries.length > SMALLEST_RING) this.#entries = ring(SMALLEST_RING);
    else this.#entries.fill(undefined);
  }

  #grow(): void {
    const larger = ring(this.#entries.length * 2);
    for (let seq = this.#first; seq < this.#next; seq++) {
      larger[seq % larger.length] = this.#entries[seq % this.#entries.length];
    }
    this.#entries = larger;
  }
}

/** How long a session that was taken may need to be in its rooms again: some microtasks. */
const HANDOVER_MS = 1000;
const NO_ROOMS: readonly Room[] = [];
const SMALLEST_RING = 16;
/** 2^53 has as many digits to the base 36. */
const MAX_DIGITS = 11;

function ring(length: number): (Entry | undefined)[] {
  return Array.from({ length });
}

function isFor({ rooms, except }: Entry, inRooms: ReadonlySet<Room>): boolean {
  if (rooms.length > 0 && !rooms.some((room) => inRooms.has(room))) return false;
  return !except.some((room) => inRooms.has(room));
}

function sizeOf(message: unknown): number {
  if (typeof message === "string") return Buffer.byteLength(message);
  const { byteLength, size } = (message ?? {}) as { byteLength?: number; size?: number };
  return byteLength ?? size ?? 0;
}

/** Texts and Blobs cannot change. */
function ownCopy(message: unknown): unknown {
  if (ArrayBuffer.isView(message))
    return copyOf(new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
  if (message instanceof ArrayBuffer) return copyOf(new Uint8Array(message));
  return message;
}

/** Not from the pool, where a small copy would keep a slab of 8 KiB. */
function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  copy.set(bytes);
  return copy;
}
