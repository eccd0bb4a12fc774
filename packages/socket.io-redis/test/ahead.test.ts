import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Ahead } from "../src/streams/ahead.ts";

describe("sockets that have had what is yet to be delivered", () => {
  test("are left out of it up to their offset, also where two entries arrive under one", () => {
    const ahead = new Ahead();
    ahead.add("a", "10-1");
    ahead.add("b", "9-5");
    assert.deepEqual(ahead.whoHave("9-4"), ["a", "b"]);
    assert.deepEqual(ahead.whoHave("9-5"), ["a", "b"]);
    assert.deepEqual(ahead.whoHave("9-5"), ["a", "b"]);
    assert.deepEqual(ahead.whoHave("9-6"), ["a"]);
    assert.deepEqual(ahead.whoHave("10-0"), ["a"]);
    assert.deepEqual(ahead.whoHave("10-2"), []);
  });

  test("are forgotten once they are caught up with, or gone: broadcasts do not look at all who ever came back", () => {
    const ahead = new Ahead();
    for (let at = 0; at < 1000; at++) ahead.add(`socket ${at}`, `${at}-0`);
    ahead.delete("socket 999");
    ahead.whoHave("900-0");
    assert.equal(ahead.size, 99);
    ahead.whoHave("999-0");
    assert.equal(ahead.size, 0);
  });
});
