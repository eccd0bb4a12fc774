import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import {
  BINDINGS,
  BytePeer,
  clog,
  openEndpoint,
  type Binding,
  type OpenedEndpoint,
} from "../../../tests/support/websocket-bindings.ts";
import { serve, WEBSOCKET } from "./support.ts";

/** A WebSocket whose peer never answers a close frame, and a clock that stands still. */
async function silent(t: TestContext, binding: Binding): Promise<OpenedEndpoint> {
  const opened = await openEndpoint(t, binding);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  return opened;
}

/** How long the connection lasts from now on, in ms. */
function lifetime(t: TestContext, connection: Duplex): number {
  for (let ms = 0; ms < 60_000; ms += 1000) {
    if (connection.destroyed) return ms;
    t.mock.timers.tick(1000);
  }
  return Infinity;
}

for (const binding of BINDINGS) {
  describe(`the end of a server, WebSocket by ${binding}: a peer that does not answer the close frame`, () => {
    test("is let go after 5 s, not only after 30 s as else", async (t) => {
      const opened = await silent(t, binding);
      const { endpoint, connection } = opened;
      endpoint.close();
      opened.shutDown();
      assert.equal(lifetime(t, connection), 5000);
    });

    test("has no more time if its end began before", async (t) => {
      const opened = await silent(t, binding);
      const { endpoint, connection } = opened;
      endpoint.close();
      t.mock.timers.tick(2000);
      opened.shutDown();
      assert.equal(lifetime(t, connection), 5000);
    });

    test("nor if it begins afterwards", async (t) => {
      const opened = await silent(t, binding);
      const { endpoint, connection } = opened;
      opened.shutDown();
      t.mock.timers.tick(60_000);
      assert.equal(connection.destroyed, false);
      endpoint.close();
      assert.equal(lifetime(t, connection), 5000);
    });

    test("has the usual time if it has yet to read what was sent", async (t) => {
      const opened = await silent(t, binding);
      const { endpoint, connection } = opened;
      clog(opened);
      endpoint.close();
      opened.shutDown();
      assert.equal(lifetime(t, connection), 30_000);
    });
  });
}

test("an HTTP server whose engine is closed ends though a peer says nothing any more", async (t) => {
  const served = await serve(t);
  const { http, engine, port } = served;
  const session = served.connection();
  const peer = await new BytePeer(port, undefined, upgradeRequest(WEBSOCKET)).opened();
  t.after(() => peer.socket.destroy());
  const { socket: connection } = (await session).request;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const closed = once(http, "close");
  engine.close();
  http.close();
  assert.equal(lifetime(t, connection), 5000);
  await closed;
});
