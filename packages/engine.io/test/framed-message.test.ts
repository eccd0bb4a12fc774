import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeSharedFrame } from "engine.io-parser/websocket";
import { messageOf } from "../src/websocket/framed-message.ts";

describe("the message within a frame for many receivers", () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    test(`of ${length} bytes, as text and as bytes`, () => {
      const text = "x".repeat(length);
      const bytes = Buffer.alloc(length, 7);
      assert.deepEqual(messageOf(encodeSharedFrame(text)), { bytes: Buffer.from(text), isText: true, compress: false });
      assert.deepEqual(messageOf(encodeSharedFrame(bytes)), { bytes, isText: false, compress: false });
    });
  }

  test("in parts: as a whole", () => {
    const frame = [Buffer.of(0x81, 3), Buffer.from("a"), Buffer.from("bc")];
    assert.deepEqual(messageOf(frame), { bytes: Buffer.from("abc"), isText: true, compress: false });
  });

  test("is looked at once for all that ask one after the other", () => {
    const [frame, other] = [encodeSharedFrame("a"), encodeSharedFrame("a")];
    assert.equal(messageOf(frame), messageOf(frame));
    assert.notEqual(messageOf(frame), messageOf(other));
  });

  const none: readonly [what: string, bytes: readonly number[]][] = [
    ["nothing", []],
    ["half a header", [0x81]],
    ["half a long header", [0x81, 126, 0]],
    ["half a very long header", [0x81, 127, 0, 0, 0, 0]],
    ["a part of a message", [0x01, 1, 97]],
    ["the rest of a message", [0x80, 1, 97]],
    ["a ping", [0x89, 1, 97]],
    ["compressed", [0xc1, 1, 97]],
    ["masked", [0x81, 0x81, 0, 0, 0, 0, 97]],
    ["shorter than it says", [0x81, 2, 97]],
    ["two frames", [0x81, 1, 97, 0x81, 1, 97]],
  ];
  for (const [what, bytes] of none) {
    test(`${what}: none`, () => {
      assert.equal(messageOf([Buffer.from(bytes)]), null);
    });
  }
});
