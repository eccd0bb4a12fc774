import debugModule from "debug";
import type { Adapter, BroadcastFlags, Room, ServerId, SocketId } from "socket.io-adapter";
import { PacketType, type Packet } from "socket.io-parser";
import { isReservedEvent } from "socket.io-parser/events";
import type { Alarm } from "./alarm.js";
import { ackTimeoutError, reservedEventError, type BroadcastTimeoutError } from "./errors.js";
import type { Handshake } from "./handshake.js";
import type { AnyServer } from "./server.js";
import type { Socket } from "./socket.js";
import type {
  AllButLast,
  DecorateAcknowledgements,
  EventNames,
  EventNamesWithError,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  TypedEventBroadcaster,
} from "./typed-events.js";

const debug = debugModule("socket.io:broadcast-operator");

/**
 * A target and how to send to it. Immutable: each modifier gives a new operator, so that one may be kept and refined.
 *
 * ```js
 * io.to("room-1").to("room-2").except("bots").volatile.emit("position", 3, 4);
 * ```
 */
export class BroadcastOperator<EmitEvents extends EventsMap, SocketData> implements TypedEventBroadcaster<EmitEvents> {
  constructor(
    private readonly adapter: Adapter,
    private readonly rooms: Set<Room> = new Set<Room>(),
    private readonly exceptRooms: Set<Room> = new Set<Room>(),
    private readonly flags: BroadcastFlags & { expectSingleResponse?: boolean } = {},
  ) {}

  /** Adds rooms: whoever is in at least one of them is a target, and receives the packet once. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, union(this.rooms, room), this.exceptRooms, this.flags);
  }

  /** The same as {@link to}. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Leaves out whoever is in one of these rooms. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, this.rooms, union(this.exceptRooms, room), this.flags);
  }

  /** Whether the packet may be compressed, where the transport does compression. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.with({ compress });
  }

  /** The packet may be dropped for clients that cannot take it right now. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.with({ volatile: true });
  }

  /** Only the sockets of this process. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.with({ local: true });
  }

  /**
   * How long to wait for the acknowledgements of the next emit.
   *
   * @param timeout in ms
   */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.with({ timeout }) as BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
  }

  /**
   * Emits to the targets. With a function as last argument, `(err, responses)` are the first argument of each client's
   * answer; `err` is set when some did not answer in time. That time is 1 ms, unless {@link timeout} gives more.
   *
   * @returns true
   * @throws if the event name is reserved
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): true {
    if (isReservedEvent(ev)) throw reservedEventError(ev);
    const data: unknown[] = [ev, ...args];
    const packet: Packet = { type: PacketType.EVENT, data, nsp: "" };
    const options = { rooms: this.rooms, except: this.exceptRooms, flags: this.flags };
    debug("%s to rooms %o, except %o, flags %o", ev, this.rooms, this.exceptRooms, this.flags);
    if (typeof data[data.length - 1] !== "function") {
      this.watch(this.adapter.broadcast(packet, options), ev);
      return true;
    }
    if (this.flags.timeout === undefined) warnOfHaste();
    const ack = data.pop() as AckOfMany;
    const answers = new Answers(this.adapter, this.flags, packet, ev, ack);
    try {
      const sent: unknown = this.adapter.broadcastWithAck(
        packet,
        options,
        (count: number, from?: ServerId) => answers.expectClients(count, from),
        (answer) => answers.add(answer),
      );
      this.watch(sent, ev);
    } catch (error) {
      // An argument cannot be encoded: the caller learns it now, and not from a timeout.
      answers.giveUp();
      throw error;
    }
    if (this.flags.local === true) {
      // Never before this call returns, with no client either.
      queueMicrotask(() => answers.expectServers(1));
      return true;
    }
    // Without a count the timeout decides.
    const ignore = (): void => {};
    // Adapters of other makes only count.
    if (this.adapter._expectation === undefined)
      this.adapter.serverCount().then((count) => answers.expectServers(count), ignore);
    else this.adapter._expectation().then((others) => answers.expect(others), ignore);
    return true;
  }

  /**
   * Emits, and resolves with the first argument of each client's answer. Needs {@link timeout}. Rejects when some did
   * not answer in time: the error's `responses` holds the answers of the others, `missing` the servers that said nothing, where
   * they are known; with the option `partialAnswers` it resolves with the answers of the others. Rejects when the event name is reserved.
   */
  emitWithAck<Ev extends EventNamesWithError<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    type Answer = FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>;
    const answers = new Promise<Answer>((resolve, reject) => {
      const ack = (error: BroadcastTimeoutError | null, responses: unknown): void => {
        if (error === null) return resolve(responses as Answer);
        error.responses = responses as unknown[];
        reject(error);
      };
      this.emit(ev, ...([...(args as unknown[]), ack] as EventParams<EmitEvents, Ev>));
    });
    // An answer of one receiver may be anything, and is never partial: without it there is nothing.
    return this.server._partialAnswers.of(answers);
  }

  /**
   * The ids of the targets.
   *
   * @deprecated use {@link fetchSockets}
   */
  allSockets(): Promise<Set<SocketId>> {
    if (!this.adapter) {
      throw new Error(
        "No adapter for this namespace, are you trying to get the list of clients of a dynamic namespace?",
      );
    }
    return this.server._partialAnswers.of(
      this.adapter.sockets(this.rooms),
      (responses) => new Set(responses as SocketId[]),
    );
  }

  /** The targets: sockets of this process as they are, those of other servers as {@link RemoteSocket}. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    const toSockets = (found: unknown[]): RemoteSocket<EmitEvents, SocketData>[] =>
      (found as SocketDetails<SocketData>[]).map((socket) =>
        "server" in socket
          ? (socket as unknown as RemoteSocket<EmitEvents, SocketData>)
          : new RemoteSocket<EmitEvents, SocketData>(this.adapter, socket),
      );
    return this.server._partialAnswers.of(this.adapter.fetchSockets(this.target()).then(toSockets), toSockets);
  }

  /** Makes the targets join rooms. */
  socketsJoin(room: Room | Room[]): void {
    this.watch(this.adapter.addSockets(this.target(), Array.isArray(room) ? room : [room]), "socketsJoin");
  }

  /** Makes the targets leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    this.watch(this.adapter.delSockets(this.target(), Array.isArray(room) ? room : [room]), "socketsLeave");
  }

  /**
   * Disconnects the targets.
   *
   * @param close whether to close their connections, with all other namespaces
   */
  disconnectSockets(close: boolean = false): void {
    this.watch(this.adapter.disconnectSockets(this.target(), close), "disconnectSockets");
  }

  /** Adapters of other makes may give promises, which nobody waits for. */
  private watch(result: unknown, event: string | symbol): void {
    if (result !== undefined) this.server._listenerErrors.watch(result, undefined, event);
  }

  private get server(): AnyServer {
    return this.adapter.nsp.server as AnyServer;
  }

  private target(): { rooms: Set<Room>; except: Set<Room>; flags: BroadcastFlags } {
    return { rooms: this.rooms, except: this.exceptRooms, flags: this.flags };
  }

  private with(flags: BroadcastFlags): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter, this.rooms, this.exceptRooms, { ...this.flags, ...flags });
  }
}

let warnedOfHaste = false;

/** Upstream's servers wait for 1 ms as well, without a word (row Q-8): the first time we say what to do. */
function warnOfHaste(): void {
  if (warnedOfHaste || process.env["NODE_ENV"] === "production") return;
  warnedOfHaste = true;
  process.emitWarning(
    "Acknowledgements of a broadcast are waited for 1 ms only: say how long by timeout(), as in io.timeout(5000).emit(…)",
    { type: "SocketIoWarning", code: "SOCKET_IO_ACK_WITHOUT_TIMEOUT" },
  );
}

type Expectation = Awaited<ReturnType<NonNullable<Adapter["_expectation"]>>>;

type AckOfMany = (error: Error | null, responses: unknown) => void;

/** Collects the answers to one broadcast until all who should answer did, or the time is up. */
class Answers {
  readonly #alarm: Alarm;
  readonly #ack: (error: Error | null, responses: unknown) => void;
  readonly #deadline;
  readonly #responses: unknown[] = [];
  /** The other servers, once they are known. */
  #others: Expectation | undefined;
  /** Who has told before that, this server left out: undefined for those that do not tell their name. */
  readonly #early: (ServerId | undefined)[] = [];
  #thisServerHasTold = false;
  #expectedServers = -1;
  #servers = 0;
  #expectedClients = 0;
  #settled = false;

  constructor(
    private readonly adapter: Adapter,
    private readonly flags: BroadcastFlags,
    private readonly packet: Packet,
    event: string | symbol,
    ack: AckOfMany,
  ) {
    const server = adapter.nsp.server as AnyServer;
    this.#alarm = server._alarm;
    this.#ack = server._listenerErrors.guard(ack, undefined, event);
    this.#deadline = this.#alarm.after(flags.timeout, () => this.#onTimeout());
  }

  expect(others: Expectation): void {
    this.#others = others;
    const count = others.missing + 1;
    for (const from of this.#early) others.answered(from);
    this.expectServers(count);
  }

  expectServers(count: number): void {
    this.#expectedServers = count;
    this.#check();
  }

  /**
   * One server tells how many of its clients got the packet.
   *
   * @param from undefined: this one, or one whose name is not known
   */
  expectClients(count: number, from?: ServerId): void {
    if (from === undefined && !this.#thisServerHasTold) this.#thisServerHasTold = true;
    else if (this.#others === undefined) this.#early.push(from);
    else this.#others.answered(from);
    this.#expectedClients += count;
    this.#servers++;
    this.#check();
  }

  add(response: unknown): void {
    if (this.#settled) return;
    this.#responses.push(response);
    this.#check();
  }

  giveUp(): void {
    this.#settled = true;
    this.#alarm.cancel(this.#deadline);
  }

  #check(): void {
    const complete = this.#servers === this.#expectedServers && this.#responses.length === this.#expectedClients;
    if (!complete || this.#settled) return;
    this.giveUp();
    this.#ack(null, this.flags.expectSingleResponse === true ? this.#responses[0] : this.#responses);
  }

  #onTimeout(): void {
    if (this.#settled) return;
    this.#settled = true;
    const { id } = this.packet;
    // The local sockets that have not answered still wait for this id.
    if (id !== undefined) {
      for (const socket of (this.adapter.nsp.sockets as Map<SocketId, Socket>).values()) socket._forgetAck(id);
    }
    const error = Object.assign(ackTimeoutError(), { missing: this.#others?.missingServers ?? [] });
    this.#ack(error, this.flags.expectSingleResponse === true ? null : this.#responses);
  }
}

/** What an adapter tells of a socket of another server. */
interface SocketDetails<SocketData> {
  id: SocketId;
  handshake: Handshake;
  rooms: Room[] | Set<Room>;
  data: SocketData;
}

/** A socket of another server, as it was when it was fetched. What is asked of it goes through the adapter. */
export class RemoteSocket<EmitEvents extends EventsMap, SocketData> implements TypedEventBroadcaster<EmitEvents> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  readonly data: SocketData;
  private readonly operator: BroadcastOperator<EmitEvents, SocketData>;

  constructor(adapter: Adapter, details: SocketDetails<SocketData>) {
    this.id = details.id;
    this.handshake = details.handshake;
    this.rooms = new Set(details.rooms);
    this.data = details.data;
    this.operator = new BroadcastOperator(adapter, new Set([this.id]), new Set<Room>(), {
      // So that the answer is a value, and not a list of one value.
      expectSingleResponse: true,
    });
  }

  /** How long to wait for the acknowledgement of the next emit, in ms. */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.operator.timeout(timeout);
  }

  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return this.operator.emit(ev, ...args);
  }

  join(room: Room | Room[]): void {
    this.operator.socketsJoin(room);
  }

  leave(room: Room): void {
    this.operator.socketsLeave(room);
  }

  /** @param close whether to close the connection, with all other namespaces */
  disconnect(close: boolean = false): this {
    this.operator.disconnectSockets(close);
    return this;
  }
}

function union(rooms: ReadonlySet<Room>, more: Room | Room[]): Set<Room> {
  const all = new Set(rooms);
  if (Array.isArray(more)) for (const room of more) all.add(room);
  else all.add(more);
  return all;
}
