import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Packet } from "engine.io-parser";
import { encodeFrame } from "engine.io-parser/session";
import { readFrames } from "../build/cjs/transports/frames.js";

function frames(...packets: Packet[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const packet of packets) encodeFrame(packet, (header, payload) => parts.push(header, payload));
  return new Uint8Array(Buffer.concat(parts));
}

/** What is read of these bytes, when they come in chunks of this size. */
async function read(bytes: Uint8Array, chunkBytes: number, maxPayload = 1e6): Promise<Packet[]> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += chunkBytes) controller.enqueue(bytes.slice(at, at + chunkBytes));
      controller.close();
    },
  });
  const packets: Packet[] = [];
  await readFrames(stream, maxPayload, "arraybuffer", (packet) => packets.push(packet));
  return packets;
}

const ERROR: Packet = { type: "error", data: "parser error" };

describe("frames that the client reads", () => {
  test("are the same however the stream is cut", async () => {
    const packets: Packet[] = [
      { type: "ping" },
      { type: "message", data: "é".repeat(125) },
      { type: "message", data: "x".repeat(70_000) },
      { type: "message", data: new Uint8Array([1, 2, 3]).buffer },
      { type: "close" },
    ];
    for (const size of [1, 2, 3, 127, 65_536, 1e6]) {
      assert.deepEqual(await read(frames(...packets), size), packets, `chunks of ${size} bytes`);
    }
  });

  test("that are empty or too long are an error packet, and nothing follows it", async () => {
    const next = frames({ type: "ping" });
    for (const header of [
      [0],
      [0x80],
      [11],
      [0x80 + 11],
      [126, 1, 0],
      [127, 0, 0, 1, 0, 0, 0, 0, 0],
      Array(9).fill(255),
    ]) {
      assert.deepEqual(await read(new Uint8Array([...header, ...next]), 100, 10), [ERROR], String(header));
    }
    const atLimit = await read(frames({ type: "message", data: "x".repeat(9) }, { type: "ping" }), 100, 10);
    assert.equal(atLimit.length, 2);
  });
});
