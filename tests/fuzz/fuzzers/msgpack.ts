import assert from "node:assert/strict";
import { Decoder, Encoder } from "socket.io-msgpack-parser";
import { PacketType, type Packet } from "socket.io-parser";
import { isReservedEvent } from "socket.io-parser/events";
import fc from "fast-check";
import { bytes, changedBytes, changes, text, userValue, type Change } from "../arbitraries.ts";
import type { Fuzzer } from "../fuzzer.ts";

interface Input {
  readonly packet: Packet;
  readonly changes: readonly Change<Buffer>[];
  readonly foreign: Buffer;
}

/** Heads of all forms, with lengths that announce a lot. */
const head = fc.oneof(
  fc.integer({ min: 0x80, max: 0xff }).map((format) => Buffer.of(format)),
  fc
    .tuple(
      fc.constantFrom(0xc4, 0xc6, 0xc9, 0xdb, 0xdd, 0xdf),
      fc.constantFrom(0, 1, 0x7f, 0xffff, 0x7fffffff, 0xffffffff),
    )
    .map(([format, length]) => {
      const bytesOfHead = Buffer.alloc(5, format);
      bytesOfHead.writeUInt32BE(length, 1);
      return bytesOfHead;
    }),
);

const key = fc
  .constantFrom("type", "nsp", "id", "data", "__proto__", "toString")
  .map((name) => Buffer.concat([Buffer.of(0xa0 + name.length), Buffer.from(name)]));

const piece = fc.oneof(
  head,
  key,
  bytes(3),
  fc.constantFrom(0, 1, 2, 5).map((small) => Buffer.of(small)),
);

const anyPacket: fc.Arbitrary<Packet> = fc.record(
  {
    type: fc.constant(PacketType.EVENT),
    nsp: text(8),
    id: fc.maxSafeNat(),
    data: fc.tuple(
      text().filter((name) => !isReservedEvent(name)),
      userValue,
      userValue,
    ),
  },
  { noNullPrototype: true },
);

/** Packets as MessagePack. */
export function msgpack(decoder: () => Pick<Decoder, "on" | "add"> = () => new Decoder()): Fuzzer<Input> {
  return {
    name: "msgpack",
    inputs: fc.record({
      packet: anyPacket,
      changes: changes(piece),
      foreign: fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.concat(pieces)),
    }),
    start: () => ({
      feed({ packet, changes: list, foreign }) {
        const [message] = new Encoder().encode(packet);
        assert.deepEqual(read(decoder(), message!), [packet]);
        tolerate(decoder(), changedBytes(message!, list));
        tolerate(decoder(), foreign);
      },
    }),
  };
}

function read(decoder: Pick<Decoder, "on" | "add">, message: Uint8Array): Packet[] {
  const packets: Packet[] = [];
  decoder.on("decoded", (packet: Packet) => packets.push(packet));
  decoder.add(message);
  return packets;
}

/** Whatever the message is, it is refused by the parser's own error, or is a packet no larger than what came. */
function tolerate(decoder: Pick<Decoder, "on" | "add">, message: Buffer): void {
  let packets: Packet[];
  try {
    packets = read(decoder, message);
  } catch (error) {
    assert.equal((error as Error).name, "DecodeError", error as Error);
    return;
  }
  assert.equal(packets.length, 1);
  const [{ type, nsp, id, data }] = packets as [Packet];
  assert.ok(Number.isInteger(type) && type >= PacketType.CONNECT && type <= PacketType.CONNECT_ERROR);
  assert.equal(typeof nsp, "string");
  assert.ok(id === undefined || (Number.isSafeInteger(id) && id >= 0), `an id ${id}`);
  const name: unknown = type === PacketType.EVENT ? (data as unknown[] | undefined)?.[0] : "";
  assert.ok(typeof name === "number" || (typeof name === "string" && !isReservedEvent(name)), "a name that is none");
  // Each value takes a byte, and so does each of its own.
  assert.ok(count(packets[0]) <= message.length, "more values than bytes");
}

function count(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  if (ArrayBuffer.isView(value)) return 1 + value.byteLength;
  if (value instanceof ArrayBuffer) return 1 + value.byteLength;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = [Object.prototype, Array.prototype, Date.prototype].includes(prototype as object);
  assert.ok(isPlain, "an object with a prototype of the peer's");
  return Object.values(value).reduce<number>((sum, member) => sum + count(member), 1);
}
