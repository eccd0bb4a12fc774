import { decodePacket, decodePayload, encodePacket, encodePayload, type Packet, type RawData } from "engine.io-parser";
import type { HeartbeatRole } from "engine.io-parser/session";

export type Revision = 3 | 4;

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
  encodePayload(packets: readonly Packet[]): string | Promise<string>;
  decodePayload(body: Buffer): readonly Packet[];
}

/** Anything but exactly "4" means 3, a missing value too (row E-66). */
export function revisionOf(eio: string | undefined): Revision {
  return eio === "4" ? 4 : 3;
}

/** Undefined for a revision that is not spoken here. */
export function wireVersion(revision: Revision): WireVersion | undefined {
  return revision === 4 ? v4 : undefined;
}

/**
 * How many packets one body may hold. A client's burst of tiny events fits; a body of a million one-byte packets would make
 * the decoder allocate a hundred times its size (CVE-2020-36048).
 */
const MAX_PACKETS_PER_PAYLOAD = 100_000;

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
    return decodePayload(body.toString("utf8"), undefined, MAX_PACKETS_PER_PAYLOAD);
  },
};

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
