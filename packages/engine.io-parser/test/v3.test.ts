import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodePacket, decodePayload, encodePacket, encodePayload, protocol } from "engine.io-parser/v3";
import type { Packet } from "engine.io-parser";

// What upstream's encoders and decoders give is in tests/conformance (engineio-v3-packet, engineio-v3-payload).
const ERROR = { type: "error", data: "parser error" };
const message = (data: unknown): Packet => ({ type: "message", data });

describe("revision 3", () => {
  test("says that it is 3", () => {
    assert.equal(protocol, 3);
  });

  test("takes exactly the bytes that a view shows, of every kind of view", () => {
    const { buffer } = Uint8Array.of(9, 1, 2, 9);
    for (const data of [Buffer.from([1, 2]), new Uint8Array(buffer, 1, 2), new DataView(buffer, 1, 2)]) {
      assert.deepEqual(encodePacket(message(data), true), Buffer.from([4, 1, 2]));
      assert.equal(encodePacket(message(data), false), "b4AQI=");
    }
    assert.deepEqual(encodePacket(message(buffer), true), Buffer.from([4, 9, 1, 2, 9]));
  });

  test("gives an ArrayBuffer of exactly the data where that is asked for", () => {
    const expected = Uint8Array.of(1, 2).buffer;
    assert.deepEqual(decodePacket(Buffer.from([4, 1, 2]), "arraybuffer").data, expected);
    assert.deepEqual(decodePacket("b4AQI=", "arraybuffer").data, expected);
  });

  test("what was encoded is decoded again, as text and as bytes", () => {
    const packets: Packet[] = [
      { type: "open", data: "{}" },
      message("\ufeffbegins with a byte order mark"),
      message(":1:4€😀\u001e\n"),
      { type: "ping", data: "probe" },
      message(Buffer.alloc(300, 0xff)),
      message(Buffer.alloc(0)),
      { type: "noop" },
    ];
    for (const supportsBinary of [true, false]) {
      const payload = encodePayload(packets, supportsBinary);
      assert.equal(typeof payload === "string", !supportsBinary);
      assert.deepEqual(decodePayload(payload), packets);
    }
  });

  test("a payload that ends anywhere but after a packet gives an error, and nothing after it", () => {
    const packets = [message("first"), message(Buffer.from([1, 2, 3])), message("last")];
    const ends: number[] = [];
    for (const supportsBinary of [true, false]) {
      const payload = encodePayload(packets, supportsBinary);
      for (let end = 1; end < payload.length; end++) {
        const decoded = decodePayload(payload.slice(0, end));
        const complete = decoded.filter(({ type }) => type !== "error");
        assert.deepEqual(complete, packets.slice(0, complete.length));
        assert.ok(decoded.length <= complete.length + 1);
        if (decoded.length > complete.length) assert.deepEqual(decoded.at(-1), ERROR);
        else ends.push(end);
      }
    }
    assert.equal(ends.length, 4, "two boundaries in each form");
  });

  test("lengths are read in the one form that encoders write", () => {
    for (const text of ["01:4", "00:", "+1:4", "1 :4", "1e0:4", "0x1:4", "\u0661:4", `${"9".repeat(400)}:4`]) {
      assert.deepEqual(decodePayload(text), [ERROR], text);
    }
    for (const hex of ["010001ff04", "0201ff04", "010aff0400", "0100ff", "0000ff", "01ff04", "01"]) {
      assert.deepEqual(decodePayload(Buffer.from(hex, "hex")), [ERROR], hex);
    }
  });

  test("a payload of more packets than allowed ends with an error in their place", () => {
    for (const payload of ["1:2".repeat(5), Buffer.from("0001ff32".repeat(5), "hex")]) {
      assert.deepEqual(decodePayload(payload, undefined, 2), [{ type: "ping" }, { type: "ping" }, ERROR]);
      assert.equal(decodePayload(payload, undefined, 5).at(-1)?.type, "ping");
    }
  });

  test("any bytes give packets or an error, never an exception", () => {
    let seed = 1;
    const next = (below: number): number => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % below;
    };
    const likely = [0, 1, 2, 4, 9, 0x30, 0x31, 0x34, 0x3a, 0x62, 0xe2, 0xff];
    for (let round = 0; round < 5_000; round++) {
      const bytes = Buffer.from(Array.from({ length: 1 + next(24) }, () => likely[next(likely.length)]!));
      for (const payload of [bytes, bytes.toString("latin1")]) {
        const decoded = decodePayload(payload);
        const at = decoded.findIndex(({ type }) => type === "error");
        assert.ok(at === -1 || at === decoded.length - 1);
      }
    }
  });
});
