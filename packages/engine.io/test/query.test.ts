import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery } from "../src/http/request.ts";

const QUERIES = [
  "EIO=4&transport=polling&t=abc&sid=x-y_z",
  "sid=1&sid=2&t=3&t=4",
  "a",
  "=b",
  "a=b=c&d==",
  "&&a=1&&",
  "?a=1",
  "a=%41%zz&b+c=d+e",
  "caf\u00e9=\u00ff#x=1",
  "constructor=1&toString=2",
];

test("parameters mean what URLSearchParams makes of them, the last of each name", () => {
  for (const text of QUERIES) {
    assert.deepEqual(parseQuery(`/path?${text}`), Object.fromEntries(new URLSearchParams(text)), text);
  }
  assert.deepEqual(parseQuery("/path"), {});
});
