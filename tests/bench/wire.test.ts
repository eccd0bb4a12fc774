import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { Decoder } from "socket.io-msgpack-parser";
import { FrameReader } from "../../bench/wire/frame-reader.ts";
import { BINARY, clientFrame, serverFrame } from "../../bench/wire/frames.ts";
import { body, FIRST_SEQ, msgpackRequests } from "../../bench/wire/messages.ts";
import { packed } from "../../bench/wire/msgpack.ts";
import { frame, MASK } from "../support/raw-frames.ts";

const PAYLOADS = ["", "40", "é".repeat(62), "x".repeat(125), "y".repeat(126), "z".repeat(16_500)];

describe("the frames that a bench feeds on", () => {
  test("are those of RFC 6455, with and without a mask, at every form of the length", () => {
    for (const payload of PAYLOADS) {
      assert.deepEqual(clientFrame(payload), frame({ opcode: 1, payload, mask: MASK }), `${payload.length}`);
      assert.deepEqual(serverFrame(payload), frame({ opcode: 1, payload, mask: null }), `${payload.length}`);
    }
    const bytes = Buffer.from([1, 2, 3]);
    assert.deepEqual(clientFrame(bytes), frame({ opcode: 2, payload: bytes, mask: MASK }));
    assert.deepEqual(serverFrame(bytes, BINARY), frame({ opcode: 2, payload: bytes, mask: null }));
  });

  test("are found again wherever the bytes are cut", () => {
    for (const make of [clientFrame, serverFrame]) {
      const all = Buffer.concat(PAYLOADS.map((payload) => make(payload)));
      for (const size of [1, 2, 3, 7, 130, 4096, all.length]) {
        const found: string[] = [];
        const reader = new FrameReader((opcode, bytes, from, to) => {
          assert.equal(opcode, 1);
          found.push(bytes.toString("utf8", from, to));
        });
        // Each a copy: masks are taken off in place.
        for (let at = 0; at < all.length; at += size) reader.push(Buffer.from(all.subarray(at, at + size)));
        assert.deepEqual(found, PAYLOADS, `${make.name} in pieces of ${size}`);
      }
    }
  });

  test("hold msgpack that both makers read", () => {
    const peers = createRequire(new URL("../../peers/package.json", import.meta.url));
    const theirs = peers("socket.io-msgpack-parser") as { Decoder: typeof Decoder };
    const packet = { type: 2, nsp: "/", id: 100, data: ["echo", body(FIRST_SEQ)] };
    for (const Parser of [Decoder, theirs.Decoder]) {
      const decoder = new Parser();
      const decoded: unknown[] = [];
      decoder.on("decoded", (one: unknown) => decoded.push(one));
      decoder.add(packed(packet));
      assert.deepEqual(decoded, [packet]);
    }
    const [request] = msgpackRequests(1);
    assert.deepEqual(request!.bytes, clientFrame(packed(packet)));
  });

  test("have bodies of the same length while their numbers count up", () => {
    const lengths = new Set([0, 1, 899, 8_999_999].map((more) => JSON.stringify(body(FIRST_SEQ + more)).length));
    assert.equal(lengths.size, 1);
  });
});
