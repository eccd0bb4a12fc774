import assert from "node:assert/strict";
import { Encoder, type Packet } from "socket.io-parser";
import { readVectors, type Vector } from "./files.ts";
import type { Outcome } from "./packet-level.ts";
import { untag } from "./tagged-values.ts";

/**
 * Packets of protocol 4 and the parser of protocol 5, which is the one that servers of Socket.IO 3 and 4 read and write
 * both with (protocols.md 4.2). What the two parsers tell apart is made alike here, or named.
 *
 * @param decode runs a vector of protocol 5
 */
export function protocol4(vector: Vector, decode: (vector: Vector) => Outcome): Outcome {
  return vector.op === "encode" ? encode(vector) : decode(expectationOf(vector));
}

/** A vector with the result that a server of Socket.IO 4 has: the same packets, or a refusal. */
function expectationOf(vector: Vector): Vector {
  if (vector["sameAsV5"] === true) return vector;
  const twin = inProtocol5.get(JSON.stringify(vector["chunks"]));
  assert.ok(twin, "recorded with both parsers");
  // Reserved names, unknown types, payloads of other kinds: taken by a server of 2.x, refused since.
  if (twin["error"] !== undefined && vector["error"] === undefined) return twin;
  return { ...vector, packets: (vector["packets"] as Record<string, unknown>[]).map(withoutBinaryType) };
}

/** Attachments are part of the type in protocol 4 only. */
function withoutBinaryType(given: Record<string, unknown>): Record<string, unknown> {
  const { attachments: _, ...packet } = given;
  const type = packet["type"] as number;
  return { ...packet, type: type >= BINARY_EVENT ? type - 3 : type };
}

function encode(vector: Vector): Outcome {
  const encoder = new Encoder();
  if (vector.name === "encode circular") {
    const data: unknown[] = ["a"];
    data.push(data);
    assert.throws(() => encoder.encode({ type: 2, nsp: "/", data }), TypeError);
    return "as recorded";
  }
  const packet = withoutBinaryType(untag(vector["packet"]) as Record<string, unknown>);
  const expected = ENCODED_OTHERWISE[vector.name] ?? untag(vector["encoded"]);
  assert.deepEqual(encoder.encode(packet as unknown as Packet), expected);
  return "as recorded";
}

/** In protocol 4 the caller says whether there is something binary, in protocol 5 the encoder looks (protocols.md 4.1). */
const ENCODED_OTHERWISE: Readonly<Record<string, unknown[]>> = {
  "encode EVENT with Buffer but type 2": ['51-["a",{"_placeholder":true,"num":0}]', Buffer.from([1])],
  "encode BINARY_EVENT without binary": ['2["a"]'],
};

const BINARY_EVENT = 5;

const inProtocol5 = new Map(
  readVectors("socketio-v5-decode").vectors.map((vector) => [JSON.stringify(vector["chunks"]), vector]),
);
