import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Encoder, PacketType, type Packet } from "socket.io-parser";
import { decodeAll } from "./support/decoding.ts";

const SEED = 20_240_626;
const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

const bytes = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value));

/** What survives JSON as it is, with binary at any depth. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.boolean(),
    fc.constant(null),
    bytes,
    fc.array(tie("value"), { maxLength: 4 }),
    // No "_placeholder": beside an attachment, that is one on the wire (protocols.md 3.5).
    fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__"), fc.constant("toJSON_")), tie("value"), {
      maxKeys: 4,
    }),
  ),
}));

const name = fc.oneof(
  fc.string().filter((text) => !RESERVED.includes(text)),
  fc.integer(),
);

const packet: fc.Arbitrary<Packet> = fc
  .record({
    type: fc.constantFrom(PacketType.EVENT, PacketType.ACK),
    nsp: fc.oneof(
      fc.constant("/"),
      fc.string().map((text) => `/${text.replaceAll(",", "")}`),
    ),
    id: fc.option(fc.maxSafeNat(), { nil: undefined }),
    name,
    args: fc.array(value, { maxLength: 5 }),
  })
  .map(({ type, nsp, id, name: first, args }) => ({
    type,
    nsp,
    ...(id === undefined ? {} : { id }),
    data: type === PacketType.EVENT ? [first, ...args] : args,
  }));

/** As many attachments as a packet has. */
const UNLIMITED = { maxAttachments: Infinity };

describe("any packet", () => {
  test("comes out of a decoder as it went into the encoder, binary at any depth included", () => {
    fc.assert(
      fc.property(packet, (original) => {
        const [decoded, ...others] = decodeAll(new Encoder().encode(original), UNLIMITED);
        assert.equal(others.length, 0);
        assert.deepEqual(withPlainPrototypes(decoded), withPlainPrototypes(original));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test("comes out in order with the others, one packet for each", () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 6 }), (originals) => {
        const encoder = new Encoder();
        const decoded = decodeAll(
          originals.flatMap((original) => encoder.encode(original) as unknown[]),
          UNLIMITED,
        );
        assert.deepEqual(decoded.map(withPlainPrototypes), originals.map(withPlainPrototypes));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test("cut short or followed by a foreign chunk, gives packets or the decoder's own error", () => {
    const chunk = fc.oneof(
      bytes,
      fc.string(),
      packet.map((original) => new Encoder().encode(original)[0] as string),
    );
    fc.assert(
      fc.property(packet, fc.nat(12), chunk, (original, keep, foreign) => {
        const chunks = new Encoder().encode(original) as unknown[];
        tolerate(() => decodeAll([...chunks.slice(0, keep), foreign], UNLIMITED));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });
});

describe("any text", () => {
  const mutation = fc.record({
    at: fc.nat(),
    remove: fc.nat(3),
    insert: fc.oneof(fc.string({ maxLength: 3 }), wirePiece()),
  });

  test("made of a packet by mutation, gives packets or the decoder's own error", () => {
    fc.assert(
      fc.property(packet, fc.array(mutation, { minLength: 1, maxLength: 5 }), (original, mutations) => {
        const [text, ...attachments] = new Encoder().encode(original) as [string, ...unknown[]];
        const mutated = mutations.reduce((result, { at, remove, insert }) => {
          const place = at % (result.length + 1);
          return result.slice(0, place) + insert + result.slice(place + remove);
        }, text);
        tolerate(() => decodeAll([mutated, ...attachments], { maxAttachments: 10 }));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  test("put together from pieces of the protocol, gives packets or the decoder's own error", () => {
    fc.assert(
      fc.property(
        fc.array(wirePiece(), { maxLength: 12 }),
        fc.array(bytes, { maxLength: 3 }),
        (pieces, attachments) => {
          tolerate(() => decodeAll([pieces.join(""), ...attachments], { maxAttachments: 10 }));
        },
      ),
      { seed: SEED, numRuns: 5000 },
    );
  });
});

function wirePiece(): fc.Arbitrary<string> {
  return fc.constantFrom(
    ...["0", "1", "2", "3", "4", "5", "6", "51-", "0-", "-", "/", ",", "/a,", "12", " ", "\n", "é", "\ud800"],
    ...["[", "]", "{", "}", '"', '"a"', ":", "null", "true", "1e400", '["a"]', '["connect"]', "[[]]", "[{}]"],
    ...['{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":-1}', '"__proto__":', '{"_placeholder":true}'],
  );
}

function tolerate(action: () => Packet[]): void {
  let packets: Packet[] = [];
  try {
    packets = action();
  } catch (error) {
    assert.equal((error as Error).name, "DecodeError", String(error));
  }
  for (const { type, nsp, id, data } of packets) {
    assert.ok(type >= PacketType.CONNECT && type <= PacketType.CONNECT_ERROR);
    assert.equal(nsp[0], "/");
    assert.ok(id === undefined || (Number.isSafeInteger(id) && id >= 0));
    if (type === PacketType.EVENT)
      assert.ok(["string", "number"].includes(typeof data[0]) && !RESERVED.includes(data[0] as string));
  }
}

/** fast-check makes objects without prototype among the others; JSON.parse never does. */
function withPlainPrototypes(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Buffer.isBuffer(input)) return input;
  if (Array.isArray(input)) return input.map(withPlainPrototypes);
  return Object.entries(input).map(([key, member]) => [key, withPlainPrototypes(member)]);
}
