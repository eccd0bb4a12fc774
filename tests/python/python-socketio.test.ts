/** python-socketio, another implementation of the protocol: its server with our client, and its client with our server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { assertNoLimit } from "../support/limits.ts";
import { clientPackages, homes, serverPackages } from "../interop/implementations.ts";
import { listen } from "../support/listening.ts";
import { startPython, withoutPython } from "./program.ts";

const TEXT = "a € b";
const BYTES = [0, 1, 255];
const DATA = { text: TEXT, bytes: Buffer.from(BYTES) };
const WAYS = [["polling"], ["websocket"], ["polling", "websocket"]] as const;
type Data = typeof DATA;

interface Started {
  readonly port: number;
  readonly socketio: string;
  readonly version: string;
}

describe("python-socketio", { skip: withoutPython, timeout: 60_000 }, () => {
  for (const transports of WAYS) {
    const way = transports.join(", then ");
    const carrier = transports.at(-1);

    test(`its server, our client: ${way}: bytes are acknowledged in both directions`, async (t) => {
      for (const { name, entry } of clientPackages("ours")) assert.ok(entry.startsWith(homes.ours), name);
      const server = startPython(t, "server.py");
      const { port, ...loaded } = (await server.next()) as Started;
      assertIsPython(loaded);

      const socket = connect(`http://127.0.0.1:${port}`, {
        transports: [...transports],
        auth: { token: "123" },
        forceNew: true,
        reconnection: false,
      });
      t.after(() => socket.disconnect());
      socket.on("question", (data: Data, answer: (data: Data) => void) => answer(data));
      await new Promise<void>((resolve, reject) => {
        socket.on("connect", resolve);
        socket.on("connect_error", reject);
      });
      assert.deepEqual(await server.next(), { connected: { token: "123" } });
      const { engine } = socket.io;
      if (engine.transport.name !== carrier) await once(engine as never, "upgrade");
      const { text, bytes } = (await socket.timeout(10_000).emitWithAck("echo", DATA)) as Data;
      assert.deepEqual([text, [...bytes]], [TEXT, BYTES]);
      assert.deepEqual(await server.next(), { transport: carrier });
      socket.emit("ask");
      assert.deepEqual(await server.next(), { given: TEXT, bytes: BYTES });
      socket.disconnect();
      assert.deepEqual(await server.next(), { disconnected: true });
    });

    test(`our server, its client: ${way}: bytes are acknowledged in both directions`, async (t) => {
      for (const { name, entry } of serverPackages("ours")) assert.ok(entry.startsWith(homes.ours), name);
      const http = createServer();
      const io = new Server(http);
      t.after(async () => {
        await io.close();
        assertNoLimit(io);
      });
      const heard: unknown[] = [];
      const given = new Promise<Data>((resolve, reject) => {
        io.on("connection", (socket) => {
          heard.push(socket.handshake.auth);
          socket.on("echo", (data: Data, answer: (data: Data) => void) => {
            heard.push(socket.conn.transport.name);
            answer(data);
          });
          socket.on("ask", () => {
            socket.timeout(10_000).emitWithAck("question", DATA).then(resolve, reject);
          });
        });
      });
      const port = await listen(http);

      const url = `http://127.0.0.1:${port}`;
      const client = startPython(t, "client.py", url, ...transports);
      const { transport, ...loaded } = (await client.next()) as Started & { transport: string };
      assertIsPython(loaded);
      assert.equal(transport, carrier);
      assert.deepEqual(await client.next(), { answer: TEXT, bytes: BYTES });
      assert.deepEqual(heard, [{ token: "123" }, carrier]);
      assert.deepEqual(await client.next(), { asked: TEXT, bytes: BYTES });
      const { text, bytes } = await given;
      assert.deepEqual([text, [...bytes]], [TEXT, BYTES]);
      // Without closing the connection: its threads trip over each other where a packet and the end come as one.
      io.disconnectSockets();
      assert.deepEqual(await client.next(), { disconnected: true });
      assert.equal(await client.ended(), 0);
    });
  }
});

/** It lies among Python's packages, and is of the line that speaks our revision. */
function assertIsPython({ socketio, version }: Pick<Started, "socketio" | "version">): void {
  assert.match(socketio, /[\\/](dist|site)-packages[\\/]socketio[\\/]__init__\.py$/);
  assert.match(version, /^5\./);
}
