import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { NodeWebSocket, type SocketOptions, TransportError } from "engine.io-client";
import { listen } from "../../../tests/support/listening.ts";
import { connect, event, journal, messages, nextTick } from "./support/events.ts";
import { openPacket } from "./support/polling-server.ts";
import { RawWebSocketServer } from "./support/websocket-server.ts";

const only: SocketOptions = { transports: ["websocket"] };

describe("websocket", { timeout: 60_000 }, () => {
  test("a frame is a packet: texts and bytes both ways", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, only);
    const accepted = await server.accept();
    assert.deepEqual(
      [...accepted.query],
      [
        ["EIO", "4"],
        ["transport", "websocket"],
      ],
    );
    const received = messages(socket, 4);
    accepted.send(openPacket(), "4hello", Buffer.from([1, 2]), "4", "bAwQ=");
    assert.deepEqual(await received, ["hello", Buffer.from([1, 2]), undefined, Buffer.from([3, 4])]);
    assert.ok(socket.transport instanceof NodeWebSocket);

    const { buffer } = Uint8Array.of(0, 5, 6, 0);
    socket
      .send("€")
      .send(Buffer.from([1]))
      .send(buffer)
      .send(new Uint8Array(buffer, 1, 2))
      .send("");
    const frames = await accepted.receive(5);
    assert.deepEqual(frames, ["4€", Buffer.from([1]), Buffer.from([0, 5, 6, 0]), Buffer.from([5, 6]), "4"]);
  });

  test("bytes are received as ArrayBuffers if that is asked for, and none of a pool's neighbours", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, only);
    socket.binaryType = "arraybuffer";
    const accepted = await server.accept();
    const received = messages(socket, 1);
    accepted.send(openPacket(), Buffer.from([7, 8, 9]));
    const [data] = (await received) as [ArrayBuffer];
    assert.ok(data instanceof ArrayBuffer);
    assert.deepEqual([...new Uint8Array(data)], [7, 8, 9]);
  });

  test("what is sent before the handshake leaves after it, in order, a Blob in its place", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, only);
    const accepted = await server.accept();
    socket
      .send("a")
      .send(new Blob([Uint8Array.of(1, 2)]))
      .send("b")
      .send(new Blob(["c"]))
      .send("d");
    assert.equal(socket.writeBuffer.length, 5);
    accepted.send(openPacket());
    assert.deepEqual(await accepted.receive(5), ["4a", Buffer.from([1, 2]), "4b", Buffer.from("c"), "4d"]);
  });

  test("close() lets leave what is queued, a Blob too, and closes without a code", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, only);
    const accepted = await server.accept();
    accepted.send(openPacket());
    await event(socket, "open");
    socket
      .send(new Blob(["x"]))
      .send("y")
      .close();
    assert.deepEqual(await event(socket, "close"), ["forced close", undefined]);
    assert.deepEqual(await accepted.receive(3), [Buffer.from("x"), "4y", "closed 1005"]);
  });

  test("forceBase64 sends bytes as text and asks for the same", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, { ...only, forceBase64: true });
    const accepted = await server.accept();
    assert.equal(accepted.query.get("b64"), "1");
    accepted.send(openPacket());
    socket.send(Uint8Array.of(1, 2, 3));
    assert.deepEqual(await accepted.receive(1), ["bAQID"]);
  });

  test("stamps its request only if told to, under the name it is told", async (t) => {
    const server = await RawWebSocketServer.start(t);
    connect(t, server.url, { ...only, timestampRequests: true, timestampParam: "stamp" });
    const accepted = await server.accept();
    assert.match(accepted.query.get("stamp") ?? "", /^[0-9a-z]{8}$/);
  });

  test("sub-protocols, headers, path and options for this transport alone reach the server", async (t) => {
    const server = await RawWebSocketServer.start(t);
    connect(t, server.url, {
      ...only,
      path: "/deep/path",
      addTrailingSlash: false,
      protocols: ["one", "two"],
      transportOptions: { websocket: { extraHeaders: { "X-Mine": "yes" } }, polling: { path: "/other" } },
    });
    const { request } = await server.accept();
    assert.equal(request.url!.split("?")[0], "/deep/path");
    assert.equal(request.headers["sec-websocket-protocol"], "one,two");
    assert.equal(request.headers["x-mine"], "yes");
  });

  test("cookies of the 101 are kept with withCredentials", async (t) => {
    const server = await RawWebSocketServer.start(t);
    server.headers = ["Set-Cookie: a=b; Path=/"];
    const socket = connect(t, server.url, { ...only, withCredentials: true });
    (await server.accept()).send(openPacket());
    await event(socket, "open");
    assert.equal(socket._cookieJar?.header(), "a=b");
  });

  test("compresses messages from the threshold on, unless told not to, where the server agrees", async (t) => {
    const server = await RawWebSocketServer.start(t, { perMessageDeflate: true });
    const socket = connect(t, server.url, { ...only, perMessageDeflate: { threshold: 100 } });
    const accepted = await server.accept();
    assert.equal(accepted.ws.extensions, "permessage-deflate");
    const rsv1: boolean[] = [];
    const { socket: tcp } = accepted.request;
    // RFC 7692, 6: the first bit after FIN marks a compressed message. Each is awaited, so each is a chunk of its own.
    tcp.on("data", (chunk: Buffer) => rsv1.push((chunk[0]! & 0x40) !== 0));
    accepted.send(openPacket());
    await event(socket, "open");
    const long = "x".repeat(200);
    socket.send("short");
    assert.deepEqual(await accepted.receive(1), ["4short"]);
    socket.send(long);
    assert.deepEqual(await accepted.receive(1), ["4" + long]);
    socket.send(long, { compress: false });
    assert.deepEqual(await accepted.receive(1), ["4" + long]);
    assert.deepEqual(rsv1, [false, true, false]);
  });

  test("the server's close is 'transport close' with its details", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, only);
    const accepted = await server.accept();
    accepted.send(openPacket());
    await event(socket, "open");
    accepted.ws.close(1000, "bye");
    const [reason, details] = await event(socket, "close");
    assert.deepEqual([reason, details.description], ["transport close", "websocket connection closed"]);
    assert.deepEqual([details.context.code, details.context.reason], [1000, "bye"]);
  });

  test("a close packet closes as well", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, only);
    const accepted = await server.accept();
    accepted.send(openPacket(), "1");
    assert.deepEqual(await event(socket, "close"), [
      "transport close",
      { description: "transport closed by the server" },
    ]);
    assert.deepEqual(await accepted.receive(1), ["closed 1005"]);
  });

  test("a refused upgrade is one 'websocket error'", async (t) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.resume().end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    const port = await listen(server);
    t.after(() => server.close());
    const socket = connect(t, `http://127.0.0.1:${port}`, only);
    const log = journal(socket);
    const [error] = await event(socket, "error");
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.message, error.type], ["websocket error", "TransportError"]);
    assert.match((error.description as { message: string }).message, /400/);
    await once(server.close(), "close");
    assert.deepEqual(log, ["error: websocket error", "close: transport error"]);
  });

  for (const [what, bytes] of Object.entries({
    "an unmasked frame with reserved bits": Buffer.from([0xf1, 0x00]),
    "a frame of 2^63 bytes": Buffer.from([0x82, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    "text that is not UTF-8": Buffer.from([0x81, 0x02, 0xc3, 0x28]),
  })) {
    test(`${what} ends the session with 'transport error'`, async (t) => {
      const server = await RawWebSocketServer.start(t);
      const socket = connect(t, server.url, only);
      const accepted = await server.accept();
      accepted.send(openPacket());
      await event(socket, "open");
      accepted.request.socket.write(bytes);
      const [reason, error] = await event(socket, "close");
      assert.deepEqual([reason, error.message], ["transport error", "websocket error"]);
    });
  }

  for (const frame of ["9", "", "<html>"]) {
    test(`the text frame "${frame}", which is no packet, ends the session with 'server error'`, async (t) => {
      const server = await RawWebSocketServer.start(t);
      const socket = connect(t, server.url, only);
      const accepted = await server.accept();
      accepted.send(openPacket(), frame, "4after");
      socket.on("message", () => assert.fail("what comes after it is not delivered"));
      const [reason, error] = await event(socket, "close");
      assert.deepEqual([reason, error.message, error.code], ["transport error", "server error", "parser error"]);
      assert.deepEqual(await accepted.receive(1), ["closed 1005"]);
    });
  }

  test("what comes before the open packet is not delivered; what means nothing is ignored", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, only);
    const accepted = await server.accept();
    const received = messages(socket, 1);
    accepted.send("4early", openPacket(), openPacket({ sid: "other" }), "3", "3probe", "5", "6", "2data", "4x");
    assert.deepEqual(await received, ["x"]);
    assert.equal(socket.id, "abc");
    assert.deepEqual(await accepted.receive(1), ["3"]);
  });

  test("a message larger than maxPayload ends the session", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, { ...only, maxPayload: 1000 });
    const accepted = await server.accept();
    accepted.send(openPacket(), "x".repeat(1001));
    assert.equal((await event(socket, "close"))[0], "transport error");
    assert.deepEqual(await accepted.receive(1), ["closed 1009"]);
  });

  test("upgrades that a server offers on a websocket are left alone", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, { transports: ["websocket", "polling"] });
    const accepted = await server.accept();
    const received = messages(socket, 1);
    accepted.send(openPacket({ upgrades: ["polling", "websocket"] }), "4x");
    assert.deepEqual(await received, ["x"]);
    assert.equal(socket.upgrading, false);
  });

  test("close() while the connection is being made ends it at once", async (t) => {
    const server = await RawWebSocketServer.start(t);
    const socket = connect(t, server.url, only);
    const log = journal(socket);
    await Promise.resolve();
    await nextTick();
    socket.close();
    assert.deepEqual(log, ["close: forced close"]);
  });
});
