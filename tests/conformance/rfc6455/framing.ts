import { binary, close, continuation, frame, ping, pong, text } from "../../support/raw-frames.ts";
import { eachDelivery, fine, refused, type Case } from "./case.ts";

const TEXT = (length: number): string => "*".repeat(length);
const BYTES = (length: number): Buffer => Buffer.alloc(length, 0xfe);
const hex = (bytes: Buffer): string => (bytes.length === 0 ? "" : ` ${bytes.toString("hex")}`);

const framing: Case[] = [0, 1, 124, 125, 126, 127, 128, 255, 65_535, 65_536].flatMap((length) => [
  fine("1", `text of ${length} bytes`, [text(TEXT(length))], [`text ${TEXT(length)}`]),
  fine("1", `${length} bytes`, [binary(BYTES(length))], [`binary${hex(BYTES(length))}`]),
]);
framing.push(
  ...eachDelivery((more) =>
    fine("1", "a short message, then a long one", [text("a"), text(TEXT(300))], ["text a", `text ${TEXT(300)}`], more),
  ),
  fine("1", "a mask of zeros", [text("abc", { mask: Buffer.alloc(4) })], ["text abc"]),
  refused("1", "text without a mask", [text("abc", { mask: null })], 1002),
  refused("1", "bytes without a mask", [binary(BYTES(3), { mask: null })], 1002),
  refused("1", "a ping without a mask", [ping("abc", { mask: null })], 1002),
  refused("1", "a close frame without a mask", [close(1000, "", { mask: null })], 1002),
  ...(
    [
      [5, 2],
      [125, 2],
      [5, 8],
      [200, 8],
      [65_535, 8],
    ] as const
  ).map(([length, lengthBytes]) =>
    refused(
      "1",
      `a length of ${length} written in ${lengthBytes} bytes`,
      [text(TEXT(length), { lengthBytes })],
      1002,
      [],
      {
        exception: { binding: "ws", expected: [`text ${TEXT(length)}`, "close 1000", "end"] },
      },
    ),
  ),
);

const PING_125 = BYTES(125);
const pings: Case[] = [
  ...eachDelivery((more) => fine("2", "an empty ping", [ping()], ["pong"], more)),
  ...eachDelivery((more) => fine("2", "a ping with text", [ping("Hello")], ["pong 48656c6c6f"], more)),
  ...eachDelivery((more) =>
    fine("2", "a ping with bytes", [ping(Buffer.from([0, 0xff, 0xfe]))], ["pong 00fffe"], more),
  ),
  ...eachDelivery((more) => fine("2", "a ping of 125 bytes", [ping(PING_125)], [`pong${hex(PING_125)}`], more)),
  ...eachDelivery((more) => refused("2", "a ping of 126 bytes", [ping(BYTES(126))], 1002, [], more)),
  fine("2", "an unasked pong", [pong()], []),
  fine("2", "an unasked pong with text", [pong("hi")], []),
  fine("2", "an unasked pong, then a ping", [pong("hi"), ping("yo")], ["pong 796f"]),
  refused("2", "a pong of 126 bytes", [pong(BYTES(126))], 1002),
  ...eachDelivery((more) =>
    fine(
      "2",
      "ten pings",
      Array.from({ length: 10 }, (_, at) => ping(`${at}`)),
      Array.from({ length: 10 }, (_, at) => `pong 3${at}`),
      more,
    ),
  ),
  ...eachDelivery((more) =>
    fine("2", "pings between messages", [text("a"), ping("b"), text("c")], ["text a", "pong 62", "text c"], more),
  ),
];

const reserved: Case[] = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [
  refused("3", `text with reserved bits ${rsv}`, [text("a", { rsv })], 1002),
  refused("3", `bytes with reserved bits ${rsv}, after a message`, [text("a"), binary(BYTES(1), { rsv })], 1002, [
    "text a",
  ]),
  refused("3", `a ping with reserved bits ${rsv}`, [ping("a", { rsv }), text("late")], 1002),
  refused("3", `a close frame with reserved bits ${rsv}, byte by byte`, [close(1000, "", { rsv })], 1002, [], {
    delivery: "bytes",
  }),
]);
reserved.push(
  refused("3", "a continuation with RSV1", [text("a", { fin: false }), continuation("b", { rsv: 4 })], 1002),
  refused("3", "the first of two fragments with RSV1", [text("a", { fin: false, rsv: 4 }), continuation("b")], 1002),
);

const opcodes: Case[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  refused("4", `opcode ${opcode}`, [frame({ opcode })], 1002),
  refused(
    "4",
    `opcode ${opcode} with a payload, between messages`,
    [text("a"), frame({ opcode, payload: "b" }), text("c")],
    1002,
    ["text a"],
  ),
]);

export const framingCases: readonly Case[] = [...framing, ...pings, ...reserved, ...opcodes];
