/** In a file of its own: no connection of another test may set a timer before the clock is stopped and clear it afterwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { http } from "../../../tests/support/raw-peer.ts";
import { PATH, serve } from "./support.ts";

for (const revision of [3, 4]) {
  test(`the held GET is released when the probe arrives, not when a timer runs down, revision ${revision}`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    const served = await serve(t, { allowEIO3: true });
    const url = `${PATH}?EIO=${revision}&transport=polling`;
    const connection = served.connection();
    await http(served.port, "GET", url);
    const { id } = await connection;
    const candidate = await served.websocket(`&EIO=${revision}&sid=${id}`).opened();
    const held = http(served.port, "GET", `${url}&sid=${id}`);
    candidate.send("2probe");
    assert.deepEqual(await candidate.receive(1), ["3probe"]);
    assert.equal((await held).body, revision === 4 ? "6" : "1:6");
    candidate.terminate();
  });
}
