import assert from "node:assert/strict";
import * as revision4 from "engine.io-parser";
import * as revision3 from "engine.io-parser/v3";
import fc from "fast-check";
import type { Packet, PacketType } from "../../../packages/engine.io-parser/src/packet.ts";
import { bytes, changedBytes, changedText, changes, text, type Change } from "../arbitraries.ts";
import type { Fuzzer } from "../fuzzer.ts";

type Wire = string | Uint8Array;

/** One revision of the protocol, as what reads and writes it. */
export interface EngineCodec {
  encodePacket(packet: Packet, supportsBinary: boolean): Wire;
  decodePacket(encoded: Wire): Packet;
  encodePayload(packets: readonly Packet[], supportsBinary: boolean): Wire;
  decodePayload(payload: Wire, maxPackets: number): Packet[];
}

export const CODEC_3: EngineCodec = {
  encodePacket: revision3.encodePacket,
  decodePacket: (encoded) => revision3.decodePacket(encoded),
  encodePayload: revision3.encodePayload,
  decodePayload: (payload, maxPackets) => revision3.decodePayload(payload, undefined, maxPackets),
};

export const CODEC_4: EngineCodec = {
  encodePacket: (packet, supportsBinary) => now((done) => revision4.encodePacket(packet, supportsBinary, done)),
  decodePacket: (encoded) => revision4.decodePacket(encoded),
  // Always text.
  encodePayload: (packets) => now((done) => revision4.encodePayload([...packets], done)),
  decodePayload: (payload, maxPackets) => revision4.decodePayload(String(payload), undefined, maxPackets),
};

function now<Value>(call: (done: (value: Value) => void) => void): Value {
  let given: { value: Value } | undefined;
  call((value) => (given = { value }));
  assert.ok(given, "nothing was encoded");
  return given.value;
}

interface Input {
  readonly packets: readonly { readonly type: PacketType; readonly data: Wire | null }[];
  readonly supportsBinary: boolean;
  readonly changes: readonly Change<Buffer>[];
  readonly maxPackets: number;
}

const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;
const KNOWN: ReadonlySet<PacketType> = new Set([...TYPES, "error"]);
const PIECES = [
  ...Array.from("0123456789b:-\x1e\x00\x01\x02\xff é="),
  "4a",
  "b4",
  "2:40",
  "0:",
  "99999999999999999999:",
];

const anyPacket = fc.record({
  type: fc.constantFrom(...TYPES),
  data: fc.oneof(
    fc.constant(null),
    text().filter((value) => value !== ""),
    bytes(),
  ),
});

const piece = fc.oneof(
  fc.constantFrom(...PIECES).map((characters) => Buffer.from(characters, "latin1")),
  bytes(3),
);

/** Packets and payloads of one revision. */
export function enginePackets(revision: 3 | 4, codec: EngineCodec = revision === 3 ? CODEC_3 : CODEC_4): Fuzzer<Input> {
  const subject = new Subject(revision, codec);
  return {
    name: `engine-packets-${revision}`,
    inputs: fc.record({
      packets: fc.array(anyPacket, { maxLength: 6 }),
      supportsBinary: fc.boolean(),
      changes: changes(piece),
      maxPackets: fc.integer({ min: 1, max: 8 }),
    }),
    start: () => ({ feed: (input) => subject.feed(input) }),
  };
}

class Subject {
  constructor(
    readonly revision: 3 | 4,
    readonly codec: EngineCodec,
  ) {}

  feed({ packets, supportsBinary, changes: list, maxPackets }: Input): void {
    const { codec } = this;
    const originals = packets.map((packet) => this.#packetOf(packet));
    for (const packet of originals) {
      assert.deepEqual(codec.decodePacket(codec.encodePacket(packet, supportsBinary)), packet);
    }
    if (originals.length === 0) return this.#readAny(changedBytes(Buffer.alloc(0), list), maxPackets);
    const payload = codec.encodePayload(originals, supportsBinary);
    assert.deepEqual(codec.decodePayload(payload, Infinity), originals);
    this.#readAny(changed(payload, list), maxPackets);
  }

  /** What can be told from the encoded form; of revision 4, bytes are always a message, and a separator always separates. */
  #packetOf({ type, data }: Input["packets"][number]): Packet {
    if (data === null) return { type };
    if (this.revision === 3) return { type, data };
    if (typeof data !== "string") return { type: "message", data };
    const sendable = data.replaceAll("\x1e", "");
    return sendable === "" ? { type } : { type, data: sendable };
  }

  #readAny(encoded: Wire, maxPackets: number): void {
    for (const form of [encoded, typeof encoded === "string" ? Buffer.from(encoded) : String(encoded)]) {
      this.#check([this.codec.decodePacket(form)], form);
      const packets = this.codec.decodePayload(form, maxPackets);
      const whole = packets.filter(({ type }) => type !== "error");
      assert.ok(whole.length <= maxPackets, `${whole.length} packets of ${maxPackets}`);
      this.#check(packets, form);
      if (whole.length === 0 || whole.length < packets.length) continue;
      // What was read is read in the same way once it is written properly.
      const again = this.codec.encodePayload(packets, typeof form !== "string");
      assert.deepEqual(this.codec.decodePayload(again, Infinity), packets);
    }
  }

  /** Of whatever kind the input is: known types, no more data than there was, and an error only at the end. */
  #check(packets: readonly Packet[], { length }: Wire): void {
    let size = 0;
    for (const [at, { type, data }] of packets.entries()) {
      assert.ok(KNOWN.has(type) && (type !== "error" || at === packets.length - 1), type);
      assert.ok(data === undefined || typeof data === "string" || Buffer.isBuffer(data));
      if (type !== "error") size += (data as Wire | undefined)?.length ?? 0;
    }
    // A byte may be written as up to one character, and a character as up to three bytes.
    assert.ok(size <= 3 * length, `${size} out of ${length}`);
  }
}

function changed(payload: Wire, list: readonly Change<Buffer>[]): Wire {
  if (typeof payload !== "string") return changedBytes(payload, list);
  return changedText(
    payload,
    list.map((change) => ({ ...change, insert: change.insert.toString("latin1") })),
  );
}
