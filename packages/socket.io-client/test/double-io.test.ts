import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import { io } from "socket.io-client";

// React in StrictMode runs each effect, its clean-up, and the effect again in one turn.

const { Server } = createRequire(new URL("../../../peers/package.json", import.meta.url))("socket.io");

interface Served {
  readonly url: string;
  /** Sessions that the server was asked for, and sockets that joined. */
  readonly counts: { sessions: number; sockets: number };
}

async function serve(t: TestContext): Promise<Served> {
  const http = createServer();
  const counts = { sessions: 0, sockets: 0 };
  const server = new Server(http);
  server.engine.on("connection", () => counts.sessions++);
  server.on("connection", () => counts.sockets++);
  http.listen(0);
  await once(http, "listening");
  t.after(() => server.close());
  return { url: `http://localhost:${(http.address() as AddressInfo).port}`, counts };
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
