import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { decodePayload, type Packet } from "engine.io-parser";
import { decodePayload as decodePayload3 } from "engine.io-parser/v3";

/** Characters and bytes that a decoder looks at or copies, by the functions with which it can. */
function workOf(t: TestContext, decode: () => readonly Packet[]): { work: number; packets: number } {
  let work = 0;
  const spied = [
    t.mock.method(String.prototype, "indexOf"),
    t.mock.method(String.prototype, "slice"),
    t.mock.method(Buffer.prototype, "indexOf"),
    t.mock.method(Buffer.prototype, "subarray"),
  ];
  const packets = decode().length;
  for (const { mock } of spied) {
    for (const { this: whole, arguments: args, result } of mock.calls) {
      const { length } = whole as { length: number };
      // How far it searched, or how much it took.
      if (typeof result === "number") work += (result < 0 ? length : result + 1) - Number(args[1] ?? 0);
      else work += result!.length;
    }
    mock.restore();
  }
  return { work, packets };
}

const DECODERS: Record<string, (packets: number, max: number) => readonly Packet[]> = {
  "revision 4": (packets, max) => decodePayload("4x\x1e".repeat(packets), undefined, max),
  "revision 3, text": (packets, max) => decodePayload3("2:4x".repeat(packets), undefined, max),
  "revision 3, bytes": (packets, max) =>
    decodePayload3(
      Buffer.concat(Array.from({ length: packets }, () => Buffer.from([1, 2, 255, 4, 120]))),
      undefined,
      max,
    ),
};

for (const [name, decode] of Object.entries(DECODERS)) {
  test(`${name}: a payload of twice the packets is twice the work, and none is done behind the limit`, (t) => {
    const once = workOf(t, () => decode(1000, 1e6));
    const twice = workOf(t, () => decode(2000, 1e6));
    const limited = workOf(t, () => decode(2000, 1000));
    assert.ok(once.packets >= 1000 && once.work >= 3000, JSON.stringify(once));
    assert.ok(twice.work <= 2.1 * once.work, JSON.stringify([once, twice]));
    assert.equal(limited.packets, 1001);
    assert.ok(limited.work <= once.work + 10, JSON.stringify([once, limited]));
  });
}
