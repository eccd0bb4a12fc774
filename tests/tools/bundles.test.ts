import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bundles } from "../../tools/packages.ts";

test("no browser bundle carries what only servers or Node need: the codec of revision 3, frames of WebSocket", () => {
  for (const bundle of bundles) {
    const map = new URL(`../../packages/${bundle.package}/dist/${bundle.file}.map`, import.meta.url);
    const { sources } = JSON.parse(readFileSync(map, "utf8")) as { sources: string[] };
    assert.ok(
      sources.some((source) => source.includes("engine.io-parser/src/encodePacket.")),
      `${bundle.file}: ${sources.join(" ")}`,
    );
    assert.deepEqual(
      sources.filter((source) => /engine\.io-parser\/src\/(v3|websocket)\//.test(source)),
      [],
    );
  }
});
