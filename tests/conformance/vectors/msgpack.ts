import assert from "node:assert/strict";
import { Decoder, Encoder } from "socket.io-msgpack-parser";
import type { Packet } from "socket.io-parser";
import type { Vector } from "./files.ts";
import { untag } from "./tagged-values.ts";

/** Texts of JavaScript itself or of upstream's codec; what matters is that the message is refused. */
const CODEC_ERROR = /^(Could not parse|-?\d+ trailing bytes|Cannot read properties of null)/;

/** Runs one vector of socket.io-msgpack-parser. */
export function msgpackMessage(vector: Vector): "as recorded" | "refused" {
  if (vector.op === "encode") {
    assert.deepEqual(new Encoder().encode(untag(vector["packet"]) as Packet), untag(vector["encoded"]));
    return "as recorded";
  }
  const { error } = vector as { error?: string };
  const decoder = new Decoder();
  const packets: Packet[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  try {
    decoder.add(untag(vector["encoded"]));
  } catch (failure) {
    if (error === undefined) return "refused";
    const { message } = failure as Error;
    if (!(CODEC_ERROR.test(error) && /^Could not parse|trailing bytes|invalid packet type/.test(message))) {
      assert.equal(message, error);
    }
    return "as recorded";
  }
  assert.equal(error, undefined, "was accepted");
  assert.deepEqual(packets, [untag(vector["packet"])]);
  return "as recorded";
}
