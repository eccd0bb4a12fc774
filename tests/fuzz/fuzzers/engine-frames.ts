import assert from "node:assert/strict";
import { encodeFrame, FrameDecoder } from "engine.io-parser/session";
import fc from "fast-check";
import type { Packet } from "../../../packages/engine.io-parser/src/packet.ts";
import { bytes, changedBytes, changes, cuts, split, text, type Change } from "../arbitraries.ts";
import type { Fuzzer } from "../fuzzer.ts";

/** Makes what reads the frames of one WebTransport stream. */
export type MakeDecoder = (
  maxPayload: number,
  onPacket: (packet: Packet) => void,
) => { receive(chunk: Uint8Array): void };

interface Input {
  readonly messages: readonly (string | Buffer)[];
  readonly changes: readonly Change<Buffer>[];
  readonly cuts: readonly number[];
}

/** Larger than most of the messages, and smaller than some. */
const MAX_PAYLOAD = 200;

/** The length-prefixed frames of a WebTransport stream. */
export function engineFrames(
  make: MakeDecoder = (maxPayload, onPacket) => new FrameDecoder(maxPayload, undefined, onPacket),
): Fuzzer<Input> {
  return {
    name: "engine-frames",
    inputs: fc.record({
      messages: fc.array(fc.oneof(text(60), bytes(220)), { maxLength: 6 }),
      changes: changes(bytes(3), 3),
      cuts,
    }),
    start: () => ({ feed: (input) => feed(make, input) }),
  };
}

function feed(make: MakeDecoder, { messages, changes: list, cuts: places }: Input): void {
  const packets = messages.map((data): Packet => (data === "" ? { type: "message" } : { type: "message", data }));
  const stream = streamOf(packets);
  const whole = read(make, [stream]);
  const tooLarge = packets.findIndex(({ data }) => sizeOf(data as string | Buffer | undefined) > MAX_PAYLOAD);
  const expected = tooLarge === -1 ? packets : packets.slice(0, tooLarge);
  assert.deepEqual(whole.slice(0, expected.length), expected);
  assert.deepEqual(whole.slice(expected.length), tooLarge === -1 ? [] : [ERROR]);

  const other = changedBytes(stream, list);
  const packetsOfOther = read(make, [other]);
  assert.deepEqual(read(make, split(other, places)), packetsOfOther, "in parts it is something else");
  assert.deepEqual(read(make, split(other, [...other.keys()])), packetsOfOther, "byte by byte it is something else");
  const end = packetsOfOther.findIndex(({ type }) => type === "error");
  assert.ok(end === -1 || end === packetsOfOther.length - 1, "something was read after an error");
}

function streamOf(packets: readonly Packet[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const packet of packets) encodeFrame(packet, (header, payload) => parts.push(header, payload));
  return Buffer.concat(parts);
}

/** Of the frame: bytes as they are, text with its type, and no bytes as one character. */
function sizeOf(data: string | Buffer = ""): number {
  return typeof data === "string" ? 1 + Buffer.byteLength(data) : Math.max(1, data.length);
}

function read(make: MakeDecoder, chunks: readonly Uint8Array[]): Packet[] {
  const packets: Packet[] = [];
  const decoder = make(MAX_PAYLOAD, (packet) => packets.push(packet));
  for (const chunk of chunks) decoder.receive(Buffer.from(chunk));
  return packets;
}

const ERROR: Packet = { type: "error", data: "parser error" };
