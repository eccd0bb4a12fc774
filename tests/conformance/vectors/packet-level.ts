import assert from "node:assert/strict";
import {
  createPacketDecoderStream,
  createPacketEncoderStream,
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  type Packet as EnginePacket,
} from "engine.io-parser";
import * as v3 from "engine.io-parser/v3";
import { Decoder, Encoder, type Packet as SocketPacket } from "socket.io-parser";
import { throughStream } from "../../support/through-stream.ts";
import type { Vector } from "./files.ts";
import { msgpackMessage } from "./msgpack.ts";
import { protocol4 } from "./protocol-4.ts";
import { isTagged, untag } from "./tagged-values.ts";

/** "refused": a decoder gave an error where the vector has a result. Everything else that differs throws. */
export type Outcome = "as recorded" | "refused";

/** Runs one vector against our packages. */
export type Runner = (vector: Vector) => Outcome | Promise<Outcome>;

/** The files whose formats are implemented. */
export const RUNNERS: Readonly<Record<string, Runner>> = {
  "engineio-v3-packet": oldPacket,
  "engineio-v3-payload": oldPayload,
  "engineio-v4-packet": enginePacket,
  "engineio-v4-payload": enginePayload,
  "engineio-v4-webtransport": engineStream,
  "msgpack-parser": msgpackMessage,
  "socketio-v4-parser": (vector) => protocol4(vector, socketDecode),
  "socketio-v5-encode": socketEncode,
  "socketio-v5-decode": socketDecode,
};

function enginePacket(vector: Vector): Outcome {
  if (vector.op === "decode")
    return comparePackets([decodePacket(untag(vector["encoded"]))], [untag(vector["packet"])]);
  let encoded: unknown;
  encodePacket(untag(vector["packet"]) as EnginePacket, vector["supportsBinary"] as boolean, (result) => {
    encoded = result;
  });
  assert.deepEqual(encoded, untag(vector["encoded"]));
  return "as recorded";
}

function enginePayload(vector: Vector): Outcome {
  const packets = untag(vector["packets"]) as EnginePacket[];
  if (vector.op === "decode") return comparePackets(decodePayload(vector["encoded"] as string), packets);
  const bodies: string[] = [];
  encodePayload(packets, (body) => bodies.push(body));
  assert.deepEqual(bodies, isTagged(vector["encoded"], "$never") ? [] : [vector["encoded"]]);
  return "as recorded";
}

function oldPacket(vector: Vector): Outcome {
  const given = untag(vector[vector.op === "decode" ? "encoded" : "packet"]);
  if (vector.op === "decode") {
    const packets = vector["utf8decode"] === true ? insideBinary(given as string) : [v3.decodePacket(given as string)];
    return comparePackets(packets, [untag(vector["packet"])]);
  }
  const packet = given as EnginePacket;
  const encoded =
    vector["utf8encode"] === true
      ? textInsideBinary(packet)
      : v3.encodePacket(packet, vector["supportsBinary"] as boolean);
  assert.deepEqual(encoded, untag(vector["encoded"]));
  return "as recorded";
}

function oldPayload(vector: Vector): Outcome {
  const packets = untag(vector["packets"]) as EnginePacket[];
  const encoded = untag(vector["encoded"]) as string | Buffer;
  if (vector.op === "decode") return comparePackets(v3.decodePayload(encoded), packets);
  assert.deepEqual(v3.encodePayload(packets, vector["supportsBinary"] as boolean), encoded);
  return "as recorded";
}

/** What is recorded with a flag, text whose characters stand for UTF-8 bytes, only exists inside binary payloads. */
function insideBinary(utf8: string): EnginePacket[] {
  const head = [0, ...String(utf8.length).split("").map(Number), 0xff];
  return v3.decodePayload(Buffer.concat([Buffer.from(head), Buffer.from(utf8, "latin1")]));
}

function textInsideBinary(packet: EnginePacket): string {
  const payload = v3.encodePayload([packet, { type: "message", data: Buffer.alloc(0) }], true) as Buffer;
  const end = payload.indexOf(0xff);
  return payload.toString("latin1", end + 1, end + 1 + Number([...payload.subarray(1, end)].join("")));
}

async function engineStream(vector: Vector): Promise<Outcome> {
  const packets = untag(vector["packets"]) as EnginePacket[];
  if (vector.op === "decode") {
    const chunks = (vector["chunks"] as string[]).map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
    const decoded = await throughStream(createPacketDecoderStream(vector["maxPayload"] as number), chunks);
    return comparePackets(decoded as EnginePacket[], packets);
  }
  const chunks = (await throughStream(createPacketEncoderStream(), packets)) as Uint8Array[];
  assert.deepEqual(
    chunks.map((chunk) => chunk.length),
    vector["chunkLengths"],
  );
  const bytes = Buffer.concat(chunks);
  const expected = vector["bytes"] as string | { length: number; headHex: string };
  if (typeof expected === "string") {
    assert.equal(bytes.toString("hex"), expected);
  } else {
    assert.equal(bytes.length, expected.length);
    assert.equal(bytes.toString("hex", 0, expected.headHex.length / 2), expected.headHex);
  }
  return "as recorded";
}

function socketEncode(vector: Vector): Outcome {
  const encoder = new Encoder();
  const { error } = vector as { error?: string };
  if (error !== undefined) {
    const data: unknown[] = ["a"];
    data.push(data);
    assert.throws(() => encoder.encode({ type: 2, nsp: "/", data }), TypeError);
  } else {
    assert.deepEqual(encoder.encode(untag(vector["packet"]) as SocketPacket), untag(vector["encoded"]));
  }
  return "as recorded";
}

function socketDecode(vector: Vector): Outcome {
  const { error: expectedError, errorAtChunk } = vector as { error?: string; errorAtChunk?: number };
  const decoder = new Decoder(vector["options"] as { maxAttachments?: number } | undefined);
  const packets: SocketPacket[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  const chunks = untag(vector["chunks"]) as unknown[];
  let failure: Error | undefined;
  let at = 0;
  try {
    for (; at < chunks.length; at++) decoder.add(chunks[at]);
  } catch (error) {
    failure = error as Error;
  }
  if (failure !== undefined && expectedError === undefined) return "refused";
  assert.deepEqual(packets, untag(vector["packets"]));
  assert.equal(failure !== undefined, expectedError !== undefined, `error: ${failure?.message ?? "none"}`);
  if (failure === undefined) return "as recorded";
  assert.equal(at, errorAtChunk);
  // The one text that is the engine's own and not the parser's.
  if (failure instanceof TypeError) assert.match(expectedError!, /^Cannot read properties/);
  else assert.equal(failure.message, expectedError);
  return "as recorded";
}

function comparePackets(actual: EnginePacket[], expected: unknown[]): Outcome {
  try {
    assert.deepEqual(actual, expected);
    return "as recorded";
  } catch (difference) {
    if (actual.at(-1)?.type === "error") return "refused";
    throw difference;
  }
}
