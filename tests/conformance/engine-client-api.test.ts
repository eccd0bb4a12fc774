/** The public API of the engine's client, run against ours and upstream's: what the rows measured, said as tests. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { constructionSuite } from "./engine-client/construction.ts";
import { eventsSuite } from "./engine-client/events.ts";
import { socketSuite } from "./engine-client/socket.ts";
import { Stage } from "./engine-client/stage.ts";
import { transportsSuite } from "./engine-client/transports.ts";

for (const [maker, folder, entry] of [
  ["ours", ".", "packages/engine.io-client/build/cjs/index.js"],
  ["upstream's", "peers", "peers/node_modules/engine.io-client/build/cjs/index.js"],
] as const) {
  const stage = new Stage(folder);
  describe(`engine.io-client, ${maker}`, { timeout: 60_000 }, () => {
    test("is who it says", () => assert.equal(stage.entry.replaceAll("\\", "/"), entry));
    constructionSuite(stage);
    socketSuite(stage);
    eventsSuite(stage);
    transportsSuite(stage);
  });
}
