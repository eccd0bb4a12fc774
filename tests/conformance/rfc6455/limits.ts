import { binary, continuation, text } from "../../support/raw-frames.ts";
import { fine, refused, type Case } from "./case.ts";

const small = { maxBytes: 1000 };

/** A message in fragments of that size. */
function fragments(opcode: "text" | "binary", total: number, size: number): Buffer[] {
  const make = opcode === "text" ? text : binary;
  return Array.from({ length: Math.ceil(total / size) }, (_, at) => {
    const payload = Buffer.alloc(Math.min(size, total - at * size), "y");
    const more = { fin: (at + 1) * size >= total };
    return at === 0 ? make(payload, more) : continuation(payload, more);
  });
}

export const limitCases: readonly Case[] = [
  ...[2 ** 16, 2 ** 18, 2 ** 20].flatMap((length) => {
    const payload = Buffer.alloc(length, "y");
    const answers = { text: [`text ${payload.toString()}`], binary: [`binary ${payload.toString("hex")}`] };
    return [
      fine("9", `text of ${length} bytes`, [text(payload)], answers.text),
      fine("9", `${length} bytes`, [binary(payload)], answers.binary),
      ...[1024, 4096, 65_536]
        .filter((size) => size <= length)
        .flatMap((size) => [
          fine("9", `text of ${length} bytes in fragments of ${size}`, fragments("text", length, size), answers.text),
          fine("9", `${length} bytes in fragments of ${size}`, fragments("binary", length, size), answers.binary),
        ]),
    ];
  }),
  fine(
    "9",
    "500 messages",
    Array.from({ length: 500 }, (_, at) => text(`${at}`)),
    Array.from({ length: 500 }, (_, at) => `text ${at}`),
  ),
  fine("9", "a message of exactly the limit", [text("z".repeat(1000))], [`text ${"z".repeat(1000)}`], small),
  refused("9", "a message one byte above the limit", [text("z".repeat(1001))], 1009, [], small),
  refused("9", "bytes above the limit", [binary(Buffer.alloc(2000))], 1009, [], small),
  fine("9", "fragments of exactly the limit", fragments("text", 1000, 100), [`text ${"y".repeat(1000)}`], small),
  refused("9", "fragments one byte above the limit", fragments("text", 1001, 100), 1009, [], small),
  refused("9", "too much that is only announced", [binary(Buffer.alloc(0), { length: 1001 })], 1009, [], small),
  refused("9", "2^31 bytes announced", [binary(Buffer.alloc(0), { length: 2 ** 31 })], 1009, [], small),
  refused("9", "2^53 bytes announced", [binary(Buffer.alloc(0), { length: 2n ** 53n })], 1009, [], small),
  refused("9", "2^63 bytes announced", [binary(Buffer.alloc(0), { length: 2n ** 63n })], 1009, [], small),
  fine(
    "9",
    "the limit holds for one message, not for all",
    [text("z".repeat(900)), text("z".repeat(900))],
    Array.from({ length: 2 }, () => `text ${"z".repeat(900)}`),
    small,
  ),
];
