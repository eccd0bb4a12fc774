import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import * as parser from "engine.io-parser";
import {
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  type BinaryType,
  type Packet,
  type PacketType,
  type RawData,
} from "engine.io-parser";

const ERROR = { type: "error", data: "parser error" };

function encodeNow(packet: Packet, supportsBinary: boolean): unknown {
  const results: unknown[] = [];
  encodePacket(packet, supportsBinary, (encoded) => results.push(encoded));
  assert.equal(results.length, 1, "called back exactly once, before returning");
  return results[0];
}

// Rows E-93 and T-5.
test("the package exports its seven names, and protocol is 4", () => {
  const names = ["createPacketDecoderStream", "createPacketEncoderStream", "decodePacket", "decodePayload"];
  assert.deepEqual(Object.keys(parser).sort(), [...names, "encodePacket", "encodePayload", "protocol"]);
  assert.equal(parser.protocol, 4);
});

test("the package exports its four types", () => {
  // The compiler says so: a name that is missing is an error of this file.
  const type: PacketType = "message";
  const data: RawData = "x";
  const binaryType: BinaryType = "nodebuffer";
  const packet: Packet = { type, data };
  assert.deepEqual(decodePacket("4x", binaryType), packet);
});

// Row E-94.
test("import and require give the same functions", async () => {
  const imported = await import("engine.io-parser");
  const required = createRequire(import.meta.url)("engine.io-parser") as typeof parser;
  for (const name of Object.keys(required) as (keyof typeof parser)[])
    assert.equal(imported[name], required[name], name);
});

// Row E-95.
describe("encodePacket", () => {
  test("writes the digit of the type and the data", () => {
    const types: PacketType[] = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
    types.forEach((type, digit) => {
      assert.equal(encodeNow({ type }, true), String(digit));
      assert.equal(encodeNow({ type, data: "x" }, true), `${digit}x`);
    });
  });

  test("hands on bytes as they are where the transport carries them, whatever they are", () => {
    for (const data of [Buffer.from("a"), new ArrayBuffer(2), new Uint16Array(3), new DataView(new ArrayBuffer(1))]) {
      assert.equal(encodeNow({ type: "message", data }, true), data);
    }
  });

  test("writes 'b' and base64 where the transport carries text only, of exactly the bytes of a view", () => {
    const bytes = Uint8Array.from([9, 1, 2, 3, 9]);
    assert.equal(encodeNow({ type: "message", data: bytes.subarray(1, 4) }, false), "bAQID");
    assert.equal(encodeNow({ type: "message", data: bytes.buffer }, false), "bCQECAwk=");
    assert.equal(encodeNow({ type: "message", data: new DataView(bytes.buffer, 1, 2) }, false), "bAQI=");
  });

  test("a Blob is read first, and calls back later", async () => {
    const data = new Blob(["hello"]);
    const asText = await new Promise((resolve) => encodePacket({ type: "message", data }, false, resolve));
    assert.equal(asText, "baGVsbG8=");
    const asBytes = await new Promise((resolve) => encodePacket({ type: "message", data }, true, resolve));
    assert.deepEqual(asBytes, Buffer.from("hello"));
  });

  test("a Blob that can't be read is sent as no bytes, so that nobody waits for it for ever", async () => {
    const data = new Blob(["x"]);
    data.arrayBuffer = () => Promise.reject(new Error("the file is gone"));
    assert.equal(await new Promise((resolve) => encodePacket({ type: "message", data }, false, resolve)), "b");
  });
});

// Row E-96.
describe("decodePacket", () => {
  test("bytes are a message: a Buffer over the same memory unless an ArrayBuffer is asked for", () => {
    const bytes = Uint8Array.from([1, 2, 3]);
    const packet = decodePacket(bytes);
    assert.ok(Buffer.isBuffer(packet.data));
    assert.equal(packet.data.buffer, bytes.buffer);
    const buffer = Buffer.from("same");
    assert.equal(decodePacket(buffer, "nodebuffer").data, buffer);
    assert.deepEqual(decodePacket(new ArrayBuffer(2)).data, Buffer.alloc(2));
  });

  test("an ArrayBuffer that is asked for holds the bytes of the packet and no others", () => {
    const pooled = Buffer.from("pooled");
    assert.notEqual(pooled.buffer.byteLength, pooled.length);
    const packet = decodePacket(pooled, "arraybuffer");
    assert.ok(packet.data instanceof ArrayBuffer);
    assert.equal(Buffer.from(packet.data).toString(), "pooled");
    const own = new ArrayBuffer(3);
    assert.equal(decodePacket(own, "arraybuffer").data, own);
    assert.deepEqual(decodePacket("bAQID", "arraybuffer").data, Uint8Array.from([1, 2, 3]).buffer);
  });

  test("text gives the type of its digit, and no data key when there is none", () => {
    assert.deepEqual(decodePacket("4"), { type: "message" });
    assert.equal("data" in decodePacket("2"), false);
    assert.deepEqual(decodePacket("2probe"), { type: "ping", data: "probe" });
  });

  test("what is no packet gives the error packet and throws nothing", () => {
    for (const encoded of ["", "7", "x", "/", ":", " 4", "\u0664", "__proto__", undefined, null, 4, {}, true]) {
      assert.deepEqual(decodePacket(encoded), ERROR, typeof encoded);
    }
  });
});

// Row E-97.
describe("payloads", () => {
  test("packets are joined by the record separator, bytes always as base64", () => {
    const bodies: string[] = [];
    encodePayload(
      [{ type: "message", data: "a" }, { type: "message", data: Buffer.from([1]) }, { type: "close" }],
      (body) => bodies.push(body),
    );
    assert.deepEqual(bodies, ["4a\x1ebAQ==\x1e1"]);
  });

  test("Blobs among the packets keep their places", async () => {
    const blob = (text: string): Packet => ({ type: "message", data: new Blob([text]) });
    const packets: Packet[] = [{ type: "message", data: "first" }, blob("a"), { type: "ping" }, blob("b"), blob("c")];
    const body = await new Promise((resolve) => encodePayload(packets, resolve));
    assert.equal(body, "4first\x1ebYQ==\x1e2\x1ebYg==\x1ebYw==");
    assert.equal(await new Promise((resolve) => encodePayload([blob("a")], resolve)), "bYQ==");
  });

  test("decoding stops after the first error packet, which is included", () => {
    assert.deepEqual(decodePayload("4a\x1ex\x1e4b"), [{ type: "message", data: "a" }, ERROR]);
  });

  test("decoding gives bytes in the form that is asked for", () => {
    const [packet] = decodePayload("bAQID", "arraybuffer");
    assert.ok(packet!.data instanceof ArrayBuffer);
  });

  test("a payload of more packets than allowed ends with an error packet", () => {
    assert.equal(decodePayload("4\x1e4\x1e4", undefined, 3).at(-1)!.type, "message");
    assert.deepEqual(decodePayload("4a\x1e4b\x1e4c\x1e4d", undefined, 2), [
      { type: "message", data: "a" },
      { type: "message", data: "b" },
      ERROR,
    ]);
  });

  test("half a million tiny packets are decoded, or refused at the limit", () => {
    const body = "4\x1e".repeat(499_999) + "4";
    assert.equal(decodePayload(body).length, 500_000);
    assert.equal(decodePayload(body, undefined, 1000).length, 1001);
  });
});
