import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { BINDINGS, BytePeer, serveEndpoints, type Binding } from "../../../tests/support/websocket-bindings.ts";
import type { WebSocketEndpoint } from "../src/websocket/endpoint.ts";
import { serve, WEBSOCKET } from "./support.ts";

/** A WebSocket whose peer never answers a close frame, and a clock that stands still. */
async function silent(t: TestContext, binding: Binding) {
  const server = await serveEndpoints(t, binding);
  const made = server.endpoint();
  const peer = await new BytePeer(server.port).opened();
  t.after(() => peer.socket.destroy());
  const [endpoint, connection] = await made;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  return { peer, endpoint, connection, shutDown: () => server.shutDown() };
}

/** How long the connection lasts from now on, in ms. */
function lifetime(t: TestContext, connection: Duplex): number {
  for (let ms = 0; ms < 60_000; ms += 1000) {
    if (connection.destroyed) return ms;
    t.mock.timers.tick(1000);
  }
  return Infinity;
}

/** Fills what the operating system takes for a peer that does not read. */
function clog(peer: BytePeer, endpoint: WebSocketEndpoint): void {
  peer.socket.pause();
  for (let at = 0; at < 500 && endpoint.bufferedAmount === 0; at++) endpoint.send(Buffer.alloc(100_000), false, false);
  assert.ok(endpoint.bufferedAmount > 0);
}

for (const binding of BINDINGS) {
  describe(`the end of a server, WebSocket by ${binding}: a peer that does not answer the close frame`, () => {
    test("is let go after 5 s, not only after 30 s as else", async (t) => {
      const { endpoint, connection, shutDown } = await silent(t, binding);
      endpoint.close();
      shutDown();
      assert.equal(lifetime(t, connection), 5000);
    });

    test("has no more time if its end began before", async (t) => {
      const { endpoint, connection, shutDown } = await silent(t, binding);
      endpoint.close();
      t.mock.timers.tick(2000);
      shutDown();
      assert.equal(lifetime(t, connection), 5000);
    });

    test("nor if it begins afterwards", async (t) => {
      const { endpoint, connection, shutDown } = await silent(t, binding);
      shutDown();
      t.mock.timers.tick(60_000);
      assert.equal(connection.destroyed, false);
      endpoint.close();
      assert.equal(lifetime(t, connection), 5000);
    });

    test("has the usual time if it has yet to read what was sent", async (t) => {
      const { peer, endpoint, connection, shutDown } = await silent(t, binding);
      clog(peer, endpoint);
      endpoint.close();
      shutDown();
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
