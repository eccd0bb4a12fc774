import debugModule from "debug";
import type { IncomingMessage } from "node:http";
import type { LimitCounters, Shortcut, Socket as RawSocket } from "engine.io";
import type { WriteOptions } from "socket.io-adapter";
import { PacketType, type Decoder, type Encoder, type Packet } from "socket.io-parser";
import type { Deadline } from "socket.io-parser/acks";
import type { LentDecoder } from "./decoder-pool.js";
import type { Dialect } from "./dialect.js";
import { LimitError, type ExtendedError } from "./errors.js";
import { Joining } from "./joining.js";
import { allOf, countOf, find, withoutSocket, withSocket, type JoinedSockets } from "./joined-sockets.js";
import { PartialPacket } from "./partial-packet.js";
import type { ConnectionLimitName } from "./options.js";
import { ConnectionRates, type Excess } from "./rates.js";
import type { AnyServer } from "./server.js";
import type { AnySocket, DisconnectReason } from "./socket.js";

const debug = debugModule("socket.io:client");

/**
 * One engine session seen from Socket.IO: packets in and out, shared by the namespaces that it has joined.
 * The engine calls it directly (`conn.receiver`); engines of other makes are listened to by events.
 */
export class Client {
  /** What broadcasts take as long as nothing is in the way. */
  #shortcut: Shortcut | null = null;
  /** The engine socket. */
  readonly conn: RawSocket;
  /** @internal */
  readonly server: AnyServer;
  /** @internal */
  readonly dialect: Dialect;
  #joined: JoinedSockets;
  /** While it is in the middle of a packet; with parsers of other makes, always. */
  #decoder: LentDecoder | undefined;
  /** Mostly there is nothing that it asks for any more. */
  #joining: Joining | undefined;
  /** Packets that have been read, and reach their sockets in the next tick. @internal */
  _undelivered = 0;
  #closed = false;
  /** Runs while no namespace is joined. */
  #connectDeadline: Deadline | undefined;
  /** Bytes of the packet that is arriving. */
  #packetBytes = 0;
  /** Watches over a packet whose rest is still to come; made for the first such one. */
  #part: PartialPacket | undefined;
  /** Null if there are none. */
  readonly #rates: ConnectionRates | null;
  #isUnanswering = false;
  /** The limit that it is closed for. */
  #cause: Error | undefined;

  constructor(server: AnyServer, conn: RawSocket, dialect: Dialect) {
    this.conn = conn;
    this.server = server;
    this.dialect = dialect;
    this.#rates = server._rates === null ? null : new ConnectionRates(server._rates);
  }

  /** Listens to the connection, and joins what the client need not ask for. @internal */
  start(): void {
    this.listen();
    this.awaitConnect();
    const { implicitNamespace } = this.dialect;
    if (implicitNamespace !== undefined) this._connect(implicitNamespace);
  }

  /** The first request of the connection; none for WebTransport. */
  get request(): IncomingMessage {
    return this.conn.request;
  }

  /** @internal read by admin-ui */
  get id(): string {
    return (this.conn as unknown as { id: string }).id;
  }

  /** @internal */
  get encoder(): Encoder {
    return this.server.encoder;
  }

  /** @internal */
  get decoder(): Decoder {
    return this.lentDecoder();
  }

  /** Joined sockets by id. @internal */
  get sockets(): Map<string, AnySocket> {
    return new Map(allOf(this.#joined).map((socket) => [socket.id, socket]));
  }

  /** Joined sockets by the names of their namespaces. @internal */
  get nsps(): Map<string, AnySocket> {
    return new Map(allOf(this.#joined).map((socket) => [socket.nsp.name, socket]));
  }

  /** @internal */
  get _arrivingBytes(): number {
    return (this.conn.transport as { receivedBytes?: number }).receivedBytes ?? 0;
  }

  /** Sends a packet, if the connection is open. Of the flags, `volatile` and `compress` count. @internal */
  _packet(packet: Packet, flags: WriteOptions = NO_FLAGS): void {
    if (this.#closed || this.conn.readyState !== "open") return;
    if (!this.takes(flags)) return;
    // Hot path: of two shapes are all the options that the engine sees.
    const { volatile, compress } = flags;
    // Events may be lost on a peer that does not read, if the application wants it so; other packets may not.
    const options = packet.type === PacketType.EVENT ? { volatile, compress } : { volatile, compress, keep: true };
    this.write(this.server.encoder.encode(packet), options);
  }

  /** Sends encoded messages, each with the same options; the adapter's broadcasts come this way. @internal */
  // eslint-disable-next-line typescript/no-explicit-any -- messages are what the parser makes of packets
  writeToEngine(encoded: any, options: WriteOptions): void {
    const { wsPreEncodedFrame: frame } = options;
    // Hot path: the frame of a broadcast. What is read of each receiver here is most of what it costs.
    if (this.#shortcut !== null && Array.isArray(frame) && this.#shortcut.pass(frame)) return;
    if (!this.takes(options)) return;
    this.write(Array.isArray(encoded) ? encoded : [encoded], options);
    // Engines of other makes have none.
    if (frame !== undefined) this.#shortcut = (this.conn as Partial<RawSocket>).shortcut ?? null;
  }

  /** Sends encoded messages for an adapter of an older make. @internal */
  _encoded(encoded: unknown[], options: WriteOptions): void {
    if (this.conn.readyState === "open") this.writeToEngine(encoded, options);
  }

  /** Disconnects all the sockets, then closes the connection. @internal */
  _disconnect(): void {
    for (const socket of allOf(this.#joined)) socket.disconnect();
    this.close();
  }

  /** A socket has left its namespace. @internal */
  _remove(socket: AnySocket): void {
    if (find(this.#joined, socket.nsp.name) !== socket) return;
    this.#joined = withoutSocket(this.#joined, socket);
    // A peer that has left its last namespace and only answers heartbeats may not stay for ever.
    if (countOf(this.#joined) === 0 && !this.#closed) this.awaitConnect();
  }

  /** A socket has joined its namespace: packets reach it from now on. @internal */
  _joined(socket: AnySocket): void {
    this.#joined = withSocket(this.#joined, socket);
    if (this.#connectDeadline === undefined) return;
    this.server._alarm.cancel(this.#connectDeadline);
    this.#connectDeadline = undefined;
  }

  /** Packets for this namespace are kept until {@link _release}. @internal */
  _hold(name: string): void {
    this.#joining?.hold(name);
  }

  /** The namespace is joined: hands over what was held. @internal */
  _release(name: string): readonly Packet[] {
    const held = this.#joining?.release(name) ?? [];
    this.forgetIfDone();
    return held;
  }

  /** Before a namespace is joined or refused: whether the client has asked for it again meanwhile, and waits for that answer. @internal */
  _startsOver(name: string): boolean {
    return this.#joining?.startsOver(name) === true;
  }

  /** Packets for a joined namespace, in wire order: each gets a tick of its own (row S-119). @internal */
  _deliver(socket: AnySocket, packets: readonly Packet[]): void {
    for (const packet of packets) this.deliver(socket, packet);
  }

  private deliver(socket: AnySocket, packet: Packet): void {
    this._undelivered++;
    process.nextTick(receive, this, socket, packet);
  }

  /** Refuses a namespace, also one that is being joined. @internal */
  _refuse(name: string, error: ExtendedError): void {
    this.#joining?.abandon(name);
    this.forgetIfDone();
    const { dialect } = this;
    try {
      this._packet({ type: PacketType.CONNECT_ERROR, nsp: name, data: dialect.refusal(error) });
    } catch (cause) {
      // What the application attached to the error cannot be encoded.
      debug("details of a refusal cannot be sent: %s", cause);
      this._packet({ type: PacketType.CONNECT_ERROR, nsp: name, data: dialect.refusal({ message: error.message }) });
    }
  }

  /** Closes the connection, whatever namespaces it has. @internal */
  close(): void {
    if (this.#closed) return;
    if (this.conn.readyState === "open") this.conn.close();
    // If the transport could close at once, onClose has been called by now.
    this.onClose("forced server close");
  }

  /**
   * The client has come back by another connection: this one ends at once, whether or not its peer can be told.
   * @internal
   */
  _fence(): void {
    if (this.#closed) return;
    this.conn.close(true);
    // If the transport could close at once, onClose has been called by now.
    this.onClose("forced server close");
  }

  /** Whether a socket can still be let in. @internal */
  get _isOpen(): boolean {
    return !this.#closed && this.conn.readyState === "open";
  }

  /** One engine message has arrived. @internal */
  onData(data: unknown): void {
    if (this.#closed) return;
    try {
      // Engine messages without data carry no packet.
      if (data === undefined || data === "") throw new Error("empty message");
      this.#packetBytes += typeof data === "string" ? data.length : ((data as ArrayBufferView).byteLength ?? 0);
      this.decode(data);
    } catch (error) {
      const limit = limitOfDecoder(error);
      if (limit !== undefined) {
        this._count(limit);
        this.#cause ??= error as Error;
      }
      this.onError(error as Error);
    }
  }

  /** The connection has ended. Only the first call counts. @internal */
  onClose(reason: DisconnectReason, description?: unknown): void {
    if (this.#closed) return;
    if (reason === "transport close" && this._undelivered > 0) {
      // The peer has left, and said something before: its listeners hear that first.
      process.nextTick(() => this.onClose(reason, description));
      return;
    }
    this.#closed = true;
    debug("client %s closed: %s", this.id, reason);
    const { _alarm: alarm } = this.server;
    if (this.#connectDeadline !== undefined) alarm.cancel(this.#connectDeadline);
    this.#shortcut = null;
    this.#part?.stop();
    this.#decoder?.destroy();
    for (const [name, socket] of this.#joining?.sockets() ?? []) {
      // In its `connection` listeners a socket is in both lists.
      if (find(this.#joined, name) !== socket) socket._cleanup();
    }
    this.#joining = undefined;
    for (const socket of allOf(this.#joined)) socket._onclose(reason, description ?? this.#cause);
    this.#joined = undefined;
  }

  private decode(data: unknown): void {
    const decoder = this.lentDecoder();
    decoder.add(data);
    // Unless what the packet led to has seen to it.
    if (this.#decoder === decoder && this.server._decoders.takeBack(decoder)) this.#decoder = undefined;
    if (this.#packetBytes === 0 || this.#closed) return;
    this.#part ??= new PartialPacket(this);
    this.#part.awaitRest(this.#packetBytes, countOf(this.#joined) === 0);
  }

  private lentDecoder(): LentDecoder {
    return (this.#decoder ??= this.server._decoders.lend(this));
  }

  private listen(): void {
    const { conn } = this;
    if ("receiver" in conn) {
      conn.receiver = this as typeof conn.receiver;
      return;
    }
    const other = conn as unknown as NodeJS.EventEmitter;
    other.on("data", (data: unknown) => this.onData(data));
    other.on("error", (error: Error) => this.onError(error));
    other.on("close", (reason: DisconnectReason, description?: unknown) => this.onClose(reason, description));
  }

  /** @internal */
  _onPacket(packet: Packet): void {
    const bytes = this.#packetBytes;
    this.#packetBytes = 0;
    this.#part?.end();
    // Those of Socket.IO 2 carry credentials in the name of the namespace.
    if (packet.nsp.length > this.dialect.maxNamespaceLength) return this.refuseName("namespace", packet.nsp);
    this.dialect.normalize(packet);
    const { maxNameLength } = this.server._limits;
    if (packet.nsp.length > maxNameLength) return this.refuseName("namespace", packet.nsp);
    if (packet.type === PacketType.EVENT) {
      const name = (packet.data as unknown[] | undefined)?.[0];
      if (typeof name === "string" && name.length > maxNameLength) return this.refuseName("event", name);
    }
    if (this.#rates !== null) {
      const excess = this.#rates.onPacket(packet, bytes, this.server._alarm.clock.now());
      if (excess !== undefined && this.isOverdone(packet, excess)) return;
    }
    if (packet.type === PacketType.CONNECT) return this._connect(packet.nsp, packet.data as Record<string, unknown>);
    const socket = find(this.#joined, packet.nsp);
    if (socket !== undefined && packet.type !== PacketType.CONNECT_ERROR) {
      return this.deliver(socket, packet);
    }
    if (packet.type !== PacketType.CONNECT_ERROR && this.#joining?.keep(packet) === true) return;
    debug("no socket for a packet of namespace %s", packet.nsp);
    this.close();
  }

  /** A packet came too soon. False if it is served all the same: what ends something, and answers that we asked for. */
  private isOverdone(packet: Packet, { limit, policy, answer }: Excess): boolean {
    if (policy === "disconnect") {
      this._onLimit(new LimitError("ERR_RATE_LIMITED", limit, answer.message));
      return true;
    }
    const { type, nsp, id } = packet;
    if (type === PacketType.EVENT) {
      this._count(limit);
      const isAwaited = policy === "error" && id !== undefined && find(this.#joined, nsp) !== undefined;
      if (isAwaited) this._packet({ type: PacketType.ACK, nsp, id, data: [answer] });
      return true;
    }
    // Which costs more than an event: the middlewares of the namespace. A client would wait for its answer for ever.
    if (type !== PacketType.CONNECT || find(this.#joined, nsp) !== undefined) return false;
    this._count(limit);
    this._refuse(nsp, Object.assign(new Error(answer.message), { data: answer }));
    return true;
  }

  /** The client asks for a namespace. @internal */
  _connect(name: string, auth?: Record<string, unknown>): void {
    if (find(this.#joined, name) === undefined) {
      return (this.#joining ??= new Joining(this)).ask(name, auth, countOf(this.#joined));
    }
    debug("second CONNECT for namespace %s", name);
    this.close();
  }

  private forgetIfDone(): void {
    if (this.#joining?.isDone === true) this.#joining = undefined;
  }

  private awaitConnect(): void {
    this.#connectDeadline = this.server._alarm.after(this.server._connectTimeout, () => {
      this.#connectDeadline = undefined;
      if (countOf(this.#joined) > 0) return;
      this._count("connectTimeout");
      this.close();
    });
  }

  private refuseName(kind: "event" | "namespace", name: string): void {
    const message = `a name of ${name.length} characters for the ${kind}: see maxNameLength`;
    this._onLimit(new LimitError("ERR_NAME_TOO_LONG", "maxNameLength", message));
  }

  /** One of its sockets awaits more acknowledgements than it may: this client does not give them. @internal */
  _leavesUnanswered(pending: number): void {
    if (this.#isUnanswering) return;
    this.#isUnanswering = true;
    const message = `${pending} acknowledgements are awaited: see maxPendingAcks`;
    // Whoever emits is not interrupted.
    process.nextTick(() => this._onLimit(new LimitError("ERR_TOO_MANY_ACKS", "maxPendingAcks", message)));
  }

  /** Why its sockets may not be in so many rooms more, all namespaces together, which is counted then; undefined if they may. @internal */
  _refuseRooms(added: number): LimitError | undefined {
    const { maxRoomsPerConnection: max } = this.server._limits;
    let rooms = added;
    for (const socket of allOf(this.#joined)) rooms += socket.rooms.size;
    for (const [name, socket] of this.#joining?.sockets() ?? []) {
      // In its `connection` listeners a socket is in both lists.
      if (find(this.#joined, name) === undefined) rooms += socket.rooms.size;
    }
    if (rooms <= max) return undefined;
    this._count("maxRoomsPerConnection");
    const message = `the connection would be in ${rooms} rooms: see maxRoomsPerConnection (${max})`;
    return new LimitError("ERR_TOO_MANY_ROOMS", "maxRoomsPerConnection", message);
  }

  /** A limit was reached that ends the connection. @internal */
  _onLimit(error: LimitError): void {
    this._count(error.limit);
    this.#cause ??= error;
    this.onError(error);
  }

  /** A limit was reached. @internal */
  _count(name: ConnectionLimitName): void {
    (this.server.engine as { limitsReached?: LimitCounters } | undefined)?.limitsReached?.count(name);
  }

  /** The peer broke the protocol: its sockets are told, and the connection is closed. */
  private onError(error: Error): void {
    for (const socket of allOf(this.#joined)) socket._onerror(error);
    this.close();
  }

  /** Volatile packets are for transports that are ready this moment. */
  private takes(options: WriteOptions): boolean {
    return options.volatile !== true || this.conn.transport.writable;
  }

  // eslint-disable-next-line typescript/no-explicit-any -- messages are what the parser makes of packets
  private write(encoded: any[], options: WriteOptions): void {
    const { conn } = this;
    // With its attachments, an event is one message; engines of other makes don't ask.
    if (encoded.length > 1) (conn as Partial<RawSocket>).beginMessage?.(encoded.length);
    for (const message of encoded) conn.write(message, options);
  }
}

/** Which limit a message has exceeded that the parser of ours, or one with its codes, has refused. */
function limitOfDecoder(error: unknown): ConnectionLimitName | undefined {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  if (code === "ERR_TOO_MANY_ATTACHMENTS") return "maxAttachments";
  return code === "ERR_TOO_DEEP" || cause?.code === "ERR_TOO_DEEP" ? "maxDepth" : undefined;
}

const NO_FLAGS: WriteOptions = {};

function receive(client: Client, socket: AnySocket, packet: Packet): void {
  client._undelivered--;
  socket._onpacket(packet);
}
