import { randomBytes } from "node:crypto";
import debugModule from "debug";
import { PacketType, type Packet } from "socket.io-parser";
import { Adapter, type BroadcastOptions } from "../adapter.js";
import type { Room, SocketId } from "../room-index.js";
import { AwaitedAcks } from "./awaited-acks.js";
import { CountedServers, type Expectation } from "./expectation.js";
import { InOrder } from "./in-order.js";
import { reportLost, type ClusterOperation } from "./lost.js";
import {
  decodeOptions,
  detailsOf,
  encodeOptions,
  isWellFormed,
  MessageType,
  type ClusterMessage,
  type ClusterResponse,
  type Offset,
  type ServerId,
  type Unsigned,
} from "./messages.js";
import { ClusterRequestError, ClusterRequests, requestId } from "./requests.js";

const debug = debugModule("socket.io-adapter");

/** How long servers may take to answer, in ms (rows ). */
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Base of adapters that connect the servers of a cluster. A subclass brings the transport: it implements
 * {@link doPublish} and {@link doPublishResponse}, hands what arrives to {@link onMessage} and {@link onResponse}, and knows
 * the {@link serverCount}. Messages: protocols.md 6.3.
 *
 * ```js
 * class MyAdapter extends ClusterAdapter {
 *   constructor(nsp, bus) {
 *     super(nsp);
 *     this.bus = bus;
 *     bus.on("message", (message) => this.onMessage(message));
 *   }
 *   serverCount() { return Promise.resolve(this.bus.peers + 1); }
 *   doPublish(message) { return this.bus.send(message); }
 *   doPublishResponse(requesterUid, response) { return this.bus.sendTo(requesterUid, response); }
 * }
 * ```
 */
export abstract class ClusterAdapter extends Adapter {
  /** Id of this adapter in the cluster: 16 hexadecimal digits. */
  protected readonly uid: ServerId;
  /** What the other servers were asked. @internal */
  readonly _requests = new ClusterRequests();
  /** Whose clients are to acknowledge a broadcast. @internal */
  readonly _awaitedAcks = new AwaitedAcks();
  /** Some wait for the offset of their packet; what one server emits arrives in that order at its own sockets too. */
  readonly #deliveries = new InOrder(logUndelivered);

  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  protected constructor(nsp: any) {
    super(nsp);
    this.uid = randomBytes(8).toString("hex");
  }

  /**
   * Sends a message to all the other servers; to this one too, if that is easier: it is ignored here.
   *
   * @returns the offset of the message in the log of the transport; an empty string if there is none
   */
  protected abstract doPublish(message: ClusterMessage): Promise<Offset>;

  /** Sends an answer to the server that has asked. */
  protected abstract doPublishResponse(requesterUid: ServerId, response: ClusterResponse): Promise<void>;

  /**
   * A message has arrived. Its sender may be of another make: what makes no sense is ignored.
   *
   * @param offset of the message in the log of the transport, if it keeps one
   */
  protected onMessage(message: ClusterMessage | ClusterResponse, offset?: Offset): void {
    if (message.uid === this.uid || message.nsp !== this.nsp.name) return;
    if (isWellFormed(message)) this.#receive(message, offset);
    else debug("message %s of %s makes no sense", message.type, message.uid);
  }

  /** An answer has arrived. */
  protected onResponse(response: ClusterResponse): void {
    const { type, data, uid } = response;
    switch (type) {
      case MessageType.BROADCAST_CLIENT_COUNT:
        this._awaitedAcks.countClients(data.requestId, data.clientCount, uid);
        return;
      case MessageType.BROADCAST_ACK:
        this._awaitedAcks.answer(data.requestId, data.packet);
        return;
      case MessageType.FETCH_SOCKETS_RESPONSE:
        this._requests.answer(data.requestId, uid, data.sockets);
        return;
      case MessageType.SERVER_SIDE_EMIT_RESPONSE:
        this._requests.answer(data.requestId, uid, [data.packet]);
    }
  }

  /** Sends a message; a transport that fails is no fault of the caller's. */
  protected publish(message: Unsigned<ClusterMessage>): void {
    this.publishAndReturnOffset(message).catch((error: unknown) => reportLost(this, OPERATIONS[message.type], error));
  }

  /** Sends a message. Rejects if the transport fails. */
  protected publishAndReturnOffset(message: Unsigned<ClusterMessage>): Promise<Offset> {
    try {
      return Promise.resolve(this.doPublish({ ...message, uid: this.uid, nsp: this.nsp.name }));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Answers the server that has asked. */
  protected publishResponse(requesterUid: ServerId, response: Unsigned<ClusterResponse>): void {
    const failed = (error: unknown): void => reportLost(this, "answer", error);
    try {
      const signed = { ...response, uid: this.uid, nsp: this.nsp.name };
      Promise.resolve(this.doPublishResponse(requesterUid, signed)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Whose answers a request that is sent now will wait for. @internal */
  override _expectation(): Promise<Expectation> {
    return this.serverCount().then((count) => new CountedServers(count - 1));
  }

  override close(): Promise<void> | void {
    this._requests.close();
    this._awaitedAcks.close();
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    if (opts.flags?.local === true) return this.#deliveries.run(() => this._deliver(packet, opts));
    const published = this.publishAndReturnOffset({
      type: MessageType.BROADCAST,
      data: { packet: bare(packet), opts: encodeOptions(opts) },
    });
    const onLost = (error: unknown): void => reportLost(this, "broadcast", error);
    if (!this.#wantsOffset(packet, opts)) {
      published.catch(onLost);
      return this.#deliveries.run(() => this._deliver(packet, opts));
    }
    // Our clients are to hear it with its offset, which the transport has yet to tell.
    let offset: Offset | undefined;
    const told = published.then((id) => {
      offset = id;
      appendOffset(packet, id);
    }, onLost);
    this.#deliveries.run(() => this._deliver(packet, opts, offset), told);
  }

  /**
   * Delivers a broadcast, of this server or another, to the sockets of this server.
   *
   * @param offset of the message, if the packet carries it
   * @internal
   */
  // oxlint-disable-next-line no-unused-vars -- for subclasses that keep a log
  _deliver(packet: Packet, opts: BroadcastOptions, offset?: Offset): void {
    super.broadcast(packet, opts);
  }

  override broadcastWithAck(
    packet: Packet,
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
    ack: (...args: any[]) => void,
  ): void {
    if (opts.flags?.local !== true) {
      const id = requestId();
      const waiter = { onClientCount: clientCountCallback, onAck: ack };
      this._awaitedAcks.open(id, waiter, opts.flags?.timeout, this._knownServers?.());
      this.publish({
        type: MessageType.BROADCAST,
        data: { packet: bare(packet), requestId: id, opts: encodeOptions(opts) },
      });
    }
    this.#deliveries.run(() => super.broadcastWithAck(packet, opts, clientCountCallback, ack));
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): void {
    this.#tellOthers(opts, { type: MessageType.SOCKETS_JOIN, data: { opts: encodeOptions(opts), rooms } });
    super.addSockets(opts, rooms);
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): void {
    this.#tellOthers(opts, { type: MessageType.SOCKETS_LEAVE, data: { opts: encodeOptions(opts), rooms } });
    super.delSockets(opts, rooms);
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): void {
    this.#tellOthers(opts, { type: MessageType.DISCONNECT_SOCKETS, data: { opts: encodeOptions(opts), close } });
    super.disconnectSockets(opts, close);
  }

  /**
   * The sockets of all servers that match.
   *
   * @throws {ClusterRequestError} (rejects) if some servers have not answered within `flags.timeout` (5 s by default): its
   * `responses` are the sockets that were found, `missing` the servers, where they are known
   */
  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  override async fetchSockets(opts: BroadcastOptions): Promise<any[]> {
    const local = await super.fetchSockets(opts);
    if (opts.flags?.local === true) return local;
    const timeoutMs = opts.flags?.timeout ?? DEFAULT_TIMEOUT_MS;
    try {
      const remote = await this._requests.ask(this._expectation(), timeoutMs, (id) => {
        this.publish({ type: MessageType.FETCH_SOCKETS, data: { opts: encodeOptions(opts), requestId: id } });
      });
      return [...local, ...remote];
    } catch (error) {
      (error as ClusterRequestError).precede(local);
      throw error;
    }
  }

  /**
   * The ids of the sockets of all servers in one of the rooms (no room: of all).
   *
   * @throws {ClusterRequestError} (rejects) as {@link fetchSockets} does, with the ids that were found
   */
  override async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    try {
      return new Set((await this.fetchSockets({ rooms })).map(idOf));
    } catch (error) {
      // Subclasses may have errors of their own.
      if (error instanceof ClusterRequestError) error.convert((socket) => idOf(socket as { id: SocketId }));
      throw error;
    }
  }

  /**
   * Emits to the same namespace of the other servers. A function as last argument is called with `(err, responses)` once
   * all have answered, or after 5 s with an error and the answers that came.
   */
  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  override serverSideEmit(packet: any[]): void {
    const ack = packet.at(-1) as unknown;
    if (typeof ack !== "function") return this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { packet } });
    const answer = ack as (error: Error | null, responses: unknown[]) => void;
    const question = packet.slice(0, -1) as unknown[];
    const asked = this._requests.ask(this._expectation(), DEFAULT_TIMEOUT_MS, (id) => {
      this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { requestId: id, packet: question } });
    });
    // Out of the promise: what the application's function throws is to be seen as such.
    asked.then(
      (responses) => process.nextTick(answer, null, responses),
      (error: ClusterRequestError) => process.nextTick(answer, error, error.responses),
    );
  }

  #receive(message: ClusterMessage | ClusterResponse, offset: Offset | undefined): void {
    switch (message.type) {
      case MessageType.BROADCAST:
        return this.#onBroadcast(message, offset);
      case MessageType.SOCKETS_JOIN:
        return super.addSockets(decodeOptions(message.data.opts), message.data.rooms);
      case MessageType.SOCKETS_LEAVE:
        return super.delSockets(decodeOptions(message.data.opts), message.data.rooms);
      case MessageType.DISCONNECT_SOCKETS:
        return super.disconnectSockets(decodeOptions(message.data.opts), message.data.close === true);
      case MessageType.FETCH_SOCKETS:
        return this.#onFetchSockets(message);
      case MessageType.SERVER_SIDE_EMIT:
        return this.#onServerSideEmit(message);
      case MessageType.FETCH_SOCKETS_RESPONSE:
      case MessageType.SERVER_SIDE_EMIT_RESPONSE:
      case MessageType.BROADCAST_CLIENT_COUNT:
      case MessageType.BROADCAST_ACK:
        this.onResponse(message);
    }
  }

  #onBroadcast({ uid, data }: ClusterMessage & { type: MessageType.BROADCAST }, offset: Offset | undefined): void {
    const { requestId: id } = data;
    // Of our own: adapters of one process may share the message that they got.
    const packet: Packet = { type: PacketType.EVENT, data: data.packet.data as unknown, nsp: this.nsp.name };
    const opts = decodeOptions(data.opts);
    if (id === undefined) {
      if (!this.#wantsOffset(packet, opts)) return this._deliver(packet, opts);
      appendOffset(packet, offset);
      return this._deliver(packet, opts, offset);
    }
    super.broadcastWithAck(
      packet,
      opts,
      (clientCount) =>
        this.publishResponse(uid, { type: MessageType.BROADCAST_CLIENT_COUNT, data: { requestId: id, clientCount } }),
      (answer: unknown) =>
        this.publishResponse(uid, { type: MessageType.BROADCAST_ACK, data: { requestId: id, packet: answer } }),
    );
  }

  #onFetchSockets({ uid, data }: ClusterMessage & { type: MessageType.FETCH_SOCKETS }): void {
    const { requestId: id, opts } = data;
    super.fetchSockets(decodeOptions(opts)).then(
      (sockets) =>
        this.publishResponse(uid, {
          type: MessageType.FETCH_SOCKETS_RESPONSE,
          data: { requestId: id, sockets: sockets.map(detailsOf) },
        }),
      // Ours does not reject.
      () => {},
    );
  }

  #onServerSideEmit({ uid, data }: ClusterMessage & { type: MessageType.SERVER_SIDE_EMIT }): void {
    const { packet, requestId: id } = data;
    if (id === undefined) return this.nsp._onServerSideEmit(packet);
    let answered = false;
    const answer = (value: unknown): void => {
      if (answered) return;
      answered = true;
      this.publishResponse(uid, {
        type: MessageType.SERVER_SIDE_EMIT_RESPONSE,
        data: { requestId: id, packet: value },
      });
    };
    this.nsp._onServerSideEmit([...packet, answer]);
  }

  #tellOthers(opts: BroadcastOptions, message: Unsigned<ClusterMessage>): void {
    if (opts.flags?.local !== true) this.publish(message);
  }

  /** Whether clients are told where the packet lies in the log, so that they can ask for what they missed after it. */
  #wantsOffset(packet: Packet, opts: BroadcastOptions): boolean {
    return (
      this.nsp.server.opts?.connectionStateRecovery !== undefined &&
      packet.type === PacketType.EVENT &&
      packet.id === undefined &&
      opts.flags?.volatile === undefined
    );
  }
}

function idOf({ id }: { id: SocketId }): SocketId {
  return id;
}

/** Type and data: namespace and id are the receiver's. */
function bare({ type, data }: Packet): { type: PacketType; data?: unknown } {
  return { type, data };
}

/** In a list of its own: the application, or another adapter, may hold the one that there is. */
function appendOffset(packet: Packet, offset: Offset | undefined): void {
  if (typeof offset === "string") packet.data = [...(packet.data as unknown[]), offset];
}

function logUndelivered(error: unknown): void {
  debug("a broadcast was not delivered: %s", error);
}

const OPERATIONS: Readonly<Record<ClusterMessage["type"], ClusterOperation>> = {
  [MessageType.INITIAL_HEARTBEAT]: "heartbeat",
  [MessageType.HEARTBEAT]: "heartbeat",
  [MessageType.ADAPTER_CLOSE]: "heartbeat",
  [MessageType.BROADCAST]: "broadcast",
  [MessageType.SOCKETS_JOIN]: "socketsJoin",
  [MessageType.SOCKETS_LEAVE]: "socketsLeave",
  [MessageType.DISCONNECT_SOCKETS]: "disconnectSockets",
  [MessageType.FETCH_SOCKETS]: "question",
  [MessageType.SERVER_SIDE_EMIT]: "serverSideEmit",
};
