/** Long texts leave past JSON.stringify: what is written has to be the same, character by character. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Encoder, PacketType } from "socket.io-parser";
import { Random } from "../../../tests/support/random.ts";
import { writeLongTexts } from "../src/long-texts.ts";

const LONG = 2048;
const encoder = new Encoder();

function assertAsJson(data: unknown[], what: string): void {
  const [text] = encoder.encode({ type: PacketType.ACK, nsp: "/", id: 1, data }) as [string];
  // Not assert.equal, which would print them.
  assert.ok(text === `31${JSON.stringify(data)}`, what);
}

describe("long texts", () => {
  test("with any character at the beginning, in the middle and at the end are written as JSON.stringify does", () => {
    for (let code = 0; code < 0x300; code++) assertEscaped(String.fromCharCode(code));
    for (const code of [0x2028, 0x2029, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfffd, 0xffff]) {
      assertEscaped(String.fromCharCode(code));
    }
    assertEscaped("\u{1f600}");
    assertEscaped("\udc00\ud800");
  });

  test("of every length around the limit, with and without a character to escape", () => {
    for (let length = LONG - 3; length < LONG + 3; length++) {
      const text = "a".repeat(length);
      for (const one of [text, `${text}"`, `${text}\n`]) assertAsJson([one], `${length}`);
    }
  });

  test("beside values of every kind, in lists with holes and with much in them", () => {
    const random = new Random(1);
    const long = "b".repeat(LONG);
    const values = (): unknown[] => [
      ...[long, `${long}\\`, "short", "", "\n", 0, -0, 1.5, NaN, Infinity, true, false, null, undefined],
      ...[
        Symbol("s"),
        () => 1,
        {},
        [],
        [long],
        { long },
        new Date(0),
        /x/,
        new Map(),
        { toJSON: (key: string) => key },
      ],
    ];
    for (let round = 0; round < 2000; round++) {
      const data: unknown[] = Array.from({ length: random.between(0, 20) }, () => random.pick(values()));
      if (random.next() < 0.1) data.length += 2;
      assertAsJson(data, `round ${round}`);
    }
  });

  test("a BigInt beside them is refused as ever", () => {
    assert.throws(
      () => encoder.encode({ type: PacketType.EVENT, nsp: "/", data: ["x", "a".repeat(LONG), 1n] }),
      /BigInt/,
    );
  });

  test("who has a say in how a list is written still has it", () => {
    const long = "c".repeat(LONG);
    const own = Object.assign([long], { toJSON: () => "own" });
    assertAsJson(own, "a toJSON of the list");
    const inherited = [long];
    Object.setPrototypeOf(inherited, Object.create(Array.prototype, { toJSON: { value: () => "inherited" } }));
    assertAsJson(inherited, "an inherited one");
    const replaced = new Encoder((_key, value: unknown) => (value === long ? "replaced" : value));
    assert.deepEqual(replaced.encode({ type: PacketType.EVENT, nsp: "/", data: ["x", long] }), ['2["x","replaced"]']);
  });

  test("take the short way if they need no escapes, and only in lists of plain values", () => {
    const long = "d".repeat(LONG);
    assert.equal(writeLongTexts(["x", long, 1], undefined), `["x","${long}",1]`);
    for (const data of [["x"], [long, {}], [long, [1]], [long, new Date()], { 0: long }, long, Array(17).fill(long)]) {
      assert.equal(writeLongTexts(data, undefined), undefined);
    }
  });
});

function assertEscaped(character: string): void {
  const half = "e".repeat(LONG / 2);
  const code = character.codePointAt(0)!.toString(16);
  for (const text of [`${character}${half}${half}`, `${half}${character}${half}`, `${half}${half}${character}`]) {
    assertAsJson(["x", text], `U+${code}`);
  }
}
