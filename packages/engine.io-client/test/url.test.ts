import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "engine.io-client";

describe("parse", () => {
  for (const [url, protocol, host, port, path, query] of [
    ["http://localhost", "http", "localhost", "", "", ""],
    ["https://a.example:8443/x/y?a=b&c=d?e#f", "https", "a.example", "8443", "/x/y", "a=b&c=d?e"],
    ["ws://[2001:db8::1]:80/", "ws", "2001:db8::1", "80", "/", ""],
    ["wss://user:pa:ss@h/p@q", "wss", "h", "", "/p@q", ""],
    ["https://h:/x", "https", "h", "", "/x", ""],
    ["//h:1/x", "", "h", "1", "/x", ""],
    ["h:1/x", "", "h", "1", "/x", ""],
    ["h?a=//b:1", "", "h", "", "", "a=//b:1"],
    ["", "", "", "", "", ""],
    ["http://h/a//b/../c", "http", "h", "", "/a//b/../c", ""],
  ] as const) {
    test(`cuts "${url}"`, () => {
      assert.deepEqual(parse(url), { source: url, protocol, host, port, path, query });
    });
  }

  test("throws the string 'URI too long' beyond 8000 characters", () => {
    const thrown = (length: number): unknown => {
      try {
        parse("http://" + "x".repeat(length - 7));
        return null;
      } catch (error) {
        return error;
      }
    };
    assert.equal(thrown(8000), null);
    assert.equal(thrown(8001), "URI too long");
  });
});
