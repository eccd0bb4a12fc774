import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import type { ServerOptions, Socket } from "engine.io";
import { pollingSession, serve, websocketSession, type Served } from "./support.ts";

const storage = new AsyncLocalStorage<string>();

/** Every session's listeners write down in which context they run. */
async function serveInContexts(t: TestContext, options: ServerOptions = {}): Promise<[Served, string[]]> {
  const served = await serve(t, options);
  let sessions = 0;
  const log: string[] = [];
  served.engine.use((req: { _query: Record<string, string> }, _res: unknown, next: () => void) => {
    storage.run(req._query["sid"] === undefined ? `session ${++sessions}` : "a later request", next);
  });
  served.engine.on("connection", (socket: Socket) => {
    for (const event of ["packet", "message", "heartbeat", "upgrading", "upgrade", "close"]) {
      socket.on(event, () => log.push(`${event} in ${storage.getStore()}`));
    }
  });
  return [served, log];
}

describe("a context (AsyncLocalStorage) that was entered in a middleware holds", () => {
  for (const [binding, options] of [
    ["our own endpoint", {}],
    ["ws", { perMessageDeflate: true }],
  ] as const) {
    test(`for all that a session hears by WebSocket, each session its own, over ${binding}`, async (t) => {
      const [served, log] = await serveInContexts(t, options);
      const [first, one] = await websocketSession(served);
      const [second, two] = await websocketSession(served);
      for (const [peer, socket] of [
        [first, one],
        [second, two],
        [first, one],
      ] as const) {
        const message = once(socket, "message");
        peer.send("4hi");
        await message;
      }
      const closed = once(one, "close");
      first.close();
      await closed;
      assert.deepEqual(log, [
        "packet in session 1",
        "message in session 1",
        "packet in session 2",
        "message in session 2",
        "packet in session 1",
        "message in session 1",
        "close in session 1",
      ]);
      second.close();
    });
  }

  test("for what comes by POST, whose own context is another, and for an upgrade", async (t) => {
    const [served, log] = await serveInContexts(t);
    const [peer, socket] = await pollingSession(served);
    await peer.post("4hi");
    const candidate = await served.websocket(`&sid=${peer.sid}`).opened();
    candidate.send("2probe");
    await candidate.receive(1);
    const upgraded = once(socket, "upgrade");
    candidate.send("5");
    await upgraded;
    const message = once(socket, "message");
    candidate.send("4again");
    await message;
    assert.deepEqual(log, [
      "packet in session 1",
      "message in session 1",
      "upgrading in session 1",
      "upgrade in session 1",
      "packet in session 1",
      "message in session 1",
    ]);
    candidate.close();
  });

  test("for the end by a timer that serves all sessions", async (t) => {
    const [served, log] = await serveInContexts(t, { pingInterval: 10, pingTimeout: 10 });
    // From the start: the first may have ended when the second one is there.
    const ends: Promise<unknown>[] = [];
    served.engine.on("connection", (socket: Socket) => ends.push(once(socket, "close")));
    for (let session = 0; session < 2; session++) await served.polling().handshake();
    await Promise.all(ends);
    assert.deepEqual(log.sort(), ["close in session 1", "close in session 2"]);
  });
});

test("a context that a connection listener enters holds for its session", async (t) => {
  const served = await serve(t);
  const contexts: unknown[] = [];
  served.engine.on("connection", (socket: Socket) => {
    storage.enterWith(`of ${socket.transport.name}`);
    socket.on("message", () => contexts.push(storage.getStore()));
  });
  const [websocket, socket] = await websocketSession(served);
  const [polling] = await pollingSession(served);
  const message = once(socket, "message");
  websocket.send("4hi");
  await message;
  await polling.post("4hi");
  assert.deepEqual(contexts, ["of websocket", "of polling"]);
  websocket.close();
});
