import { binary, close, continuation, frame, ping, text } from "../../support/raw-frames.ts";
import { eachDelivery, fine, refused, type Case } from "./case.ts";

const HANDSHAKE = { expected: ["close 1000", "end"] };

/** The client's close frame is the last that counts; it is echoed. */
function echoed(title: string, frames: readonly Buffer[], answer: string): Case {
  return { ...fine("7", title, [], []), frames, expected: [answer, "end"] };
}

/** Codes that either side may send (RFC 6455, 7.4, and those registered since). */
export const SENDABLE_CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const WRONG_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32_768, 65_535];

export const closingCases: readonly Case[] = [
  ...eachDelivery((more) => fine("7", "a message, then the end", [text("a")], ["text a"], more)),
  ...[
    close(1000),
    text("late"),
    binary(Buffer.from([1])),
    ping("late"),
    continuation("late"),
    text("a", { rsv: 7 }),
  ].map((late, at) => ({
    ...echoed(`something after the close frame (${at})`, [close(1000), late], "close 1000"),
    ...HANDSHAKE,
  })),
  echoed(
    "a close frame within a fragmented message",
    [text("a", { fin: false }), close(1000), continuation("b")],
    "close 1000",
  ),
  echoed("a close frame without a code", [close()], "close"),
  echoed(
    "a close frame without a code, byte by byte",
    [...close()].map((byte) => Buffer.from([byte])),
    "close",
  ),
  refused("7", "a close frame of one byte", [frame({ opcode: 8, payload: "a" })], 1002),
  echoed("a reason", [close(1000, "Hello World!")], "close 1000 Hello World!"),
  echoed("a reason beyond ASCII", [close(1000, "Grüße")], "close 1000 Grüße"),
  echoed("a reason of 123 bytes", [close(1000, "*".repeat(123))], `close 1000 ${"*".repeat(123)}`),
  refused("7", "a reason of 124 bytes", [close(1000, "*".repeat(124))], 1002),
  refused("7", "a reason that is not UTF-8", [close(1000, Buffer.from("cebaed80ed", "hex"))], 1007),
  refused("7", "a reason that ends within a character", [close(1000, Buffer.from("e282", "hex"))], 1007),
  ...SENDABLE_CODES.map((code) => echoed(`code ${code}`, [close(code)], `close ${code}`)),
  ...SENDABLE_CODES.map((code) => echoed(`code ${code} with a reason`, [close(code, "why")], `close ${code} why`)),
  ...WRONG_CODES.flatMap((code) => [
    refused("7", `code ${code}`, [close(code)], 1002),
    refused("7", `code ${code} with a reason`, [close(code, "why")], 1002),
  ]),
];
