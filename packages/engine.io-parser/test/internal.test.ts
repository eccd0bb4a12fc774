import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);

/** What packages of ours take by one name (tools/packages.ts). */
for (const [name, entries] of [
  ["engine.io-parser", ["", "/session", "/emitter", "/websocket"]],
  ["socket.io-parser", ["", "/acks", "/events"]],
] as const) {
  test(`${name}/internal has all that the entries of ${name} have, by the same names`, () => {
    const internal = require(`${name}/internal`) as Record<string, unknown>;
    for (const entry of entries) {
      for (const [key, value] of Object.entries(require(name + entry) as object)) {
        assert.equal(internal[key], value, `${name}${entry}: ${key}`);
      }
    }
  });
}
