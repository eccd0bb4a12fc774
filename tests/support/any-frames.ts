import fc from "fast-check";
import { binary, frame, ping, text } from "./raw-frames.ts";

/** What a client may send for one message or ping: a frame, or several for a message in fragments. */
export const anyFrame: fc.Arbitrary<Buffer[]> = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 200 }).map((payload) => [text(payload)]),
  fc.uint8Array({ maxLength: 400 }).map((payload) => [binary(Buffer.from(payload))]),
  fc.uint8Array({ maxLength: 125 }).map((payload) => [ping(Buffer.from(payload))]),
  fc
    .array(fc.uint8Array({ maxLength: 150 }), { minLength: 2, maxLength: 5 })
    .map((parts) =>
      parts.map((part, at) =>
        frame({ opcode: at === 0 ? 2 : 0, fin: at === parts.length - 1, payload: Buffer.from(part) }),
      ),
    ),
);
