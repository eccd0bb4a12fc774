import assert from "node:assert/strict";
import { test } from "node:test";
import { serve, websocketSession } from "./support.ts";

const METHODS = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;

for (const method of METHODS) {
  test(`who begins to listen by ${method} when a session is under way hears of what is written from then on`, async (t) => {
    for (const target of ["socket", "server"] as const) {
      for (const event of target === "socket" ? ["packetCreate", "flush", "drain"] : ["flush", "drain"]) {
        const served = await serve(t);
        const [peer, socket] = await websocketSession(served);
        socket.send("before", { preEncoded: true });
        assert.deepEqual(await peer.receive(1), ["4before"]);
        const heard: string[] = [];
        (target === "socket" ? socket : served.engine)[method](event, () => heard.push(event));
        socket.send("after", { preEncoded: true });
        assert.deepEqual(await peer.receive(1), ["4after"]);
        assert.ok(heard.includes(event), `${event} of the ${target}`);
      }
    }
  });
}
