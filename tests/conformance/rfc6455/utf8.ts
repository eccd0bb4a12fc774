import { continuation, text } from "../../support/raw-frames.ts";
import { fine, refused, type Case } from "./case.ts";

const KOSME = "ce ba e1 bd b9 cf 83 ce bc ce b5";

/** Sequences of bytes in hex, after the groups of Markus Kuhn's stress test of UTF-8 decoders. */
const valid: [title: string, hex: string][] = [
  ["nothing", ""],
  ["Greek", KOSME],
  ["German", "48 c3 a4 6c 6c c3 b6 20 c3 9f"],
  ["the first one of 1 byte", "00"],
  ["the first one of 2 bytes", "c2 80"],
  ["the first one of 3 bytes", "e0 a0 80"],
  ["the first one of 4 bytes", "f0 90 80 80"],
  ["the last one of 1 byte", "7f"],
  ["the last one of 2 bytes", "df bf"],
  ["the last one of 3 bytes", "ef bf bf"],
  ["the last one of all", "f4 8f bf bf"],
  ["U+D7FF, before the surrogates", "ed 9f bf"],
  ["U+E000, after them", "ee 80 80"],
  ["U+FFFD", "ef bf bd"],
  ["a byte order mark", "ef bb bf"],
  ["U+FFFE, no character", "ef bf be"],
  ["U+FDD0, no character", "ef b7 90"],
  ...Array.from({ length: 16 }, (_, plane): [string, string] => {
    const last = Buffer.from(String.fromCodePoint((plane + 1) * 0x10000 + 0xfffe)).toString("hex");
    return [`the last but one of plane ${plane + 1}`, last];
  }),
];

const invalid: [title: string, hex: string][] = [
  ["a surrogate within Greek", `${KOSME} ed a0 80 65 64 69 74 65 64`],
  ["above U+10FFFF", "f4 90 80 80"],
  ["5 bytes", "f8 88 80 80 80"],
  ["6 bytes", "fc 84 80 80 80 80"],
  ["the last one of 4 bytes", "f7 bf bf bf"],
  ["the last one of 5 bytes", "fb bf bf bf bf"],
  ["the last one of 6 bytes", "fd bf bf bf bf bf"],
  ...Array.from({ length: 6 }, (_, at): [string, string] => [
    `${at + 1} continuation bytes`,
    "80 bf ".repeat(3).slice(0, (at + 1) * 3),
  ]),
  ...["c0", "c1", "f5", "f6", "f7", "f8", "fb", "fc", "fd", "fe", "ff"].map((byte): [string, string] => [
    `the byte ${byte}`,
    `61 ${byte} 62`,
  ]),
  ["fe fe ff ff", "fe fe ff ff"],
  ["starts of 2 bytes without the rest", "c2 20 df 20"],
  ["starts of 3 bytes without the rest", "e0 20 ef 20"],
  ["starts of 4 bytes without the rest", "f0 20 f4 20"],
  ["2 bytes, the last one missing", "df"],
  ["3 bytes, the last one missing", "e0 a0"],
  ["3 bytes, the last one missing, at the upper end", "ef bf"],
  ["4 bytes, the last one missing", "f0 90 80"],
  ["4 bytes, the last two missing", "f0 90"],
  ["many that lack their last byte", "df e0 a0 ef bf f0 90 80"],
  ["an overlong slash in 2 bytes", "c0 af"],
  ["an overlong slash in 3 bytes", "e0 80 af"],
  ["an overlong slash in 4 bytes", "f0 80 80 af"],
  ["the largest overlong one in 2 bytes", "c1 bf"],
  ["the largest overlong one in 3 bytes", "e0 9f bf"],
  ["the largest overlong one in 4 bytes", "f0 8f bf bf"],
  ["an overlong NUL in 2 bytes", "c0 80"],
  ["an overlong NUL in 3 bytes", "e0 80 80"],
  ["an overlong NUL in 4 bytes", "f0 80 80 80"],
  ...["ed a0 80", "ed ad bf", "ed ae 80", "ed af bf", "ed b0 80", "ed be 80", "ed bf bf"].map(
    (hex): [string, string] => [`the surrogate ${hex}`, hex],
  ),
  ["a pair of surrogates", "ed a0 80 ed b0 80"],
  ["another pair of surrogates", "ed af bf ed bf bf"],
];

function fragmentsOf(bytes: Buffer): Buffer[] {
  const parts = [...bytes].map((byte) => Buffer.from([byte]));
  return parts.map((part, at) =>
    at === 0 ? text(part, { fin: parts.length === 1 }) : continuation(part, { fin: at === parts.length - 1 }),
  );
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");
/** Beyond the length up to which bytes are looked at one by one. */
const LONG = Buffer.alloc(200, "x");

export const VALID_TEXTS: readonly (readonly [title: string, text: string])[] = valid.map(([title, hex]) => [
  title,
  bytesOf(hex).toString(),
]);

export const utf8Cases: readonly Case[] = [
  ...valid.flatMap(([title, hex]) => {
    const bytes = bytesOf(hex);
    const long = Buffer.concat([LONG, bytes]);
    return [
      fine("6", `right: ${title}`, [text(bytes)], [`text ${bytes.toString()}`]),
      fine("6", `right: ${title}, at the end of a long text`, [text(long)], [`text ${long.toString()}`]),
      ...(bytes.length < 2
        ? []
        : [fine("6", `right: ${title}, a fragment a byte`, fragmentsOf(bytes), [`text ${bytes.toString()}`])]),
    ];
  }),
  ...invalid.flatMap(([title, hex]) => {
    const bytes = bytesOf(hex);
    return [
      refused("6", `wrong: ${title}`, [text(bytes)], 1007),
      refused("6", `wrong: ${title}, at the end of a long text`, [text(Buffer.concat([LONG, bytes]))], 1007),
      refused("6", `wrong: ${title}, a fragment a byte`, fragmentsOf(bytes), 1007),
    ];
  }),
  // All beginnings of a text: those that end between characters are right.
  ...Array.from({ length: bytesOf(KOSME).length }, (_, at) => {
    const bytes = bytesOf(KOSME).subarray(0, at + 1);
    const isWhole = [2, 5, 7, 9, 11].includes(at + 1);
    return isWhole
      ? fine("6", `the first ${at + 1} bytes of a Greek word`, [text(bytes)], [`text ${bytes.toString()}`])
      : refused("6", `the first ${at + 1} bytes of a Greek word`, [text(bytes)], 1007);
  }),
];
