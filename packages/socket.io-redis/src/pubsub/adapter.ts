import { randomBytes } from "node:crypto";
import debugModule from "debug";
import { Adapter, type BroadcastOptions, type Room, type SocketId } from "socket.io-adapter";
import { ClusterRequests, CountedServers, detailsOf } from "socket.io-adapter/dist/cluster";
import { PacketType, type Packet } from "socket.io-parser";
import { linkOf, type RedisClient } from "../clients/link-of.js";
import type { Handler, Publisher, Subscriber } from "../clients/links.js";
import { codec, type Codec } from "../codec.js";
import { isJson, optionsOf, RequestType, targetOf, wirePacket, type Request, type Response } from "./messages.js";
import { answerToVersion2, forVersion2 } from "./version-2.js";

const debug = debugModule("socket.io-redis");

export interface RedisAdapterOptions {
  /**
   * Beginning of the names of all channels.
   * @default "socket.io"
   */
  key?: string;
  /**
   * How long servers may take to answer, in ms.
   * @default 5000
   */
  requestsTimeout?: number;
  /**
   * Whether this server sends its answers on a channel of the one that has asked, and not to all. Servers older than
   * @socket.io/redis-adapter 7.1 do not listen to such a channel.
   * @default false
   */
  publishOnSpecificResponseChannel?: boolean;
  /**
   * How broadcasts are written. All servers must use the same.
   * @default MessagePack, in forms that all releases read
   */
  parser?: Codec;
  /**
   * Whether servers of Socket.IO 2 (`socket.io-redis` 5) get binary events in the form that they read, and are asked in theirs
   * (`allSockets`, `allRooms`, `remoteJoin` and so on). All our servers read both forms; those of upstream from Socket.IO 3 on do
   * not, and must not be on the same Redis then.
   * @default false
   */
  socketIo2?: boolean;
}

/** Who waits for the clients of other servers to acknowledge a broadcast. */
interface AwaitedAcks {
  readonly onClientCount: (clientCount: number) => void;
  readonly onAck: (...args: unknown[]) => void;
}

/**
 * Connects servers by Redis pub/sub. Speaks with `@socket.io/redis-adapter` 7 and 8 and with `socket.io-redis` 6 in both
 * directions, and with `socket.io-redis` 5, the one of Socket.IO 2, as far as that knows what is asked (protocols.md 6.1).
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
  readonly #socketIo2: boolean;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #requests = new ClusterRequests();
  readonly #awaitedAcks = new Map<string, AwaitedAcks>();
  /** How our own broadcasts begin, which come back to us. */
  readonly #ownStart: Buffer;
  #subscriptions: Promise<unknown>[] = [];

  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  constructor(nsp: any, pubClient: RedisClient, subClient: RedisClient, opts: RedisAdapterOptions = {}) {
    super(nsp);
    this.pubClient = pubClient;
    this.subClient = subClient;
    this.#publisher = linkOf(pubClient);
    this.#subscriber = linkOf(subClient);
    this.uid = newId();
    this.requestsTimeout = opts.requestsTimeout ?? 5000;
    this.publishOnSpecificResponseChannel = opts.publishOnSpecificResponseChannel ?? false;
    this.parser = opts.parser ?? codec;
    this.#socketIo2 = opts.socketIo2 ?? false;
    const key = opts.key ?? "socket.io";
    const name = (this.nsp as { name: string }).name;
    this.channel = `${key}#${name}#`;
    this.requestChannel = `${key}-request#${name}#`;
    this.responseChannel = `${key}-response#${name}#`;
    this.specificResponseChannel = `${this.responseChannel}${this.uid}#`;
    this.#ownStart = startOf(this.parser, this.uid);
    this.#subscribe();
  }

  /** Settles when this server listens: from then on it hears what the others publish. */
  override async init(): Promise<void> {
    await Promise.all(this.#subscriptions);
  }

  /** Number of servers that listen, this one included. */
  override serverCount(): Promise<number> {
    return this.#publisher.countSubscribers(this.requestChannel);
  }

  override async close(): Promise<void> {
    this.#requests.close();
    this.#awaitedAcks.clear();
    const subscriber = this.#subscriber;
    await Promise.allSettled([
      subscriber.unsubscribePattern(patternOf(this.channel), this.#onBroadcast),
      subscriber.unsubscribe(this.requestChannel, this.#onRequest),
      subscriber.unsubscribe(this.responseChannel, this.#onResponse),
      subscriber.unsubscribe(this.specificResponseChannel, this.#onResponse),
    ]);
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    if (opts.flags?.local !== true) {
      const { rooms } = opts;
      const target = { ...targetOf(opts), flags: opts.flags ?? {} };
      const channel = rooms.size === 1 ? `${this.channel}${[...rooms][0]!}#` : this.channel;
      this.#publish(
        channel,
        this.parser.encode([this.uid, wirePacket(packet, this.nsp.name, this.#socketIo2), target]),
      );
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
      this.#awaitedAcks.set(requestId, { onClientCount: clientCountCallback, onAck: ack });
      setTimeout(() => this.#awaitedAcks.delete(requestId), opts.flags?.timeout).unref();
      const request = {
        uid: this.uid,
        requestId,
        type: RequestType.BROADCAST,
        // Those of Socket.IO 2 know of no such request.
        packet: wirePacket(packet, this.nsp.name, false),
        opts: { ...targetOf(opts), flags: opts.flags ?? {} },
      };
      this.#publish(this.requestChannel, this.parser.encode(request));
    }
    super.broadcastWithAck(packet, opts, clientCountCallback, ack);
  }

  /** The ids of the sockets of all servers that are in one of the rooms (no room: of all). */
  override async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const local = await super.sockets(rooms);
    const answers = await this.#ask("sockets", { type: RequestType.SOCKETS, rooms: [...rooms] });
    return new Set([...local, ...(answers as SocketId[])]);
  }

  /** The names of the rooms of all servers. */
  async allRooms(): Promise<Set<Room>> {
    const answers = await this.#ask("allRooms", { type: RequestType.ALL_ROOMS });
    return new Set([...this.rooms.keys(), ...(answers as Room[])]);
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
    try {
      return [...local, ...(await this.#ask("fetchSockets", request, opts.flags?.timeout))];
    } catch (error) {
      (error as { responses?: unknown[] }).responses?.unshift(...local);
      throw error;
    }
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): void {
    if (opts.flags?.local === true) return super.addSockets(opts, rooms);
    this.#tellAll({ type: RequestType.REMOTE_JOIN, opts: targetOf(opts), rooms: [...rooms] });
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): void {
    if (opts.flags?.local === true) return super.delSockets(opts, rooms);
    this.#tellAll({ type: RequestType.REMOTE_LEAVE, opts: targetOf(opts), rooms: [...rooms] });
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): void {
    if (opts.flags?.local === true) return super.disconnectSockets(opts, close);
    this.#tellAll({ type: RequestType.REMOTE_DISCONNECT, opts: targetOf(opts), close });
  }

  /**
   * Emits to the same namespace of the other servers. A function as last argument is called with `(err, responses)` once
   * all have answered, or after `requestsTimeout` with an error and the answers that came.
   */
  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  override serverSideEmit(packet: any[]): void {
    const ack = packet.at(-1) as unknown;
    if (typeof ack !== "function") {
      return this.#tellAll({ uid: this.uid, type: RequestType.SERVER_SIDE_EMIT, data: packet });
    }
    const request = { type: RequestType.SERVER_SIDE_EMIT, data: packet.slice(0, -1) };
    const answer = ack as (error: Error | null, responses: unknown[]) => void;
    // Out of the promise: what the application's function throws is to be seen as such.
    this.#ask(null, request).then(
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
    this.#subscriptions = [
      subscriber.subscribePattern(patternOf(this.channel), this.#onBroadcast),
      subscriber.subscribe(this.requestChannel, this.#onRequest),
      subscriber.subscribe(this.responseChannel, this.#onResponse),
      subscriber.subscribe(this.specificResponseChannel, this.#onResponse),
    ];
    for (const subscription of this.#subscriptions) {
      subscription.catch((error: unknown) => debug("a subscription failed: %s", error));
    }
  }

  #publish(channel: string, payload: string | Uint8Array): void {
    const lost = (error: unknown): void => debug("a message for %s was not published: %s", channel, error);
    try {
      this.#publisher.publish(channel, payload).catch(lost);
    } catch (error) {
      lost(error);
    }
  }

  #tellAll(request: Request): void {
    this.#publish(this.requestChannel, JSON.stringify({ uid: this.uid, ...request }));
  }

  /** @param what named when time is up; null: the error tells how many did not answer */
  async #ask(what: string | null, request: Request, timeoutMs = this.requestsTimeout): Promise<unknown[]> {
    const others = new NamedServers(what, (await this.serverCount()) - 1);
    if (others.missing === 0) return [];
    return new Promise((resolve, reject) => {
      const requestId = this.#requests.open(others, timeoutMs, (error, responses) => {
        if (error === null) resolve(responses);
        else reject(error);
      });
      this.#publishRequest(requestId, request);
    });
  }

  /** Asks the one server that has the socket. */
  async #askFor(id: SocketId, request: Request, local: (socket: RemoteSocket) => unknown): Promise<void> {
    const socket = this.#socket(id);
    if (socket !== undefined) {
      await local(socket);
      return;
    }
    const what = request.type === RequestType.REMOTE_DISCONNECT ? "remoteDisconnect" : REMOTE_NAMES[request.type]!;
    await new Promise<void>((resolve, reject) => {
      const requestId = this.#requests.open(new NamedServers(what, 1), this.requestsTimeout, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
      this.#publishRequest(requestId, request);
    });
  }

  #publishRequest(requestId: string, request: Request): void {
    const old = this.#socketIo2 ? forVersion2(request, requestId) : undefined;
    this.#publish(this.requestChannel, JSON.stringify(old ?? { uid: this.uid, requestId, ...request }));
  }

  #socket(id: SocketId): RemoteSocket | undefined {
    return (this.nsp.sockets as ReadonlyMap<SocketId, RemoteSocket>).get(id);
  }

  readonly #onBroadcast: Handler = (payload, channel) => {
    // A namespace may have characters that mean something in a pattern.
    if (!channel.startsWith(this.channel)) return;
    const room = channel.slice(this.channel.length, -1);
    if (room !== "" && !this.#hasRoom(room)) return;
    if (payload.subarray(0, this.#ownStart.length).equals(this.#ownStart)) return;
    const message = this.#decode(payload);
    if (!Array.isArray(message)) return;
    const [uid, packet, opts] = message as [string, Request["packet"], Request["opts"]];
    if (uid === this.uid || packet === null || typeof packet !== "object") return;
    if ((packet.nsp ?? "/") !== this.nsp.name || !isEvent(packet.data)) return;
    // Servers of Socket.IO 2 tell events with binary arguments by their type; here, the encoder looks for itself.
    super.broadcast({ type: PacketType.EVENT, data: packet.data, nsp: this.nsp.name }, optionsOf(opts));
  };

  readonly #onRequest: Handler = (payload) => {
    const request = this.#decode(payload) as Request | undefined;
    if (typeof request !== "object" || request === null) return;
    if (request.requestid !== undefined) {
      if (this.#isOwn(request.requestid)) return;
      return answerToVersion2(request, this, (answer) => this.#publish(this.responseChannel, JSON.stringify(answer)));
    }
    this.#serve(request);
  };

  readonly #onResponse: Handler = (payload) => {
    const response = this.#decode(payload) as Response | undefined;
    const id = response?.requestId ?? response?.requestid;
    if (typeof id !== "string") return;
    switch (response!.type) {
      case RequestType.BROADCAST_CLIENT_COUNT:
        this.#awaitedAcks.get(id)?.onClientCount(Number(response!.clientCount));
        return;
      case RequestType.BROADCAST_ACK:
        this.#awaitedAcks.get(id)?.onAck(response!.packet);
        return;
      case RequestType.SERVER_SIDE_EMIT:
        this.#requests.answer(id, undefined, [response!.data]);
        return;
      default: {
        const values = response!.sockets ?? response!.clients ?? response!.rooms ?? [];
        this.#requests.answer(id, undefined, Array.isArray(values) ? values : []);
      }
    }
  };

  #serve(request: Request): void {
    const { type, uid, requestId, opts, rooms = [] } = request;
    const own = uid === this.uid || (requestId !== undefined && this.#isOwn(requestId));
    switch (type) {
      case RequestType.SOCKETS:
        if (!own) void super.sockets(new Set(rooms)).then((ids) => this.#respond(request, { sockets: [...ids] }));
        return;
      case RequestType.ALL_ROOMS:
        if (!own) this.#respond(request, { rooms: [...this.rooms.keys()] });
        return;
      case RequestType.REMOTE_JOIN:
        if (opts !== undefined) return super.addSockets(optionsOf(opts), rooms);
        return this.#serveSocket(request, (socket) => socket.join(request.room!));
      case RequestType.REMOTE_LEAVE:
        if (opts !== undefined) return super.delSockets(optionsOf(opts), rooms);
        return this.#serveSocket(request, (socket) => socket.leave(request.room!));
      case RequestType.REMOTE_DISCONNECT:
        if (opts !== undefined) return super.disconnectSockets(optionsOf(opts), request.close === true);
        return this.#serveSocket(request, (socket) => void socket.disconnect(request.close === true));
      case RequestType.REMOTE_FETCH:
        if (own) return;
        void super.fetchSockets(optionsOf(opts)).then((sockets) => {
          this.#respond(request, { sockets: sockets.map(detailsOf) });
        });
        return;
      case RequestType.SERVER_SIDE_EMIT:
        if (!own && isEvent(request.data)) this.#serveServerSideEmit(request);
        return;
      case RequestType.BROADCAST:
        if (!own && isEvent(request.packet?.data)) this.#serveBroadcast(request);
    }
  }

  #serveServerSideEmit({ requestId, data }: Request): void {
    const args = data as [string, ...unknown[]];
    if (requestId === undefined) return this.nsp._onServerSideEmit(args);
    let answered = false;
    const answer = (value: unknown): void => {
      if (answered) return;
      answered = true;
      // Always to all: servers before 7.1 listen to no other channel.
      const response = { type: RequestType.SERVER_SIDE_EMIT, requestId, data: value };
      this.#publish(this.responseChannel, JSON.stringify(response));
    };
    this.nsp._onServerSideEmit([...args, answer]);
  }

  #serveBroadcast(request: Request): void {
    const { requestId, packet, opts } = request;
    super.broadcastWithAck(
      { type: PacketType.EVENT, data: packet!.data, nsp: this.nsp.name },
      { ...optionsOf(opts), flags: {} },
      (clientCount) => this.#respond(request, { type: RequestType.BROADCAST_CLIENT_COUNT, clientCount }),
      (answer: unknown) => {
        const response = { type: RequestType.BROADCAST_ACK, requestId, packet: answer };
        this.#publish(this.#responseChannelFor(request), this.parser.encode(response));
      },
    );
  }

  #serveSocket(request: Request, serve: (socket: RemoteSocket) => unknown): void {
    const socket = request.sid === undefined ? undefined : this.#socket(request.sid);
    if (socket === undefined) return;
    serve(socket);
    this.#respond(request, {});
  }

  #respond(request: Request, answer: Response): void {
    const { type, ...rest } = answer;
    const { requestId } = request;
    const response = type === undefined ? { requestId, ...rest } : { type, requestId, ...rest };
    this.#publish(this.#responseChannelFor(request), JSON.stringify(response));
  }

  #responseChannelFor({ uid }: Request): string {
    return this.publishOnSpecificResponseChannel && uid !== undefined
      ? `${this.responseChannel}${uid}#`
      : this.responseChannel;
  }

  #isOwn(requestId: string): boolean {
    return this.#requests.has(requestId) || this.#awaitedAcks.has(requestId);
  }

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

/** What is asked of a socket on behalf of another server. */
export interface RemoteSocket {
  readonly rooms: Set<Room>;
  join(room: Room): unknown;
  leave(room: Room): unknown;
  disconnect(close: boolean): unknown;
}

const REMOTE_NAMES: Partial<Record<RequestType, string>> = {
  [RequestType.REMOTE_JOIN]: "remoteJoin",
  [RequestType.REMOTE_LEAVE]: "remoteLeave",
};

/** Servers are counted, not named, by Redis; the error says what was waited for. */
class NamedServers extends CountedServers {
  constructor(
    readonly what: string | null,
    count: number,
  ) {
    super(count);
  }

  override timeoutMessage(): string {
    return this.what === null ? super.timeoutMessage() : `timeout reached while waiting for ${this.what} response`;
  }
}

/** Six characters, as servers of all makes have them. */
function newId(): string {
  return randomBytes(6).toString("base64url").slice(0, 6);
}

/** Redis reads `*`, `?`, `[` and `\` of a pattern as something else. */
function patternOf(channel: string): string {
  return `${channel.replace(/[*?[\]\\]/g, "\\$&")}*`;
}

/** The first bytes of a list of three that begins with this id, as far as they do not depend on what follows. */
function startOf(parser: Codec, uid: string): Buffer {
  const [one, other] = [parser.encode([uid, 0, 0]), parser.encode([uid, 1, 1])].map((bytes) => Buffer.from(bytes));
  let at = 0;
  while (at < one!.length && one![at] === other![at]) at++;
  // A codec that puts nothing of the id at the start cannot be looked at without decoding.
  const start = one!.subarray(0, at);
  return start.includes(uid) ? Buffer.from(start) : Buffer.from(uid + uid);
}

function isEvent(data: unknown): boolean {
  return Array.isArray(data) && (typeof data[0] === "string" || typeof data[0] === "number");
}
