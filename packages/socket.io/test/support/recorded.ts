import { readFileSync } from "node:fs";
import type { FakeConnection } from "./fake-engine.ts";

/** What upstream's server did over a WebSocket: frames in, frames and events out (tests/vectors/README.md). */
export interface Recorded {
  name: string;
  sent?: (string | { bin: string })[];
  connectReply?: unknown[];
  got: unknown[];
  server?: unknown[][];
}

export const recorded: readonly Recorded[] = (
  JSON.parse(readFileSync(new URL("../../../../tests/vectors/socketio-server.json", import.meta.url), "utf8")) as {
    vectors: Recorded[];
  }
).vectors;

/** What the server has written since the last call, as frames of revision 4. */
export function framesOf(peer: FakeConnection): unknown[] {
  const got: unknown[] = peer
    .take()
    .map((message) =>
      typeof message === "string"
        ? `4${message.replace(/"sid":"[\w-]{20}"/, '"sid":"<sid>"')}`
        : { bin: bytesOf(message).toString("hex") },
    );
  return peer.readyState === "closed" ? [...got, { close: null }] : got;
}

/** A value as it stands in the recording. */
export function shown(value: unknown): unknown {
  return Buffer.isBuffer(value) ? { bin: value.toString("hex") } : value;
}

function bytesOf(message: Buffer | ArrayBuffer | ArrayBufferView): Buffer {
  if (message instanceof ArrayBuffer) return Buffer.from(message);
  return Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}
