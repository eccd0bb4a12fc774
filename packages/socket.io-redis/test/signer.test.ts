import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Emitter } from "../src/emitter/emitter.ts";
import { StreamsEmitter } from "../src/emitter/streams-emitter.ts";
import { ReplayWindow } from "../src/signing/replay-window.ts";
import { HEADER_BYTES, Signer } from "../src/signing/signer.ts";

const key = "k".repeat(32);
const bytes = (text: string): Buffer => Buffer.from(text);

describe("a signed message", () => {
  test("is heard once, where it was sent, while it is young", () => {
    const [from, to] = [new Signer({ signWith: key }), new Signer({ signWith: key, maxAgeMs: 1000 })];
    const header = from.headerFor("channel", bytes("hello"));
    assert.equal(header.length, HEADER_BYTES);
    const now = Date.now();
    assert.equal(to.refuse("another channel", header, bytes("hello"), now), "forged");
    assert.equal(to.refuse("channel", header, bytes("hullo"), now), "forged");
    assert.equal(to.refuse("channel", header, bytes("hello"), now + 60_000), "stale");
    assert.equal(to.refuse("channel", header, bytes("hello"), now - 60_000), "stale");
    assert.equal(to.refuse("channel", header, bytes("hello"), now), undefined);
    assert.equal(to.refuse("channel", header, bytes("hello"), now), "replayed");
  });

  test("is forged if any bit of what is before it has changed, and unsigned if there is not enough of it", () => {
    const signer = new Signer({ signWith: key });
    const header = signer.headerFor("channel", bytes("hello"));
    for (let at = 2; at < HEADER_BYTES; at++) {
      const other = Buffer.from(header);
      other[at]! ^= 1;
      assert.equal(signer.refuse("channel", other, bytes("hello"), Date.now()), "forged");
    }
    for (const short of [Buffer.alloc(0), header.subarray(1), bytes("{"), Buffer.alloc(HEADER_BYTES)]) {
      assert.equal(signer.refuse("channel", short, bytes("hello"), Date.now()), "unsigned");
    }
    assert.equal(signer.refuse("channel", header, bytes("hello"), Date.now()), undefined);
  });

  test("means nothing where something is kept, and the other way round", () => {
    const signer = new Signer({ signWith: key });
    const stamp = signer.stampOf("key", "value");
    assert.ok(signer.isStamped("key", "value", stamp));
    assert.ok(!signer.isStamped("other", "value", stamp));
    assert.ok(!signer.isStamped("key", "other", stamp));
    assert.ok(!signer.isStamped("key", "value", ""));
    assert.ok(!signer.isStamped("ke", "yvalue", stamp));
  });
});

describe("emitters that sign", () => {
  test("are one sender, whatever namespaces they are asked for: servers remember so many", () => {
    const sent: Buffer[] = [];
    const redis = {
      on: () => redis,
      publish: (_channel: string, payload: Buffer) => void sent.push(payload),
      call: (_command: string, args: string[]) => void sent.push(Buffer.from(args.at(-1)!, "base64")),
    };
    for (const Kind of [Emitter, StreamsEmitter]) {
      const emitter = new Kind(redis, { signing: { signWith: key } });
      for (let at = 0; at < 3; at++) emitter.of(`/${at}`).emit("hello");
      const headers = sent.splice(0).map((payload) => payload.subarray(0, HEADER_BYTES));
      assert.equal(new Set(headers.map((header) => header.toString("hex", 2, 10))).size, 1);
      assert.deepEqual(
        headers.map((header) => header.readUIntBE(10, 6)),
        [0, 1, 2],
      );
    }
  });
});

describe("the window of messages", () => {
  test("takes each number once, in any order within 4,096", () => {
    const window = new ReplayWindow();
    const numbers = Array.from({ length: 4096 }, (_, at) => (at * 1597) % 4096);
    for (const number of numbers) assert.ok(window.isNew("a", number, 1), `${number}`);
    for (const number of numbers) assert.ok(!window.isNew("a", number, 1), `${number} again`);
  });

  test("counts what is older as heard, and forgets nothing that is in it when it moves", () => {
    const window = new ReplayWindow();
    assert.ok(window.isNew("a", 10, 1));
    assert.ok(window.isNew("a", 4000, 1));
    assert.ok(window.isNew("a", 4105, 1));
    assert.deepEqual(
      [9, 10, 11, 4000, 4001, 4105].map((number) => window.isNew("a", number, 1)),
      [false, false, true, false, true, false],
    );
    assert.ok(window.isNew("a", 1_000_000, 1));
    assert.deepEqual(
      [4001, 995_904, 995_905, 1_000_000].map((number) => window.isNew("a", number, 1)),
      [false, false, true, false],
    );
  });

  test("remembers 1,024 senders, and takes nothing of that time from one that it had to forget", () => {
    const window = new ReplayWindow();
    for (let at = 0; at <= 1024; at++) assert.ok(window.isNew(`sender ${at}`, 0, 100 + at));
    assert.ok(!window.isNew("sender 0", 0, 100));
    assert.ok(!window.isNew("sender 1", 0, 101));
    assert.ok(window.isNew("another", 0, 101));
  });
});
