import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Encoder, PacketType } from "socket.io-msgpack-parser";
import { decode } from "./support/decode.ts";

const encoder = new Encoder();

/** The argument of an event, encoded and decoded. */
function roundTrip(value: unknown): unknown {
  return (decode(encode(value)).data as unknown[])[1];
}

function encode(value: unknown): Uint8Array {
  return encoder.encode({ type: PacketType.EVENT, nsp: "/", data: ["a", value] })[0]!;
}

/** An event whose argument is given in MessagePack. */
function eventWith(...hex: string[]): Buffer {
  return Buffer.from(`82a47479706502a46461746192a161${hex.join("")}`.replace(/^82/, "83") + "a36e7370a12f", "hex");
}

describe("values", () => {
  test("whatever JSON can say comes back as it was", () => {
    const json = fc.jsonValue({ maxDepth: 6 }).filter((value) => !JSON.stringify(value).includes('"__proto__"'));
    fc.assert(fc.property(json, (value) => assert.deepEqual(roundTrip(value), JSON.parse(JSON.stringify(value)))));
  });

  test("integers of every size come back", () => {
    const edges = [0x7f, 0xff, 0xffff, 0xffff_ffff, 2 ** 53 - 1].flatMap((edge) => [edge, edge + 1, -edge, -edge - 1]);
    for (const value of [...edges, -32, -33, 2 ** 63]) assert.equal(roundTrip(value), value);
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => assert.equal(roundTrip(value), value)));
  });

  test("other numbers come back too", () => {
    for (const value of [0.5, -1e-300, 1e300, NaN, Infinity, -Infinity, 2 ** 64]) assert.equal(roundTrip(value), value);
    fc.assert(fc.property(fc.double(), (value) => assert.equal(roundTrip(value), value === 0 ? 0 : value)));
  });

  test("text of every length and script comes back", () => {
    for (const length of [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
      for (const letter of ["a", "é", "€", "😀"]) {
        const text = letter.repeat(length);
        assert.equal(roundTrip(text), text, `${length} times ${letter}`);
      }
    }
    const anything = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(fc.property(anything, (text) => assert.equal(roundTrip(text), text)));
  });

  test("half a surrogate pair becomes the replacement character", () => {
    assert.equal(roundTrip("a\ud800b"), "a\ufffdb");
  });

  test("arrays and maps of every length come back", () => {
    for (const length of [0, 15, 16, 65_535, 65_536]) {
      const list = Array.from({ length }, (_, i) => i);
      assert.deepEqual(roundTrip(list), list);
      const map = Object.fromEntries(list.map((i) => [`k${i}`, i]));
      assert.deepEqual(roundTrip(map), map);
    }
  });

  test("a Buffer arrives as a Buffer, other binary as an ArrayBuffer", () => {
    for (const length of [0, 1, 255, 256, 65_536]) {
      const bytes = Buffer.alloc(length, 7);
      assert.deepEqual(roundTrip(bytes), bytes);
      assert.deepEqual(roundTrip(Uint8Array.from(bytes)), Uint8Array.from(bytes).buffer);
      assert.deepEqual(roundTrip(Uint8Array.from(bytes).buffer), Uint8Array.from(bytes).buffer);
    }
  });

  test("of a view its own bytes are sent, and nothing of the buffer behind it", () => {
    const secret = Buffer.from("secret-word-secret");
    const view = new Uint8Array(secret.buffer, secret.byteOffset + 7, 4);
    assert.equal(Buffer.from(encode(view)).includes("secret"), false);
    assert.deepEqual(roundTrip(view), Uint8Array.from(Buffer.from("word")).buffer);
    const wide = new Uint16Array([1, 2, 3]).subarray(1, 2);
    assert.deepEqual(roundTrip(wide), new Uint16Array([2]).buffer);
  });

  test("undefined, dates and members that are functions", () => {
    const date = new Date(1_700_000_000_123);
    const given = { u: undefined, d: date, f: () => 1, before: new Date(-5) };
    assert.deepEqual(roundTrip(given), { u: undefined, d: date, before: new Date(-5) });
  });

  test("what has toJSON is sent as that says, also if that encodes something itself", () => {
    const given = { toJSON: () => ({ inner: encode("x").length, list: [1] }) };
    assert.deepEqual(roundTrip(given), { inner: encode("x").length, list: [1] });
  });

  test("what there is no form for is refused, and says what it is", () => {
    assert.throws(() => encode(1n), /Could not encode: a bigint/);
    assert.throws(() => encode(Symbol("s")), /a symbol/);
    assert.throws(() => encode([() => 1]), /a function/);
    assert.throws(() => encode(new Blob(["x"])), /a Blob/);
    const circle: unknown[] = [];
    circle.push(circle);
    assert.throws(() => encode(circle), { name: "TypeError", message: /a circle/ });
    assert.equal(roundTrip("and the encoder goes on"), "and the encoder goes on");
  });

  test("a message stays as it is when the next one is encoded", () => {
    const first = encode("first");
    const copy = Buffer.from(first);
    encode("second, and longer");
    assert.deepEqual(first, copy);
  });

  test("a large message leaves no large buffer behind", () => {
    const bytes = 8_000_000;
    encode(Buffer.alloc(bytes));
    encode("small");
    assert.ok(encode("small").buffer.byteLength < 20_000);
  });
});

describe("forms of other encoders", () => {
  test("dates and nil of notepack.io 3, and its ArrayBuffers as plain bytes", () => {
    assert.deepEqual(decode(eventWith("d6ff00000001")).data[1], new Date(1000));
    assert.deepEqual(decode(eventWith("d7ff773594000000000a")).data[1], new Date(10_500));
    assert.deepEqual(decode(eventWith("c70cff1dcd6500ffffffffffffffff")).data[1], new Date(-500));
    assert.equal(decode(eventWith("c0")).data[1], null);
    assert.deepEqual(decode(eventWith("c4020102")).data[1], Buffer.from([1, 2]));
  });

  test("numbers in longer forms than they need", () => {
    const forms = [
      "cc01",
      "cd0001",
      "ce00000001",
      "cf0000000000000001",
      "d001",
      "d10001",
      "d200000001",
      "d30000000000000001",
    ];
    for (const form of [...forms, "ca3f800000"]) assert.equal(decode(eventWith(form)).data[1], 1, form);
    assert.equal(decode(eventWith("d3ffffffffffffffff")).data[1], -1);
  });

  test("extensions that mean nothing here are pairs of type and bytes", () => {
    assert.deepEqual(decode(eventWith("d50a0102")).data[1], [10, Buffer.from([1, 2])]);
    assert.deepEqual(decode(eventWith("c703050a0b0c")).data[1], [5, Buffer.from([10, 11, 12])]);
  });

  test("any view or ArrayBuffer may hold the message", () => {
    const message = encode("x");
    const bytes = Uint8Array.from(message);
    for (const form of [bytes, bytes.buffer, new DataView(bytes.buffer)])
      assert.deepEqual(decode(form).data, ["a", "x"]);
  });
});

describe("hostile messages", () => {
  const refusals: readonly [string, Uint8Array | string, RegExp][] = [
    ["announces four thousand million items", eventWith("ddffffffff"), /Could not parse/],
    ["announces as many characters", eventWith("dbffffffff"), /Could not parse/],
    ["holds a key that changes prototypes", eventWith("81a95f5f70726f746f5f5f81a17001"), /__proto__/],
    ["holds a key that is no text", eventWith("8190a178"), /key/],
    ["holds a byte that means nothing", eventWith("c1"), /Could not parse/],
    ["ends in the middle", encode("x").subarray(0, -2), /too early/],
    ["goes on behind its end", Buffer.concat([encode("x"), Buffer.from([0])]), /1 trailing bytes/],
    ["is text", '2["a"]', /does the peer use this parser/],
    ["is a number", Buffer.from([5]), /invalid packet type/],
    ["is a million nested arrays", Buffer.alloc(1_000_000, 0x91), /more than 1000 levels/],
  ];
  for (const [what, message, error] of refusals) {
    test(`a message that ${what} is refused`, () => {
      assert.throws(() => decode(message), { name: "DecodeError", message: error });
    });
  }

  test("nested headers that each announce millions of items allocate nothing for them", () => {
    const before = process.memoryUsage().heapUsed;
    assert.throws(() => decode(Buffer.concat(Array.from({ length: 900 }, () => Buffer.from("dd00ffffff", "hex")))));
    assert.ok(process.memoryUsage().heapUsed - before < 10_000_000);
  });

  test("bytes at random are a packet or a DecodeError", () => {
    const random = fc.uint8Array({ maxLength: 200 });
    const mutated = fc.tuple(fc.nat(60), fc.nat(255)).map(([at, byte]) => {
      const message = Buffer.from(encode({ list: [1, "two", { three: 3 }], bytes: Buffer.alloc(8) }));
      message[at % message.length] = byte;
      return message;
    });
    fc.assert(
      fc.property(fc.oneof(random, mutated), (message) => {
        try {
          decode(message);
        } catch (error) {
          assert.equal((error as Error).name, "DecodeError");
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a nesting of 990 levels is taken", () => {
    let value: unknown = 1;
    for (let level = 0; level < 990; level++) value = [value];
    assert.deepEqual(roundTrip(value), value);
  });
});
