import { decodePacket, decodePayload, encodePacket, encodePayload, type Packet, type RawData } from "engine.io-parser";
import type { HeartbeatRole } from "engine.io-parser/session";
import { codec3 } from "./codecs.js";

export type Revision = 3 | 4;

/** What polling requests and answers carry. */
export type Body = string | Uint8Array;

/**
 * One revision of the Engine.IO protocol: everything that differs between revisions goes through this object, which is
 * chosen once, at the handshake. What is encoded comes back at once, or as a promise where a Blob has to be read first.
 */
export interface WireVersion {
  readonly revision: Revision;
  readonly heartbeatRole: HeartbeatRole;
  /** Whether polling bodies may be `application/octet-stream`. */
  readonly binaryBodies: boolean;
  encodePacket(packet: Packet, supportsBinary: boolean): RawData | Promise<RawData>;
  /** @param encoded a text frame, or the bytes of a binary one */
  decodePacket(encoded: RawData): Packet;
  /** @param supportsBinary whether the client takes such bodies */
  encodePayload(packets: readonly Packet[], supportsBinary: boolean): Body | Promise<Body>;
  /** @param body bytes if it is `application/octet-stream`, which only comes in if {@link binaryBodies} */
  decodePayload(body: string | Buffer): readonly Packet[];
}

/** Anything but exactly "4" means 3, a missing value too (row E-66). */
export function revisionOf(eio: string | undefined): Revision {
  return eio === "4" ? 4 : 3;
}

export function wireVersion(revision: Revision): WireVersion {
  return revision === 4 ? v4 : v3;
}

/**
 * How many packets one body may hold. A client's burst of tiny events fits; a body of a million one-byte packets would make
 * the decoder allocate a hundred times its size (CVE-2020-36048).
 */
export const MAX_PACKETS_PER_PAYLOAD = 50_000;

const v4: WireVersion = {
  revision: 4,
  heartbeatRole: "pinger",
  binaryBodies: false,

  encodePacket(packet, supportsBinary) {
    if (isBlob(packet.data)) return new Promise((resolve) => encodePacket(packet, supportsBinary, resolve));
    encodePacket(packet, supportsBinary, keep);
    return kept();
  },

  decodePacket(encoded) {
    return decodePacket(encoded);
  },

  encodePayload(packets) {
    if (packets.some(hasBlob)) return new Promise((resolve) => encodePayload(packets, resolve));
    encodePayload(packets, keep);
    return kept() as string;
  },

  decodePayload(body) {
    return decodePayload(String(body), undefined, MAX_PACKETS_PER_PAYLOAD);
  },
};

const NOOP: Packet = { type: "noop" };

/** Clients of Socket.IO 1 and 2 (protocols.md 2). */
const v3: WireVersion = {
  revision: 3,
  heartbeatRole: "responder",
  binaryBodies: true,

  encodePacket(packet, supportsBinary) {
    if (!isBlob(packet.data)) return codec3().encodePacket(packet, supportsBinary);
    return withBlobRead(packet).then((read) => codec3().encodePacket(read, supportsBinary));
  },

  decodePacket(data: string | Buffer) {
    const packet = codec3().decodePacket(data);
    // Binary frames of an unknown type mean nothing, and nothing is broken by them (protocols.md 2.4).
    return packet.type === "error" && typeof data !== "string" ? NOOP : packet;
  },

  encodePayload(packets, supportsBinary) {
    if (!packets.some(hasBlob)) return codec3().encodePayload(packets, supportsBinary);
    return Promise.all(packets.map(withBlobRead)).then((read) => codec3().encodePayload(read, supportsBinary));
  },

  decodePayload(body) {
    return codec3().decodePayload(body, undefined, MAX_PACKETS_PER_PAYLOAD);
  },
};

/** A Blob that can't be read is sent as no bytes, as in revision 4: the peer waits for exactly as many as were announced. */
async function withBlobRead(packet: Packet): Promise<Packet> {
  if (!isBlob(packet.data)) return packet;
  const data = await packet.data.arrayBuffer().catch(() => new ArrayBuffer(0));
  return { ...packet, data };
}

/** The parser calls back before it returns unless there is a Blob, so one variable serves all calls without a closure each. */
let encoded: RawData;

function keep(result: RawData): void {
  encoded = result;
}

function kept(): RawData {
  const result: RawData = encoded;
  encoded = undefined;
  return result;
}

function hasBlob(packet: Packet): boolean {
  return isBlob(packet.data);
}

function isBlob(data: unknown): data is Blob {
  return typeof data === "object" && data instanceof Blob;
}
