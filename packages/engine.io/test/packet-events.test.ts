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

for (const method of METHODS) {
  test(`who begins to listen by ${method} when a session is under way hears of what arrives from then on`, async (t) => {
    const [peer, socket] = await websocketSession(await serve(t));
    peer.send("4before");
    await new Promise((resolve) => socket.once("packet", resolve));
    const heard: string[] = [];
    for (const event of ["data", "message", "packet"]) socket[method](event, () => heard.push(event));
    socket.transport[method]("packet", () => heard.push("packet of the transport"));
    peer.send("4after");
    await new Promise((resolve) => socket.once("message", resolve));
    assert.deepEqual(heard.toSorted(), ["data", "message", "packet", "packet of the transport"]);
  });
}
