import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { Server as Engine } from "engine.io";
import { Server, type ServerOptions, type Socket } from "socket.io";
import { io as connect, type Socket as ClientSocket } from "socket.io-client";
import { installWebTransport, RawWebTransport } from "../../../tests/support/memory-webtransport.ts";

/** A Socket.IO server without HTTP, and the client that reaches it over sessions in memory. */
function start(
  t: TestContext,
  options: Partial<ServerOptions> = {},
): { server: Server; readonly open: () => ClientSocket } {
  const server = new Server(options);
  const engine = new Engine({ transports: ["webtransport"] });
  server.bind(engine);
  t.after(() => engine.close());
  installWebTransport(t, (session) => engine.onWebTransportSession(session));
  const open = (): ClientSocket => {
    const client = connect("http://localhost:3000", {
      transports: ["webtransport"],
      forceNew: true,
      reconnection: false,
      auth: { token: "x" },
    });
    t.after(() => client.disconnect());
    return client;
  };
  return { server, open };
}

async function connected(server: Server, open: () => ClientSocket): Promise<[Socket, ClientSocket]> {
  const connection = once(server, "connection") as Promise<[Socket]>;
  const client = open();
  return [(await connection)[0], client];
}

describe("a connection over WebTransport", { timeout: 60_000 }, () => {
  test("has a handshake without request: no headers, address, url or query, and counts as encrypted", async (t) => {
    const { server, open } = start(t);
    const [socket] = await connected(server, open);
    const { time, issued, ...rest } = socket.handshake;
    assert.deepEqual(rest, {
      headers: {},
      address: undefined,
      xdomain: false,
      secure: true,
      url: undefined,
      query: {},
      auth: { token: "x" },
    });
    assert.equal(new Date(issued).toString(), time);
    assert.equal(socket.request, null);
    assert.equal(socket.client.request, null);
    assert.equal(socket.conn.transport.name, "webtransport");
    assert.equal(socket.conn.protocol, 4);
  });

  test("carries events, bytes and acknowledgements both ways, rooms and broadcasts", async (t) => {
    const { server, open } = start(t);
    const [socket, client] = await connected(server, open);
    socket.on("echo", (data: unknown, answer: (data: unknown) => void) => answer(data));
    client.on("ask", (data: unknown, answer: (data: unknown) => void) => answer(data));
    const bytes = Buffer.alloc(70_000, 9);
    assert.deepEqual(await client.emitWithAck("echo", [bytes, "€", null]), [bytes, "€", null]);
    assert.deepEqual(await socket.emitWithAck("ask", { bytes }), { bytes });
    await socket.join("room");
    const news = new Promise((resolve) => client.on("news", resolve));
    server.to("room").emit("news", bytes);
    assert.deepEqual(await news, bytes);
  });

  test("namespaces and their middlewares work without a request", async (t) => {
    const { server, open } = start(t);
    const seen: unknown[] = [];
    server.use((socket, next) => {
      seen.push(socket.handshake.headers, socket.request);
      next(new Error("not you"));
    });
    const client = open();
    const [error] = await new Promise<[Error]>((resolve) => client.on("connect_error", (...args) => resolve(args)));
    assert.equal(error.message, "not you");
    assert.deepEqual(seen, [{}, null]);
  });

  test("what an engine middleware leaves on the request can be read from the socket", async (t) => {
    const { server, open } = start(t);
    server.engine.use((req: IncomingMessage & { user?: string }, _res: unknown, next: () => void) => {
      req.user = "ann";
      next();
    });
    const [socket] = await connected(server, open);
    assert.equal((socket.request as IncomingMessage & { user?: string }).user, "ann");
    assert.deepEqual(socket.handshake.query, { EIO: "4", transport: "webtransport" });
    assert.equal(socket.handshake.secure, true);
    assert.equal(socket.handshake.address, undefined);
  });

  test("the last event of a client arrives although the stream ends in the same turn, and the reason is the client's", async (t) => {
    const { server } = start(t);
    const connection = once(server, "connection") as Promise<[Socket]>;
    const peer = await new RawWebTransport().open();
    void server.engine.onWebTransportSession(peer.server);
    await peer.send({ type: "open" }, { type: "message", data: "0" });
    const [socket] = await connection;
    const log: unknown[] = [];
    socket.on("words", (words: string) => log.push(words));
    const end = once(socket, "disconnect");
    peer.sendHex(Buffer.from('\x1642["words","good bye"]\x0241').toString("hex"));
    peer.endStream();
    log.push((await end)[0]);
    assert.deepEqual(log, ["good bye", "client namespace disconnect"]);
  });

  test("the server's disconnect(true): its last event arrives, and the reason is the server's", async (t) => {
    const { server, open } = start(t);
    const [socket, client] = await connected(server, open);
    const log: unknown[] = [];
    client.on("words", (words: string) => log.push(words));
    const end = new Promise((resolve) => client.on("disconnect", resolve));
    socket.emit("words", "good bye");
    socket.disconnect(true);
    log.push(await end);
    assert.deepEqual(log, ["good bye", "io server disconnect"]);
  });
});
