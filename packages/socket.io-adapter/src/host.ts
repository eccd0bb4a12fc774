import type { Decoder, Packet } from "socket.io-parser";
import type { Room, SocketId } from "./room-index.js";

/**
 * Everything that an adapter asks of the namespace it works for. socket.io's `Namespace` fulfils it; a test can with a
 * dozen lines. Adapters of other makes rely on the same names (the D rows of the API contract).
 */
export interface AdapterHost {
  readonly name: string;
  /** Connected sockets of this process. */
  readonly sockets: ReadonlyMap<SocketId, AdapterSocket>;
  /** The adapter that it has now: not one that was replaced. */
  readonly adapter?: object;
  readonly server: {
    readonly encoder: { encode(packet: Packet): EncodedPacket };
    /** Puts into the options of a broadcast what its receivers will share. */
    _preEncode?(encoded: EncodedPacket, options: WriteOptions): void;
    /** Adapters that keep sessions find their limits here. */
    readonly opts?: { readonly connectionStateRecovery?: RecoveryOptions };
    /** @internal */
    readonly _parser?: { readonly Decoder: typeof Decoder };
  };
  /** Next acknowledgement id. One counter per namespace, so that a broadcast can use one id for all its targets. */
  _ids: number;
  /** Who has which session, if recovery is on: adapters whose servers hand sessions on to each other ask. @internal */
  readonly _sessions?: { fence(pid: string): void } | undefined;
}

/** Limits of what is kept for clients that come back. Each namespace has a log of its own. */
export interface RecoveryOptions {
  /**
   * How long sessions and packets are kept, in ms.
   * @default 120000
   */
  maxDisconnectionDuration?: number;
  /**
   * How many packets the in-memory adapter keeps. The oldest go first, and with them the chance of the clients that have
   * missed them to recover.
   * @default 100000
   */
  maxPackets?: number;
  /**
   * How much the packets may hold that the in-memory adapter keeps, in bytes of their encoded form (attachments, and 128
   * bytes for each, included).
   * @default 67108864
   */
  maxBytes?: number;
  /**
   * How many sessions of disconnected clients the in-memory adapter keeps. The oldest go first.
   * @default 100000
   */
  maxSessions?: number;
}

/** Text first, then the attachments. A custom parser may give any list of messages. */
// any[]: the parser's own type; what is in it is the business of the parser and the transport.
export type EncodedPacket = ReturnType<Encode>;
// eslint-disable-next-line typescript/no-explicit-any -- see above
type Encode = (packet: Packet) => any[];

export interface AdapterSocket {
  readonly id: SocketId;
  readonly client: { writeToEngine(encoded: EncodedPacket, options: WriteOptions): void };
  // eslint-disable-next-line typescript/no-explicit-any -- answers carry whatever the peer sent
  readonly acks: { set(id: number, ack: (...args: any[]) => void): unknown };
  /** Connected, and of no room that is known, not even its own: no target of a broadcast to everybody. @internal */
  _isAside?: boolean;
  /** Number of the last packet of the recovery log that was sent to it. @internal */
  _lastLogged?: number | undefined;
  notifyOutgoingListeners?(packet: Packet): void;
  join(rooms: Room | Room[]): Promise<void> | void;
  leave(room: Room): Promise<void> | void;
  disconnect(close?: boolean): unknown;
}

/** How an encoded packet is to be written. One object serves all the receivers of a broadcast. */
export interface WriteOptions {
  /** Drop the packet when the transport cannot take it now. */
  volatile?: boolean | undefined;
  /** Compress the packet, where the transport does compression. */
  compress?: boolean | undefined;
  /** Not to be dropped, however slowly the peer reads. @internal */
  keep?: boolean | undefined;
  /** The packet was encoded by the caller. */
  preEncoded?: boolean;
  /** The WebSocket frame of a packet that is a single text, as a list of buffers. @internal */
  wsPreEncodedFrame?: unknown;
  /** Kept by the engine: what the receivers have in common. @internal */
  _shared?: unknown;
}
