import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decoder, Encoder, PacketType } from "socket.io-parser";
import { decodeAll } from "./support/decoding.ts";

const refused = (chunks: readonly unknown[], message: string): void =>
  assert.throws(() => decodeAll(chunks), { name: "DecodeError", message });

const nested = (levels: number): string => `2["a",${"[".repeat(levels)}${"]".repeat(levels)}]`;

describe("a decoder against hostile peers", () => {
  test("is not held up by megabytes of digits, dashes or slashes", () => {
    const million = 1_000_000;
    refused([`5${"9".repeat(million)}-["a"]`], "too many attachments");
    refused([`5${"0".repeat(million)}1-["a"]`], "Illegal attachments");
    refused([`2${"1".repeat(million)}["a"]`], "invalid payload");
    refused([`2${"-".repeat(million)}`], "invalid payload");
    refused([`2/${"/".repeat(million)}`], "invalid payload");
    refused([`2["a${"\u0000".repeat(million)}"]`], "invalid payload");
  });

  test("refuses an announcement of zero attachments, so that it never waits for those that are not to come", () => {
    const decoder = new Decoder();
    assert.throws(() => decoder.add('50-["x"]'), { message: "Illegal attachments" });
    for (let at = 0; at < 100; at++) {
      assert.throws(() => decoder.add(Buffer.alloc(10)), {
        message: "got binary data when not reconstructing a packet",
      });
    }
  });

  test("keeps no more attachments than were announced", () => {
    const decoder = new Decoder();
    let packets = 0;
    decoder.on("decoded", () => packets++);
    decoder.add('52-["a"]');
    decoder.add(Buffer.alloc(1));
    decoder.add(Buffer.alloc(1));
    assert.equal(packets, 1);
    assert.throws(() => decoder.add(Buffer.alloc(1)), { message: "got binary data when not reconstructing a packet" });
  });

  test("refuses nesting that would fell whoever walks it, and what it accepts can be encoded again", () => {
    refused([nested(1001)], "invalid payload");
    refused([nested(400_000)], "invalid payload");
    refused([`2["a",${'{"a":['.repeat(500)}${"]}".repeat(500)}]`], "invalid payload");
    refused([`51-["a",${"[".repeat(100_000)}${"]".repeat(100_000)}]`, Buffer.alloc(1)], "invalid payload");
    const [packet] = decodeAll([nested(999)]);
    assert.equal(new Encoder().encode(packet!)[0], nested(999));
  });

  test("takes long lists that are not deep, whatever brackets their texts hold", () => {
    const rows = Array.from({ length: 5000 }, () => ({ text: "[{[{", list: [[]] }));
    assert.deepEqual(
      decodeAll([...new Encoder().encode({ type: PacketType.EVENT, nsp: "/", data: ["a", rows] })])[0]!.data[1],
      rows,
    );
  });

  test("a __proto__ in a payload stays a key, also with an attachment in its place", () => {
    const [plain] = decodeAll(['2["a",{"__proto__":{"polluted":true}}]']);
    assert.equal(Object.getPrototypeOf(plain!.data[1]), Object.prototype);
    assert.equal(plain!.data[1].polluted, undefined);
    const [binary] = decodeAll([
      '51-["a",{"__proto__":{"_placeholder":true,"num":0},"b":{"__proto__":{"c":1}}}]',
      Buffer.from("x"),
    ]);
    const received = binary!.data[1] as Record<string, object>;
    assert.equal(Object.getPrototypeOf(received), Object.prototype);
    assert.deepEqual(Object.getOwnPropertyDescriptor(received, "__proto__")!.value, Buffer.from("x"));
    assert.equal(Object.getPrototypeOf(received["b"]), Object.prototype);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  test("an event name that is no text or number never gets through", () => {
    for (const name of ["null", "true", "[]", "{}", '["a"]', '{"toString":1}', '{"_placeholder":true,"num":0}']) {
      refused([`2[${name}]`], "invalid payload");
      refused([`51-[${name}]`], "invalid payload");
    }
  });

  test("a million placeholders of one attachment refer to it and copy nothing", () => {
    const placeholder = '{"_placeholder":true,"num":0}';
    const bytes = Buffer.alloc(1000);
    const [packet] = decodeAll([`51-["a",${Array.from({ length: 100_000 }, () => placeholder).join(",")}]`, bytes]);
    assert.equal(packet!.data.length, 100_001);
    assert.equal(packet!.data[1], bytes);
    assert.equal(packet!.data[100_000], bytes);
  });
});
