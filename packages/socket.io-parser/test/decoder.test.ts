import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Emitter } from "engine.io-parser/emitter";
import { Decoder, Encoder, isPacketValid, PacketType, type DecoderOptions } from "socket.io-parser";
import { decodeAll, startDecoder } from "./support/decoding.ts";

function refusal(chunks: readonly unknown[], options?: DecoderOptions): Error {
  const { decoder } = startDecoder(options);
  for (const chunk of chunks.slice(0, -1)) decoder.add(chunk);
  try {
    decoder.add(chunks.at(-1));
  } catch (error) {
    return error as Error;
  }
  throw new Error(`not refused: ${String(chunks.at(-1)).slice(0, 80)}`);
}

const ONE = '51-["a",{"_placeholder":true,"num":0}]';

// Rows.
describe("a decoder", () => {
  test("emits `decoded` with each packet that is complete, and is a component emitter", () => {
    const { decoder, packets } = startDecoder();
    assert.ok(decoder instanceof Emitter);
    decoder.add('2["a"]');
    assert.equal(packets.length, 1);
    decoder.add('52-["b",{"_placeholder":true,"num":1}]');
    decoder.add(Buffer.from("x"));
    assert.equal(packets.length, 1);
    assert.equal(decoder.isReconstructing, true);
    decoder.add(Buffer.from("y"));
    assert.deepEqual(packets[1], { type: PacketType.EVENT, nsp: "/", data: ["b", Buffer.from("y")] });
    assert.equal(decoder.isReconstructing, false);
  });

  test("takes a reviver, alone or among the options", () => {
    const reviver = (_key: string, value: unknown): unknown =>
      typeof value === "string" ? value.toUpperCase() : value;
    for (const options of [reviver, { reviver }]) {
      const decoder = new Decoder(options);
      const names: unknown[] = [];
      decoder.on("decoded", (packet) => names.push(packet.data));
      decoder.add('2["name","text"]');
      assert.deepEqual(names, [["NAME", "TEXT"]]);
    }
  });

  test("what a reviver throws, or makes of a payload, is an invalid payload", () => {
    const throwing = (): never => {
      throw new Error("from the reviver");
    };
    assert.equal(refusal(['2["a"]'], { reviver: throwing }).message, "invalid payload");
    assert.equal(refusal(['2["a"]'], { reviver: () => "no list" }).message, "invalid payload");
  });

  test("allows ten attachments unless told otherwise", () => {
    assert.deepEqual(decodeAll(['510-["a"]']), []);
    assert.equal(refusal(['511-["a"]']).message, "too many attachments");
    assert.equal(refusal(['53-["a"]'], { maxAttachments: 2 }).message, "too many attachments");
    startDecoder({ maxAttachments: 1000 }).decoder.add('51000-["a"]');
  });

  test("refuses attachments that are too large together, if there is a limit", () => {
    const head = '53-["a"]';
    const bytes = Buffer.alloc(40);
    assert.match(refusal([head, bytes, bytes, bytes], { maxAttachmentBytes: 100 }).message, /120 bytes .*\(100\)/);
    const { decoder, packets } = startDecoder({ maxAttachmentBytes: 100 });
    for (const chunk of ['52-["a"]', bytes, bytes, '52-["a"]', bytes, bytes]) decoder.add(chunk);
    assert.equal(packets.length, 2);
  });

  test("`destroy` forgets a half-received packet", () => {
    const { decoder, packets } = startDecoder();
    decoder.add(ONE);
    decoder.destroy();
    assert.throws(() => decoder.add(Buffer.from("x")), /when not reconstructing/);
    decoder.add('2["a"]');
    assert.equal(packets.length, 1);
  });

  test("forgets a half-received packet when a chunk is refused, and could go on", () => {
    const { decoder, packets } = startDecoder();
    for (const wrong of ['2["b"]', 5, {}, undefined]) {
      decoder.add(ONE);
      assert.throws(() => decoder.add(wrong));
      assert.equal(decoder.isReconstructing, false);
    }
    decoder.add(ONE);
    decoder.add(Buffer.from("x"));
    assert.equal(packets.length, 1);
  });

  test("has nothing left to do when a listener throws", () => {
    const decoder = new Decoder();
    decoder.on("decoded", () => {
      throw new Error("from a listener");
    });
    for (const chunks of [['2["a"]'], [ONE, Buffer.from("x")]]) {
      assert.throws(() => {
        for (const chunk of chunks) decoder.add(chunk);
      }, /from a listener/);
      assert.equal(decoder.isReconstructing, false);
    }
  });
});

// Row A-8.
describe("decoded packets", () => {
  test("have their own keys in the order type, nsp, id, data, and `attachments` is none of them", () => {
    const [withAll] = decodeAll(['51-/admin,7["a",{"_placeholder":true,"num":0}]', Buffer.from("x")]);
    assert.deepEqual(Object.keys(withAll!), ["type", "nsp", "id", "data"]);
    const [least] = decodeAll(["0"]);
    assert.deepEqual(Object.keys(least!), ["type", "nsp"]);
  });

  test("of a binary kind are reported as EVENT and ACK", () => {
    assert.equal(decodeAll([ONE, Buffer.from("x")])[0]!.type, PacketType.EVENT);
    assert.equal(decodeAll(['61-1[{"_placeholder":true,"num":0}]', Buffer.from("x")])[0]!.type, PacketType.ACK);
  });

  test("are in namespace / unless they name another, up to the comma or the end", () => {
    assert.equal(decodeAll(['2["a,/b"]'])[0]!.nsp, "/");
    assert.equal(decodeAll(['2/admin?x=1,["a"]'])[0]!.nsp, "/admin?x=1");
    assert.equal(decodeAll(["0/admin"])[0]!.nsp, "/admin");
  });

  test("hold the attachments where the placeholders were, in any order, several times or never", () => {
    const [packet] = decodeAll([
      '53-["a",{"_placeholder":true,"num":1},{"deep":[{"_placeholder":true,"num":0,"more":1}]},{"_placeholder":true,"num":1}]',
      Buffer.from("0"),
      new Uint8Array([1]).buffer,
      Buffer.from("2"),
    ]);
    const second = new Uint8Array([1]).buffer;
    assert.deepEqual(packet!.data, ["a", second, { deep: [Buffer.from("0")] }, second]);
  });

  test("leave what looks like a placeholder alone if no attachment was announced", () => {
    assert.deepEqual(decodeAll(['2["a",{"_placeholder":true,"num":0}]'])[0]!.data[1], { _placeholder: true, num: 0 });
  });
});

// Row A-9.
describe("what a decoder refuses, and with which words", () => {
  const cases: [message: string, of: string, inputs: readonly (readonly unknown[])[]][] = [
    ["unknown packet type 7", "a digit that is no type", [["7"], ['7["a"]']]],
    ["unknown packet type NaN", "no digit", [["x"], ["-1"], ["\u0662"], [":"], ["/admin"]]],
    ["Illegal attachments", "no count, or no dash after it", [["5"], ["51"], ['51["a"]'], ['5-["a"]']]],
    ["Illegal attachments", "a count of zero", [['50-["a"]'], ["60-1[]"], ['500000000000000001-["a"]']]],
    [
      "Illegal attachments",
      "a count that is a number but not in digits",
      ["1.5", "1.0", "1e0", "0x1", " 1", "+1", "-1", "Infinity"].map((count) => [`5${count}-["a"]`]),
    ],
    [
      "too many attachments",
      "a count above the limit, however long",
      [['511-["a"]'], [`5${"9".repeat(400)}-["a"]`], [`6${"9".repeat(400)}`]],
    ],
    [
      "got plaintext data when reconstructing a packet",
      "text in place of an attachment",
      [
        [ONE, '2["b"]'],
        [ONE, ""],
      ],
    ],
    [
      "got binary data when not reconstructing a packet",
      "an attachment that was not announced",
      [[Buffer.from("x")], [new ArrayBuffer(1)], [ONE, Buffer.from("x"), Buffer.from("y")]],
    ],
    ["Unknown type: 5", "a number", [[5]]],
    ["Unknown type: [object Object]", "an object", [[{}], [Object.create(null)], [{ base64: true, data: "AQ==" }]]],
    ["Unknown type: Symbol(x)", "a symbol", [[Symbol("x")]]],
  ];
  for (const [message, of, inputs] of cases) {
    test(`"${message}" for ${of}`, () => {
      for (const chunks of inputs) {
        const error = refusal(chunks);
        assert.equal(error.message, message);
        assert.equal(error.name, "DecodeError");
      }
    });
  }

  test('"illegal attachments" for a placeholder without an integer index among those announced', () => {
    for (const num of ["1", "-1", "0.5", "1e9", '"0"', '"splice"', "null", "true", "[0]", "{}"]) {
      const chunks = [`51-["a",{"_placeholder":true,"num":${num}}]`, Buffer.from("x")];
      assert.equal(refusal(chunks).message, "illegal attachments", num);
    }
    assert.equal(refusal(['51-["a",{"_placeholder":true}]', Buffer.from("x")]).message, "illegal attachments");
  });

  test("null and undefined throw a TypeError", () => {
    for (const chunk of [null, undefined]) assert.equal(refusal([chunk]).name, "TypeError");
  });

  test("an id that is no integer up to 2^53-1 in digits is an invalid payload", () => {
    assert.equal(decodeAll(['29007199254740991["a"]'])[0]!.id, Number.MAX_SAFE_INTEGER);
    for (const id of [
      "9007199254740992",
      "9".repeat(17),
      "9".repeat(400),
      " ",
      "1 2",
      "\n",
      "-1",
      "1.5",
      "0x1",
      "1e3",
    ]) {
      assert.equal(refusal([`2${id}["a"]`]).message, "invalid payload", id);
    }
  });
});

// Row: an EVENT without payload is refused.
describe("payloads", () => {
  const accepted: Record<string, readonly string[]> = {
    CONNECT: ["0", "0{}", '0{"a":1}'],
    DISCONNECT: ["1"],
    EVENT: ['2["a"]', "2[5]", '2["error"]', '2["connection"]', '2["__proto__"]', '2["a"] '],
    ACK: ["3", "31", "3[]", '3[null,{"a":1}]'],
    CONNECT_ERROR: ["4", '4"text"', "4{}", "45"],
  };
  const refused: Record<string, readonly string[]> = {
    CONNECT: ["0[]", "0null", '0"x"', "0true", "0{", "0{}{}"],
    DISCONNECT: ["1{}", "1[]", "1null"],
    EVENT: [
      "2",
      "27",
      "2/a,",
      "2[]",
      "2{}",
      "2null",
      '2"a"',
      "2[null]",
      "2[[]]",
      "2[{}]",
      "2[true]",
      '2["a"',
      '2["a"]x',
    ],
    ACK: ["3{}", '3"a"', "3null", "31[", "3 []"],
    CONNECT_ERROR: ["4[]", "4null", "4true"],
    BINARY_EVENT: ["51-", '51-{"_placeholder":true,"num":0}', '51-[{"_placeholder":true,"num":0}]', '51-["connect"]'],
    BINARY_ACK: ["61-", "61-7", "61-{}"],
  };

  for (const [type, texts] of Object.entries(accepted)) {
    test(`${type} accepts ${texts.join("  ")}`, () => {
      for (const text of texts) assert.equal(decodeAll([text]).length, 1, text);
    });
  }

  for (const [type, texts] of Object.entries(refused)) {
    test(`${type} refuses ${texts.join("  ")}`, () => {
      for (const text of texts) assert.equal(refusal([text]).message, "invalid payload", text);
    });
  }

  test("a reserved event name is an invalid payload", () => {
    for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
      assert.equal(refusal([`2["${name}"]`]).message, "invalid payload", name);
    }
  });

  test("the empty text is a CONNECT to /", () => {
    assert.deepEqual(decodeAll([""]), [{ type: PacketType.CONNECT, nsp: "/" }]);
  });
});

// Row A-11.
describe("isPacketValid", () => {
  test("wants a namespace, an integer id if any, and the payload of the type", () => {
    for (const packet of [
      { type: 0, nsp: "/" },
      { type: 0, nsp: "/", data: {} },
      { type: 1, nsp: "/" },
      { type: 2, nsp: "/", data: ["a", Buffer.alloc(1)] },
      { type: 2, nsp: "/", data: [1], id: 1 },
      { type: 3, nsp: "/", data: [] },
      { type: 4, nsp: "/", data: "x" },
      { type: 4, nsp: "/", data: {} },
    ]) {
      assert.equal(isPacketValid(packet), true, JSON.stringify(packet));
    }
    for (const packet of [
      { type: 0 },
      { type: 0, nsp: 1 },
      { type: 0, nsp: "/", data: [] },
      { type: 0, nsp: "/", data: null },
      { type: 0, nsp: "/", data: new Date() },
      { type: 1, nsp: "/", data: {} },
      { type: 2, nsp: "/" },
      { type: 2, nsp: "/", data: [] },
      { type: 2, nsp: "/", data: ["connect"] },
      { type: 2, nsp: "/", data: ["a"], id: 1.5 },
      { type: 2, nsp: "/", data: ["a"], id: null },
      { type: 3, nsp: "/" },
      { type: 4, nsp: "/" },
      { type: 5, nsp: "/", data: ["a"] },
      { type: 6, nsp: "/", data: [] },
      { type: 7, nsp: "/" },
    ]) {
      assert.equal(isPacketValid(packet), false, JSON.stringify(packet));
    }
  });

  test("what an encoder wrote of a valid packet, a decoder takes", () => {
    const packet = { type: PacketType.EVENT, nsp: "/a", id: 3, data: ["a", { b: 1 }] };
    assert.deepEqual(decodeAll(new Encoder().encode(packet)), [packet]);
  });
});
