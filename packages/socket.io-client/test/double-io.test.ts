import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { io } from "socket.io-client";
import { serveUpstream } from "./support/upstream-server.ts";

// React in StrictMode runs each effect, its clean-up, and the effect again in one turn.

interface Served {
  readonly url: string;
  /** Sessions that the server was asked for, and sockets that joined. */
  readonly counts: { sessions: number; sockets: number };
}

async function serve(t: TestContext): Promise<Served> {
  const { server, url } = await serveUpstream(t);
  const counts = { sessions: 0, sockets: 0 };
  server.engine.on("connection", () => counts.sessions++);
  server.on("connection", () => counts.sockets++);
  return { url, counts };
}

for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]] as const) {
  test(`an effect that runs twice makes one connection over ${transports.join(" and ")}`, async (t) => {
    const { url, counts } = await serve(t);
    const effect = () => io(url, { transports: [...transports] });
    effect().disconnect();
    const socket = effect();
    t.after(() => socket.disconnect());
    await new Promise<void>((resolve) => socket.on("connect", resolve));

    assert.deepEqual(counts, { sessions: 1, sockets: 1 });
  });

  test(`a Socket that an effect connects, leaves and connects again makes one connection over ${transports.join(" and ")}`, async (t) => {
    const { url, counts } = await serve(t);
    const socket = io(url, { transports: [...transports], autoConnect: false, forceNew: true });
    t.after(() => socket.disconnect());
    socket.connect();
    socket.disconnect();
    socket.connect();
    socket.connect();
    await new Promise<void>((resolve) => socket.on("connect", resolve));
    assert.deepEqual(counts, { sessions: 1, sockets: 1 });
  });
}
