import { createHash, hash } from "node:crypto";
import { writeRandomBytes } from "./random-bytes.js";

/** A `Sec-WebSocket-Key` (RFC 6455 section 4.1, 7). */
export function createKey(): string {
  const key = Buffer.allocUnsafe(16);
  writeRandomBytes(key, 0, key.length);
  return key.toString("base64");
}

/** The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 section 4.2.2). */
export function acceptKey(key: string): string {
  return sha1(key + GUID);
}

/** RFC 6455 section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** In base64. At once where the platform can: a Hash is a stream, made for one key. */
function sha1(text: string): string {
  // Not every platform has it that has the interface of Node.js.
  const atOnce = hash as typeof hash | undefined;
  return atOnce === undefined ? createHash("sha1").update(text).digest("base64") : atOnce("sha1", text, "base64");
}
