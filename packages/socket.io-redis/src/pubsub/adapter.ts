import debugModule from "debug";
import { Adapter, type BroadcastOptions, type Room, type SocketId } from "socket.io-adapter";
import { AwaitedAcks, reportLost, type ClusterOperation, type Expectation } from "socket.io-adapter/dist/cluster";
import { PacketType, type Packet } from "socket.io-parser";
import { linkOf, type RedisClient } from "../clients/link-of.js";
import type { Handler, Payload, Publisher, Subscriber } from "../clients/links.js";
import { persist, type Persistence } from "../clients/persist.js";
import { codec, type Codec } from "../codec.js";
import { outboxOf, type Outbox } from "../outbox.js";
import { Roster } from "../roster.js";
import { Guard } from "../signing/guard.js";
import type { Refusal } from "../signing/options.js";
import { Asking, type AskingHost } from "./asking.js";
import { Incapable } from "./incapable.js";
import {
  encodeForAll,
  isEvent,
  isJson,
  isWellFormed,
  optionsOf,
  RequestType,
  targetOf,
  wirePacket,
  type RemoteSocket,
  type Request,
  type Response,
} from "./messages.js";
import { ChannelNames, ID_PATTERN, newId, startOf } from "./names.js";
import type { RedisAdapterOptions } from "./options.js";
import { Serving, type LocalSide } from "./serving.js";

const debug = debugModule("socket.io-redis");

/**
 * Connects servers by Redis pub/sub. Speaks with `@socket.io/redis-adapter` 7 and 8 and with `socket.io-redis` 6 in both
 * directions, and with `socket.io-redis` 5, the one of Socket.IO 2, as far as that knows what is asked (protocols.md 6.1).
 *
 * Further events: `degraded` `(reason)` when Redis goes away, for each reason, and `restored` `({ sent, lost })` when it is back, as counts of what was
 * published meanwhile; `publish_error` `(error, operation)` for each message that is lost. Local delivery goes on. With `signing`,
 * `message_refused` `(reason, channel)` for each message that was dropped.
 */
export class RedisAdapter extends Adapter {
  readonly pubClient: RedisClient;
  readonly subClient: RedisClient;
  /** Id of this adapter in the cluster. */
  readonly uid: string;
  readonly requestsTimeout: number;
  readonly publishOnSpecificResponseChannel: boolean;
  readonly parser: Codec;
  readonly channel: string;
  readonly requestChannel: string;
  readonly responseChannel: string;
  readonly specificResponseChannel: string;
  /** @internal */
  override readonly _closesWhenReplaced = true;
  /** How many messages of others were dropped, by the reason, with the option `signing`. */
  readonly messagesRefused: ReadonlyMap<Refusal, number>;
  readonly #socketIo2: boolean;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #names: ChannelNames;
  readonly #outbox: Outbox;
  readonly #roster: Roster;
  readonly #asking: Asking;
  readonly #serving: Serving;
  readonly #awaitedAcks = new AwaitedAcks();
  readonly #withoutAcks: Incapable;
  /** How our own broadcasts begin, which come back to us. */
  readonly #ownStart: Buffer;
  #lastCount = Infinity;
  #subscriptions: Persistence[] = [];
  #isClosed = false;

  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  constructor(nsp: any, pubClient: RedisClient, subClient: RedisClient, opts: RedisAdapterOptions = {}) {
    super(nsp);
    this.pubClient = pubClient;
    this.subClient = subClient;
    const guard = new Guard(opts.signing, this);
    this.messagesRefused = guard.refused;
    this.#publisher = linkOf(pubClient);
    this.#subscriber = guard.subscriberOver(linkOf(subClient));
    this.#outbox = outboxOf(
      this,
      [pubClient, subClient],
      (channel, payload) => this.#publisher.publish(channel, guard.seal(channel, payload)),
      opts.outbox,
    );
    this.uid = newId();
    this.requestsTimeout = opts.requestsTimeout ?? 5000;
    this.publishOnSpecificResponseChannel = opts.publishOnSpecificResponseChannel ?? false;
    this.parser = opts.parser ?? codec;
    this.#socketIo2 = opts.socketIo2 ?? false;
    this.#withoutAcks = new Incapable(this.#socketIo2);
    const names = new ChannelNames(opts.key ?? "socket.io", (this.nsp as { name: string }).name);
    this.#names = names;
    this.channel = names.broadcasts;
    this.requestChannel = names.requests;
    this.responseChannel = names.responses;
    this.specificResponseChannel = names.responsesTo(this.uid);
    this.#ownStart = startOf(this.parser, this.uid);
    this.#roster = new Roster({
      uid: this.uid,
      channel: this.requestChannel,
      ownStart: this.responseChannel,
      idPattern: ID_PATTERN,
      count: (channels) => this.#publisher.countSubscribers(channels),
      list: (pattern) => this.#publisher.channels(pattern),
    });
    this.#asking = new Asking(this.#askingHost(), this.#socketIo2);
    this.#serving = this.#makeServing();
    this.#subscribe();
  }

  /**
   * Settles when this server listens: from then on it hears what the others publish.
   *
   * @throws (rejects) if Redis did not let it yet: it goes on trying
   */
  override async init(): Promise<void> {
    await Promise.all(this.#subscriptions.map(({ first }) => first));
  }

  /** Number of servers that listen, this one included. */
  override async serverCount(): Promise<number> {
    const [count] = await this.#publisher.countSubscribers([this.requestChannel]);
    return count!;
  }

  /** @internal */
  override async _expectation(message?: string): Promise<Expectation> {
    const expectation = await this.#roster.expectation(message);
    this.#lastCount = expectation.missing + 1;
    return expectation;
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    this.#asking.close();
    this.#awaitedAcks.close();
    const isListening = !this.#outbox.isDegraded && this.#subscriptions.every(({ isDone }) => isDone);
    this.#outbox.close();
    const subscriber = this.#subscriber;
    const ended = Promise.allSettled([
      subscriber.unsubscribePattern(this.#names.pattern, this.#onBroadcast),
      subscriber.unsubscribe(this.requestChannel, this.#onRequest),
      subscriber.unsubscribe(this.responseChannel, this.#onResponse),
      subscriber.unsubscribe(this.specificResponseChannel, this.#onResponse),
    ]);
    // Some clients answer once they have their connection again, if ever.
    if (isListening) await ended;
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    if (opts.flags?.local !== true) {
      const target = { ...targetOf(opts), flags: opts.flags ?? {} };
      const message = [this.uid, wirePacket(packet, this.nsp.name, this.#socketIo2), target];
      this.#publish(this.#names.broadcastTo(opts.rooms), this.parser.encode(message), "broadcast");
    }
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
      const requestId = newId();
      this.#awaitedAcks.open(requestId, { onClientCount: clientCountCallback, onAck: ack }, opts.flags?.timeout);
      const request = {
        uid: this.uid,
        requestId,
        type: RequestType.BROADCAST,
        // Those of Socket.IO 2 know of no such request.
        packet: wirePacket(packet, this.nsp.name, false),
        opts: { ...targetOf(opts), flags: opts.flags ?? {} },
      };
      this.#publishToAll(this.requestChannel, request, "broadcast");
      if (opts.flags?.timeout !== undefined) this.#waitForNoneWithoutAcks(requestId, opts.flags.timeout);
    }
    super.broadcastWithAck(packet, opts, clientCountCallback, ack);
  }

  /** The ids of the sockets of all servers that are in one of the rooms (no room: of all). */
  override async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const local = [...(await super.sockets(rooms))];
    const request = { type: RequestType.SOCKETS, rooms: [...rooms] };
    return new Set(await this.#asking.allAnd(local, "sockets", request));
  }

  /** The names of the rooms of all servers. */
  async allRooms(): Promise<Set<Room>> {
    return new Set(await this.#asking.allAnd([...this.rooms.keys()], "allRooms", { type: RequestType.ALL_ROOMS }));
  }

  /**
   * The sockets of all servers that match.
   *
   * @throws (rejects) if some servers have not answered within `flags.timeout`, or `requestsTimeout`; the error's `responses` are
   * the sockets that were found
   */
  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  override async fetchSockets(opts: BroadcastOptions): Promise<any[]> {
    const local = await super.fetchSockets(opts);
    if (opts.flags?.local === true) return local;
    const request = { type: RequestType.REMOTE_FETCH, opts: targetOf(opts) };
    return this.#asking.allAnd(local, "fetchSockets", request, opts.flags?.timeout);
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): void {
    if (opts.flags?.local === true) return super.addSockets(opts, rooms);
    this.#tellAll("socketsJoin", { type: RequestType.REMOTE_JOIN, opts: targetOf(opts), rooms: [...rooms] });
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): void {
    if (opts.flags?.local === true) return super.delSockets(opts, rooms);
    this.#tellAll("socketsLeave", { type: RequestType.REMOTE_LEAVE, opts: targetOf(opts), rooms: [...rooms] });
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): void {
    if (opts.flags?.local === true) return super.disconnectSockets(opts, close);
    this.#tellAll("disconnectSockets", { type: RequestType.REMOTE_DISCONNECT, opts: targetOf(opts), close });
  }

  /**
   * Emits to the same namespace of the other servers. A function as last argument is called with `(err, responses)` once
   * all have answered, or after `requestsTimeout` with an error and the answers that came.
   */
  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  override serverSideEmit(packet: any[]): void {
    const ack = packet.at(-1) as unknown;
    if (typeof ack !== "function") {
      return this.#tellAll("serverSideEmit", { uid: this.uid, type: RequestType.SERVER_SIDE_EMIT, data: packet });
    }
    const request = { type: RequestType.SERVER_SIDE_EMIT, data: packet.slice(0, -1) };
    const answer = ack as (error: Error | null, responses: unknown[]) => void;
    // Out of the promise: what the application's function throws is to be seen as such.
    this.#asking.all(null, request).then(
      (responses) => process.nextTick(answer, null, responses),
      (error: Error & { responses?: unknown[] }) => process.nextTick(answer, error, error.responses ?? []),
    );
  }

  /** Makes a socket join a room, whichever server it is connected to. Resolves once that server has said so. */
  remoteJoin(id: SocketId, room: Room): Promise<void> {
    return this.#askFor(id, { type: RequestType.REMOTE_JOIN, sid: id, room }, (socket) => socket.join(room));
  }

  /** Makes a socket leave a room, whichever server it is connected to. Resolves once that server has said so. */
  remoteLeave(id: SocketId, room: Room): Promise<void> {
    return this.#askFor(id, { type: RequestType.REMOTE_LEAVE, sid: id, room }, (socket) => socket.leave(room));
  }

  /**
   * Disconnects a socket, whichever server it is connected to. Resolves once that server has said so.
   *
   * @param close whether to close its connection, with all other namespaces
   */
  remoteDisconnect(id: SocketId, close: boolean = false): Promise<void> {
    const request = { type: RequestType.REMOTE_DISCONNECT, sid: id, close };
    return this.#askFor(id, request, (socket) => void socket.disconnect(close));
  }

  #subscribe(): void {
    const subscriber = this.#subscriber;
    const isWanted = (): boolean => !this.#isClosed;
    this.#subscriptions = [
      () => subscriber.subscribePattern(this.#names.pattern, this.#onBroadcast),
      () => subscriber.subscribe(this.requestChannel, this.#onRequest),
      () => subscriber.subscribe(this.responseChannel, this.#onResponse),
      () => subscriber.subscribe(this.specificResponseChannel, this.#onResponse),
    ].map((subscribe) => persist(subscribe, isWanted));
  }

  #publish(channel: string, payload: Payload, operation: ClusterOperation): void {
    this.#outbox.publish(channel, payload).catch((error: unknown) => reportLost(this, operation, error));
  }

  #publishToAll(channel: string, message: Request | Response, operation: ClusterOperation): void {
    try {
      this.#publish(channel, encodeForAll(message, this.parser, this.#socketIo2), operation);
    } catch (error) {
      if (!this.#socketIo2) throw error;
      reportLost(this, operation, error);
    }
  }

  #tellAll(operation: ClusterOperation, request: Request): void {
    this.#publish(this.requestChannel, JSON.stringify({ uid: this.uid, ...request }), operation);
  }

  /** To a socket of this server, or by the server that has it. */
  async #askFor(id: SocketId, request: Request, local: (socket: RemoteSocket) => unknown): Promise<void> {
    const socket = (this.nsp.sockets as ReadonlyMap<SocketId, RemoteSocket>).get(id);
    if (socket === undefined) await this.#asking.one(request);
    else await local(socket);
  }

  /** Servers older than @socket.io/redis-adapter 7.1 know no broadcasts with acknowledgement: none of their clients gets them. */
  #waitForNoneWithoutAcks(requestId: string, timeoutMs: number): void {
    const look = async (): Promise<void> => {
      // They were counted by who waits for the answers.
      if (this.#awaitedAcks.reportsOf(requestId) >= this.#lastCount - 1) return this.#withoutAcks.onLooked(false);
      const all = this.serverCount();
      const lacking = (await all) - (await this.#publisher.channels(this.#names.responsesPattern)).size;
      this.#withoutAcks.onLooked(lacking > 0);
      for (let server = 0; server < lacking; server++) this.#awaitedAcks.countClients(requestId, 0);
    };
    this.#withoutAcks.watch(
      timeoutMs,
      () => this.#awaitedAcks.has(requestId),
      () => void look().catch((error: unknown) => debug("servers could not be counted: %s", error)),
    );
  }

  #askingHost(): AskingHost {
    const { uid, requestsTimeout } = this;
    return {
      uid,
      requestsTimeout,
      expectation: (message) => this._expectation(message),
      publishRequest: (request) => this.#publish(this.requestChannel, JSON.stringify(request), "question"),
    };
  }

  #makeServing(): Serving {
    const local: LocalSide = {
      sockets: (rooms) => super.sockets(rooms),
      fetchSockets: (opts) => super.fetchSockets(opts),
      addSockets: (opts, rooms) => super.addSockets(opts, rooms),
      delSockets: (opts, rooms) => super.delSockets(opts, rooms),
      disconnectSockets: (opts, close) => super.disconnectSockets(opts, close),
      broadcastWithAck: (packet, opts, onClientCount, onAck) =>
        super.broadcastWithAck(packet, opts, onClientCount, onAck),
    };
    return new Serving(this, local, {
      isOwn: (requestId) => this.#asking.has(requestId) || this.#awaitedAcks.has(requestId),
      publish: (channel, payload) => this.#publish(channel, payload, "answer"),
      publishToAll: (channel, answer) => this.#publishToAll(channel, answer, "answer"),
    });
  }

  readonly #onBroadcast: Handler = (payload, channel) => {
    const room = this.#names.roomOf(channel);
    if (room === undefined || (room !== "" && !this.#hasRoom(room))) return;
    if (payload.subarray(0, this.#ownStart.length).equals(this.#ownStart)) return;
    const message = this.#decode(payload);
    if (!Array.isArray(message)) return;
    const [uid, packet, opts] = message as [string, Request["packet"], Request["opts"]];
    if (uid === this.uid || packet === null || typeof packet !== "object") return;
    if ((packet.nsp ?? "/") !== this.nsp.name || !isEvent(packet.data) || !isWellFormed({ opts })) return;
    // Servers of Socket.IO 2 tell events with binary arguments by their type; here, the encoder looks for itself.
    super.broadcast({ type: PacketType.EVENT, data: packet.data, nsp: this.nsp.name }, optionsOf(opts));
  };

  readonly #onRequest: Handler = (payload) => {
    const request = this.#decode(payload) as Request | undefined;
    if (typeof request === "object" && request !== null && isWellFormed(request)) this.#serving.onRequest(request);
  };

  readonly #onResponse: Handler = (payload) => {
    const response = this.#decode(payload) as Response | undefined;
    const id = response?.requestId ?? response?.requestid;
    if (typeof id !== "string") return;
    const { type, clientCount, packet, uid } = response!;
    const from = typeof uid === "string" ? uid : undefined;
    if (type === RequestType.BROADCAST_CLIENT_COUNT) {
      if (typeof clientCount === "number") this.#awaitedAcks.countClients(id, clientCount, from);
    } else if (type === RequestType.BROADCAST_ACK) this.#awaitedAcks.answer(id, packet);
    else this.#asking.onResponse(id, response!, from);
  };

  #hasRoom(room: string): boolean {
    // Numbers are rooms of their own here, and look alike in the name of a channel.
    return this.rooms.has(room) || this.rooms.has(Number(room) as unknown as Room);
  }

  #decode(payload: Buffer): unknown {
    try {
      return isJson(payload) ? JSON.parse(payload.toString()) : this.parser.decode(payload);
    } catch (error) {
      debug("a message makes no sense: %s", error);
      return undefined;
    }
  }
}
