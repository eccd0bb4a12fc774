import type { Packet, RawData } from "engine.io-parser";
import type { Transport } from "./transports/transport.js";

/** What the server says in its open packet (protocols.md 1.4). Delays in ms, `maxPayload` in bytes. */
export interface HandshakeData {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** Absent from servers before engine.io 6.2: no limit known. */
  readonly maxPayload?: number;
}

export interface WriteOptions {
  /** False keeps the transport from compressing this message. @default true */
  compress?: boolean;
}

/** The layer above: called directly, each after the listeners of the event with its name. @internal */
export type SocketReceiver = Pick<SocketReservedEvents, "open" | "data" | "ping" | "error" | "close">;

export interface SocketReservedEvents {
  /** The handshake is done; messages can travel. */
  open: () => void;
  handshake: (data: HandshakeData) => void;
  /** Any packet arrived. */
  packet: (packet: Packet) => void;
  /** A message, or the answer to a ping, is about to be queued. */
  packetCreate: (packet: Packet) => void;
  /** A message arrived. */
  data: (data: RawData) => void;
  message: (data: RawData) => void;
  /** A batch was handed to the transport. */
  flush: () => void;
  /** It has left. */
  drain: () => void;
  /** Any packet arrived: the server lives. */
  heartbeat: () => void;
  /** The server pinged. */
  ping: () => void;
  /** It was answered. */
  pong: () => void;
  /** A string if there is no transport to connect with. */
  error: (error: Error | string) => void;
  /** The server answered the probe of a better transport. */
  upgrading: (transport: Transport) => void;
  /** The session travels on it. */
  upgrade: (transport: Transport) => void;
  /** A better transport can't be had. */
  upgradeError: (error: Error) => void;
  close: (reason: string, description?: unknown) => void;
}
