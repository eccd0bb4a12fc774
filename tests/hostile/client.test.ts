import assert from "node:assert/strict";
import { createServer } from "node:https";
import { test } from "node:test";
import { Server } from "engine.io";
import { Socket } from "engine.io-client";
import { listen } from "../support/listening.ts";
import { certificate } from "../support/localhost-certificate.ts";

// CVE-2016-10536, and CVE-2021-31597 of xmlhttprequest-ssl. Seen to fail by `rejectUnauthorized` that is handed down as it is given, null and undefined too.
for (const transport of ["polling", "websocket"] as const) {
  for (const rejectUnauthorized of [undefined, null, true]) {
    test(`${transport}: a certificate that nobody vouches for is refused, rejectUnauthorized: ${rejectUnauthorized}`, async (t) => {
      const https = createServer(certificate);
      const engine = new Server();
      engine.attach(https);
      engine.on("connection", () => assert.fail("the session was opened"));
      const port = await listen(https);
      const options = { transports: [transport], rejectUnauthorized: rejectUnauthorized as boolean };
      const socket = new Socket(`https://localhost:${port}`, options);
      t.after(() => {
        socket.close();
        engine.close();
        https.close();
        https.closeAllConnections();
      });
      const outcome = await new Promise<unknown>((resolve) => {
        socket.on("open", () => resolve("open"));
        socket.on("error", resolve);
      });
      assert.ok(outcome instanceof Error, String(outcome));
      assert.equal(engine.clientsCount, 0);
    });
  }
}
