import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createPacketDecoderStream, createPacketEncoderStream, type BinaryType, type Packet } from "engine.io-parser";
import { throughStream } from "../../../tests/support/through-stream.ts";

const peers = createRequire(new URL("../../../peers/package.json", import.meta.url));
const upstream = createRequire(peers.resolve("engine.io"))("engine.io-parser") as {
  createPacketDecoderStream: typeof createPacketDecoderStream;
};

const ERROR = { type: "error", data: "parser error" };
const LIMIT = 1_000_000;

async function encode(packets: readonly Packet[]): Promise<Buffer> {
  return Buffer.concat((await throughStream(createPacketEncoderStream(), packets)) as Uint8Array[]);
}

function decode(chunks: readonly Uint8Array[], maxPayload = LIMIT, binaryType?: BinaryType): Promise<unknown[]> {
  return throughStream(createPacketDecoderStream(maxPayload, binaryType), chunks);
}

/** Cuts `bytes` at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end));
}

// Row E-98.
describe("frames of a WebTransport stream", () => {
  test("headers have 1, 3 or 9 bytes, and the top bit marks binary", async () => {
    for (const [length, header] of [
      [1, "81"],
      [125, "fd"],
      [126, "fe007e"],
      [65_535, "feffff"],
      [65_536, "ff0000000000010000"],
    ] as const) {
      const bytes = await encode([{ type: "message", data: Buffer.alloc(length) }]);
      assert.equal(bytes.toString("hex", 0, header.length / 2), header);
      assert.equal(bytes.length, header.length / 2 + length);
    }
    assert.equal((await encode([{ type: "message", data: "é" }])).toString("hex"), "0334c3a9");
  });

  test("packets come out as they went in, however the bytes are cut", async () => {
    const packet = fc.oneof(
      fc.constantFrom<Packet>({ type: "ping" }, { type: "pong", data: "probe" }, { type: "upgrade" }, { type: "open" }),
      fc.string({ unit: "grapheme", minLength: 1 }).map((data): Packet => ({ type: "message", data })),
      fc.uint8Array({ maxLength: 300 }).map((bytes): Packet => ({ type: "message", data: Buffer.from(bytes) })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 8 }), fc.array(fc.nat(3000)), async (packets, places) => {
        assert.deepEqual(await decode(cut(await encode(packets), places)), packets);
      }),
      { seed: 98, numRuns: 200 },
    );
  });

  test("a long frame that arrives byte by byte comes out whole", async () => {
    const data = Buffer.from(Array.from({ length: 40_000 }, (_, at) => at & 0xff));
    const bytes = await encode([{ type: "message", data }, { type: "ping" }]);
    const packets = await decode(Array.from(bytes, (byte) => Uint8Array.of(byte)));
    assert.deepEqual(packets, [{ type: "message", data }, { type: "ping" }]);
  });

  test("an empty message of bytes arrives as one, at our decoder and at upstream's", async () => {
    const bytes = await encode([
      { type: "message", data: Buffer.alloc(0) },
      { type: "message", data: "next" },
    ]);
    const expected = [
      { type: "message", data: Buffer.alloc(0) },
      { type: "message", data: "next" },
    ];
    assert.deepEqual(await decode([bytes]), expected);
    assert.deepEqual(
      await throughStream(upstream.createPacketDecoderStream(LIMIT), [Uint8Array.from(bytes)]),
      expected,
    );
  });

  test("a Blob keeps its place among the packets", async () => {
    const bytes = await encode([{ type: "message", data: new Blob(["blob"]) }, { type: "ping" }]);
    assert.deepEqual(await decode([bytes]), [{ type: "message", data: Buffer.from("blob") }, { type: "ping" }]);
  });

  test("bytes come as an ArrayBuffer of exactly them, if asked for", async () => {
    const [packet] = (await decode([Uint8Array.of(0x82, 1, 2, 0x01, 0x32)], LIMIT, "arraybuffer")) as Packet[];
    assert.deepEqual(packet!.data, Uint8Array.of(1, 2).buffer);
  });

  test("what is decoded stays as it is when the chunk is used again", async () => {
    const chunk = Uint8Array.of(0x82, 1, 2);
    const [packet] = (await decode([chunk])) as Packet[];
    chunk.fill(9);
    assert.deepEqual(packet!.data, Buffer.from([1, 2]));
  });

  test("a length of zero, one above the limit or one above 2^53-1 gives the error packet, and nothing follows it", async () => {
    for (const header of [
      "00",
      "80",
      "0b",
      "8b",
      "7e000b",
      "7f000000000000000b",
      "7f0020000000000000",
      "ffffffffffffffffff",
    ]) {
      assert.deepEqual(await decode([Buffer.from(`${header}0132`, "hex")], 10), [ERROR], header);
    }
    assert.equal(((await decode([Buffer.from("0a34616161616161616161", "hex")], 10)) as Packet[])[0]!.type, "message");
  });

  test("nothing is read after a packet that can't be decoded", async () => {
    assert.deepEqual(await decode([Buffer.from("01320139", "hex"), Buffer.from("0132", "hex")]), [
      { type: "ping" },
      ERROR,
    ]);
  });

  test("a frame that announces a terabyte takes no memory before its bytes arrive", async () => {
    const announced = Buffer.from("ff0000010000000000", "hex");
    const before = process.memoryUsage().arrayBuffers;
    assert.deepEqual(await decode([announced, Buffer.alloc(100)], Infinity), []);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  });

  test("bytes at random give packets or the error packet, and throw nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), async (chunks) => {
        const packets = (await decode(chunks, 20)) as Packet[];
        const error = packets.findIndex((packet) => packet.type === "error");
        assert.ok(error === -1 || error === packets.length - 1);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
