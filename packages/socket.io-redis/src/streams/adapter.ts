import debugModule from "debug";
import {
  ClusterAdapter,
  MessageType,
  type BroadcastOptions,
  type ClusterMessage,
  type ClusterResponse,
  type Offset,
  type PrivateSessionId,
  type Room,
  type Session,
  type SessionToPersist,
  type SocketId,
} from "socket.io-adapter";
import type { Expectation } from "socket.io-adapter/dist/cluster";
import { PacketType, type Packet } from "socket.io-parser";
import type { Handler } from "../clients/links.js";
import type { Persistence } from "../clients/persist.js";
import { inTime } from "../in-time.js";
import { outboxOf, type Outbox, type Outgoing } from "../outbox.js";
import {
  addition,
  decodeEphemeral,
  decodeFields,
  encodeEphemeral,
  encodeFields,
  isForStream,
  type Fields,
} from "./entry.js";
import { Ahead } from "./ahead.js";
import { LiveSessions, type LiveSocket } from "./live-sessions.js";
import { OwnEntries } from "./own-entries.js";
import { compareOffsets, isOffset, nextOffset, writtenAt } from "./offset.js";
import { entriesIn, type EntrySink } from "./reader.js";
import { encodeSession, SessionStore, type StoredSession } from "./session-store.js";
import { CLUSTER_ID_PATTERN, Roster } from "../roster.js";
import { Guard } from "../signing/guard.js";
import type { Refusal } from "../signing/options.js";
import type { StreamsContext } from "./context.js";

const debug = debugModule("socket.io-redis");

/** How long a client that comes back, or leaves for now, waits for Redis, in ms. */
const PATIENCE_MS = 2_000;

/** Entries per read of what a client has missed. */
const RANGE_COUNT = 1000;

/** How many entries that were dropped are remembered; streams keep about as many entries. */
const MAX_REFUSED = 10_000;

/** An event with its offset as last argument, and whom it is for. */
interface LoggedEvent {
  readonly offset: Offset;
  readonly data: unknown[];
  readonly opts: BroadcastOptions;
}

/** A session on its way back: what is delivered here meanwhile its socket has yet to get. */
interface Return {
  readonly caught: LoggedEvent[];
}

interface WritingSocket {
  readonly id: SocketId;
  readonly client: { writeToEngine(encoded: unknown[], options: object): void };
}

/**
 * Connects servers by a Redis stream: what was broadcast can be read again, so clients that come back get what they have
 * missed, from whichever server they reach, also after the crash of the one that they were connected to. Speaks with
 * `@socket.io/redis-streams-adapter` 0.3 (protocols.md 6.5).
 */
export class RedisStreamsAdapter extends ClusterAdapter implements EntrySink {
  /** @internal */
  override readonly _closesWhenReplaced = true;
  /** How many messages of others were dropped, by the reason, with the option `signing`. */
  readonly messagesRefused: ReadonlyMap<Refusal, number>;
  readonly #context: StreamsContext;
  readonly #guard: Guard;
  readonly #outbox: Outbox<Outgoing>;
  readonly #roster: Roster;
  readonly #onPayload: Handler;
  readonly #key: string;
  readonly #channel: string;
  readonly #ownChannel: string;
  readonly #durationMs: number | undefined;
  readonly #sessions: SessionStore;
  readonly #live: LiveSessions | undefined;
  readonly #begun: readonly Persistence[];
  readonly #own = new OwnEntries();
  readonly #returns = new Set<Return>();
  readonly #ahead = new Ahead();
  /** Entries that were dropped, the latest of them. */
  readonly #refused = new Set<Offset>();
  /** Sockets whose session was given to Redis to keep. */
  readonly #kept = new Set<SocketId>();
  #refresh: NodeJS.Timeout | undefined;

  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  constructor(nsp: any, context: StreamsContext) {
    super(nsp);
    const { name, server } = this.nsp as {
      name: string;
      server: { opts?: { connectionStateRecovery?: { maxDisconnectionDuration?: number } } };
    };
    const { options } = context;
    const recovery = server.opts?.connectionStateRecovery;
    this.#context = context;
    this.#key = context.keyOf(name);
    this.#channel = `${options.channelPrefix}#${name}#`;
    this.#ownChannel = `${this.#channel}${this.uid}#`;
    this.#durationMs = recovery && (recovery.maxDisconnectionDuration ?? 120_000);
    this.#guard = new Guard(options.signing, this);
    this.messagesRefused = this.#guard.refused;
    this.#onPayload = this.#guard.over((payload) => {
      const message = decodeEphemeral(payload);
      if (message !== undefined) this.onMessage(message);
    });
    this.#sessions = new SessionStore(context.store, options.sessionKeyPrefix, this.#guard);
    if (this.#durationMs !== undefined) {
      this.#live = new LiveSessions(this.#sessions, {
        uid: this.uid,
        durationMs: this.#durationMs,
        socketOf: (id) => (this.nsp.sockets as ReadonlyMap<SocketId, LiveSocket>).get(id),
        isAway: () => this.#outbox.isHolding,
      });
      this.#refresh = setInterval(() => this.#live!.refresh(), options.heartbeatInterval).unref();
    }
    this.#outbox = outboxOf<Outgoing>(this, [context.client], this.#send, options.outbox);
    this.#roster = new Roster({
      uid: this.uid,
      channel: this.#channel,
      ownStart: this.#channel,
      idPattern: CLUSTER_ID_PATTERN,
      count: (channels) => context.countSubscribers(channels),
      list: (pattern) => context.channels(pattern),
    });
    this.#begun = [
      context.readerOf(this.#key).add(name, this),
      context.subscribe(this.#channel, this.#onPayload),
      context.subscribe(this.#ownChannel, this.#onPayload),
    ];
    void Promise.all(this.#begun.map(({ done }) => done)).then(() => this.#watch());
  }

  /**
   * Settles when this server listens.
   *
   * @throws (rejects) if Redis did not let it yet: it goes on trying
   */
  override async init(): Promise<void> {
    await Promise.all(this.#begun.map(({ first }) => first));
  }

  override serverCount(): Promise<number> {
    return this.#context.countSubscribers([this.#channel]).then(([count]) => count!);
  }

  /** @internal */
  override _expectation(): Promise<Expectation> {
    return this.#roster.expectation();
  }

  override async close(): Promise<void> {
    void super.close();
    this.#outbox.close();
    clearInterval(this.#refresh);
    this.#context.readerOf(this.#key).remove((this.nsp as { name: string }).name);
    const ended = this.#context.unsubscribe([this.#channel, this.#ownChannel], this.#onPayload);
    // Some clients answer once they have a connection, if ever.
    if (this.#begun.every(({ isDone }) => isDone)) await ended;
  }

  /**
   * Writes the session of a connected socket to Redis now. It is written by itself when the socket has connected, when its rooms
   * change, and within `heartbeatInterval` of a change of `socket.data`: for data that must not be lost even then.
   *
   * @throws (rejects) if it was not written
   */
  async saveSession(id: SocketId): Promise<void> {
    await this.#live?.save(id);
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    void super.addAll(id, rooms);
    this.#live?.onChange(id);
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    void super.del(id, room);
    this.#live?.onChange(id);
  }

  override delAll(id: SocketId): void {
    super.delAll(id);
    this.#ahead.delete(id);
    this.#live?.onLeave(id, this.#kept.delete(id));
  }

  /** Resolves once it is kept. While Redis is away nobody waits for it: whoever closes the server would. */
  override async persistSession({ sid, pid, rooms, data }: SessionToPersist): Promise<void> {
    this.#kept.add(sid);
    const written = this.#sessions.write(encodeSession({ sid, pid, rooms, data }), pid, this.#durationMs!);
    await inTime(written, this.#outbox.isHolding ? 0 : PATIENCE_MS);
  }

  /** Hands out a session, once, with what came after the offset. While Redis is away there is none: clients come in all the same. */
  override async restoreSession(pid: PrivateSessionId, offset: Offset): Promise<Session | null> {
    if (!isOffset(offset) || this.#outbox.isHolding) return null;
    const putBack = (late: Session | null): void => late?._handover?.putBack();
    return (await inTime(this.#restore(pid, offset), PATIENCE_MS, putBack)) ?? null;
  }

  async #restore(pid: PrivateSessionId, offset: Offset): Promise<Session | null> {
    const returning: Return = { caught: [] };
    this.#returns.add(returning);
    let session: StoredSession | undefined;
    try {
      // Gone from the stream: then so may be what came after it.
      if ((await this.#range(offset, offset)).length === 0) return null;
      session = await this.#sessions.take(pid);
      if (session === undefined) return null;
      if (session.uid !== undefined && session.uid !== this.uid) this.#fence(session.sid);
      return this.#sessionOf(session, offset, await this.#eventsAfter(offset, session), returning);
    } finally {
      if (session === undefined) this.#returns.delete(returning);
    }
  }

  /** @internal */
  override _deliver(packet: Packet, opts: BroadcastOptions, offset?: Offset): void {
    if (offset === undefined) return super._deliver(packet, opts);
    for (const { caught } of this.#returns) caught.push({ offset, data: packet.data as unknown[], opts });
    const ahead = this.#ahead.size === 0 ? [] : this.#ahead.whoHave(offset);
    super._deliver(packet, ahead.length === 0 ? opts : without(ahead, opts), offset);
  }

  onEntry(fields: Fields, offset: Offset): boolean {
    if (!this.#guard.hearsEntry(this.#key, fields, writtenAt(offset))) return this.#onRefused(offset);
    if (fields["uid"] === this.uid) return this.#own.onRead(fields["data"], offset);
    const message = decodeFields(fields);
    if (message !== undefined) this.onMessage(message, offset);
    return false;
  }

  protected async doPublish(message: ClusterMessage): Promise<Offset> {
    const { options } = this.#context;
    if (!isForStream(message)) {
      await this.#publishEphemeral(this.#channel, message);
      return "";
    }
    const fields = encodeFields(message, options.onlyPlaintext);
    const written = this.#outbox.publish(this.#key, fields);
    if (this.#live !== undefined && hasOffset(message)) return this.#own.add(fields.at(-1)!, written);
    return String(await written);
  }

  protected async doPublishResponse(requesterUid: string, response: ClusterResponse): Promise<void> {
    await this.#publishEphemeral(`${this.#channel}${requesterUid}#`, response);
  }

  async #publishEphemeral(channel: string, message: ClusterMessage | ClusterResponse): Promise<void> {
    await this.#outbox.publish(channel, encodeEphemeral(message));
  }

  readonly #send = (place: string, message: Outgoing): Promise<unknown> => {
    const { store, options } = this.#context;
    if (typeof message === "string" || message instanceof Uint8Array) {
      return this.#context.publish(place, this.#guard.seal(place, message));
    }
    return store.command(place, addition(place, options.maxLen, this.#guard.sealEntry(place, message)));
  };

  /** The clients that were made for this server. */
  #watch(): void {
    const reader = this.#context.readerOf(this.#key).client;
    const { listener } = this.#context;
    if (reader === undefined || listener === undefined) return;
    this.#outbox.watch(reader, "reader disconnected");
    this.#outbox.watch(listener, "subscriber disconnected");
  }

  /** What was said before, or by nobody, is not to be read again by those who come back. */
  #onRefused(offset: Offset): false {
    this.#refused.add(offset);
    if (this.#refused.size > MAX_REFUSED) this.#refused.delete(this.#refused.values().next().value!);
    return false;
  }

  /** The server that still holds the socket is to let it go: its client has come here. */
  #fence(sid: SocketId): void {
    const opts = { rooms: [sid], except: [], flags: {} };
    this.publish({ type: MessageType.DISCONNECT_SOCKETS, data: { opts, close: true } });
  }

  #sessionOf(stored: StoredSession, from: Offset, missed: LoggedEvent[], returning: Return): Session {
    const { sid, pid, rooms, data } = stored;
    const upTo = missed.at(-1)?.offset ?? from;
    const all = (): LoggedEvent[] => [
      ...missed,
      ...returning.caught.filter(({ offset, opts }) => compareOffsets(offset, upTo) > 0 && isFor(opts, rooms)),
    ];
    const session: Session = {
      sid,
      pid,
      rooms,
      data,
      get missedPackets() {
        return all().map((event) => event.data);
      },
    };
    const handover = {
      replay: (socket: WritingSocket): boolean => {
        this.#returns.delete(returning);
        for (const event of all()) this.#write(socket, event.data);
        // What was read ahead is still to be delivered here, to the others.
        this.#ahead.add(sid, upTo);
        return true;
      },
      putBack: (): void => {
        this.#returns.delete(returning);
        const value = encodeSession({ sid, pid, rooms, data });
        this.#sessions
          .write(value, pid, this.#durationMs!)
          .catch((error: unknown) => debug("session of %s was not put back: %s", sid, error));
      },
    };
    return Object.defineProperty(session, "_handover", { value: handover });
  }

  #write(socket: WritingSocket, data: unknown[]): void {
    const packet: Packet = { type: PacketType.EVENT, nsp: (this.nsp as { name: string }).name, data };
    socket.client.writeToEngine(this.encoder.encode(packet), { preEncoded: true });
  }

  async #eventsAfter(offset: Offset, { rooms }: StoredSession): Promise<LoggedEvent[]> {
    const events: LoggedEvent[] = [];
    const isToBeHeard = this.#guard.readsAgain(this.#key);
    let last = offset;
    for (;;) {
      const entries = await this.#range(nextOffset(last), "+");
      for (const [id, fields] of entries) {
        last = id;
        if (this.#refused.has(id) || !isToBeHeard(fields, writtenAt(id))) continue;
        const event = this.#eventIn(fields, id);
        if (event !== undefined && isFor(event.opts, rooms)) events.push(event);
      }
      if (entries.length < RANGE_COUNT) return events;
    }
  }

  async #range(from: Offset, to: string): Promise<[Offset, Fields][]> {
    const args = ["XRANGE", this.#key, from, to, "COUNT", `${RANGE_COUNT}`];
    return entriesIn(await this.#context.store.command(this.#key, args));
  }

  /** The event of an entry that clients of this namespace were told with its offset. */
  #eventIn(fields: Fields, offset: Offset): LoggedEvent | undefined {
    if (fields["nsp"] !== this.nsp.name || fields["type"] !== `${MessageType.BROADCAST}`) return undefined;
    const message = decodeFields(fields);
    if (message?.type !== MessageType.BROADCAST) return undefined;
    const { packet, opts } = message.data;
    if (!hasOffset(message) || !Array.isArray(packet?.data)) return undefined;
    const target = { rooms: new Set(opts?.rooms), except: new Set(opts?.except) };
    return { offset, data: [...(packet.data as unknown[]), offset], opts: target };
  }
}

/** The same target, but for these sockets. */
function without(ids: readonly SocketId[], opts: BroadcastOptions): BroadcastOptions {
  return { ...opts, except: new Set([...(opts.except ?? []), ...ids]) };
}

/** Whether clients are told where the message lies in the stream. */
function hasOffset(message: ClusterMessage): boolean {
  if (message.type !== MessageType.BROADCAST) return false;
  const { opts, requestId } = message.data;
  return requestId === undefined && opts?.flags?.volatile === undefined;
}

/** Whether somebody in these rooms was a target. */
function isFor({ rooms, except }: BroadcastOptions, own: readonly Room[]): boolean {
  if (except !== undefined && own.some((room) => except.has(room))) return false;
  return rooms.size === 0 || own.some((room) => rooms.has(room));
}
