import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Socket } from "engine.io";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { PATH, RawConnection, WEBSOCKET, headerLines, pollingSession, websocketSession } from "./support.ts";
import { skip, uWebSockets } from "../../../tests/support/uws.ts";
import { serveApp } from "./uws-support.ts";

describe("uWebSockets.js: websocket", { skip }, () => {
  test("the 101 answer has these lines, and names the first sub-protocol", async (t) => {
    const served = await serveApp(t);
    const connection = new RawConnection(served.port, upgradeRequest(WEBSOCKET, { "Sec-WebSocket-Protocol": "a, b" }));
    const text = await connection.received('0{"sid"');
    assert.deepEqual(
      headerLines(text).filter((line) => !line.startsWith("uWebSockets: ")),
      [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: a",
      ],
    );
    connection.socket.destroy();
  });

  test("echoes text and bytes, in order; the application sees the session as on node:http", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await websocketSession(served);
    const received: unknown[] = [];
    socket.on("message", (data) => {
      received.push(data);
      socket.send(data);
    });
    peer.send("4é", Buffer.from([1, 2]), "4", Buffer.alloc(0));
    assert.deepEqual(await peer.receive(4), ["4é", Buffer.from([1, 2]), "4", Buffer.alloc(0)]);
    assert.deepEqual(received, ["é", Buffer.from([1, 2]), undefined, Buffer.alloc(0)]);
    assert.equal(socket.transport.name, "websocket");
    assert.equal(socket.remoteAddress, "127.0.0.1");
    assert.equal(socket.request.url, PATH);
    assert.equal(socket.protocol, 4);
    peer.close();
  });

  test("bytes that were kept stay what they were", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await websocketSession(served);
    const kept: Buffer[] = [];
    socket.on("message", (data: Buffer) => {
      kept.push(data);
      socket.send("got");
    });
    for (const byte of [1, 2, 3]) {
      peer.send(Buffer.alloc(64, byte));
      await peer.receive(1);
    }
    assert.deepEqual(kept, [Buffer.alloc(64, 1), Buffer.alloc(64, 2), Buffer.alloc(64, 3)]);
    peer.close();
  });

  test("views of all kinds are sent as the bytes they show", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await websocketSession(served);
    const bytes = Uint8Array.of(0, 1, 2, 3, 4, 5);
    socket.send(new DataView(bytes.buffer, 2, 2));
    socket.send(new Uint16Array(bytes.buffer, 2, 1));
    socket.send(bytes.buffer);
    assert.deepEqual(await peer.receive(3), [Buffer.of(2, 3), Buffer.of(2, 3), Buffer.from(bytes)]);
    peer.close();
  });

  test("half a character leaves as a replacement character, which clients take", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await websocketSession(served);
    socket.send("a\ud83d");
    assert.deepEqual(await peer.receive(1), ["4a\ufffd"]);
    peer.close();
  });

  test("revision 3: the client pings", async (t) => {
    const served = await serveApp(t, { allowEIO3: true });
    const [peer, socket] = await websocketSession(served, "&EIO=3");
    assert.equal(socket.protocol, 3);
    socket.on("message", (data) => socket.send(data));
    peer.send("2", "4x", Buffer.from([4, 1]));
    assert.deepEqual(await peer.receive(3), ["3", "4x", Buffer.from([4, 1])]);
    peer.close();
  });

  test("messages are compressed where `compression` says so", async (t) => {
    const served = await serveApp(t, {}, { compression: uWebSockets.SHARED_COMPRESSOR });
    const request = upgradeRequest(WEBSOCKET, { "Sec-WebSocket-Extensions": "permessage-deflate" });
    const connection = new RawConnection(served.port, request);
    assert.match(await connection.received("\r\n\r\n"), /\r\nSec-WebSocket-Extensions: permessage-deflate/);
    connection.socket.destroy();
    const [peer, socket] = await websocketSession(served);
    socket.send("a".repeat(10_000));
    socket.send("b", { compress: false });
    assert.deepEqual(await peer.receive(2), [`4${"a".repeat(10_000)}`, "4b"]);
    peer.close();
  });

  test("an upgrade request for polling is closed without a status, as on node:http", async (t) => {
    const served = await serveApp(t);
    const peer = served.websocket("&transport=polling");
    assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    assert.equal(served.engine.clientsCount, 0);
  });

  test("a polling session moves to a WebSocket, once", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await pollingSession(served);
    const candidate = await served.websocket(`&sid=${peer.sid}`).opened();
    const held = peer.poll();
    candidate.send("2probe");
    assert.deepEqual(await candidate.receive(1), ["3probe"]);
    assert.equal((await held).body, "6");
    const upgrade = once(socket, "upgrade");
    candidate.send("5");
    await upgrade;
    socket.send("hello");
    assert.deepEqual(await candidate.receive(1), ["4hello"]);
    assert.equal((await peer.poll()).body, '{"code":3,"message":"Bad request"}');
    assert.deepEqual(await served.websocket(`&sid=${peer.sid}`).receive(1), ["closed 1005"]);
    candidate.close();
  });

  test("generateId may give a promise: the upgrade waits for it", async (t) => {
    const served = await serveApp(t);
    served.engine.generateId = () => Promise.resolve("mine");
    const [peer, socket] = await websocketSession(served);
    assert.equal(socket.id, "mine");
    peer.close();
  });
});

describe("uWebSockets.js: the end of a WebSocket session", { skip }, () => {
  test("by the client: transport close", async (t) => {
    const served = await serveApp(t);
    const [peer] = await websocketSession(served);
    const ending = served.ending();
    peer.close();
    assert.deepEqual(await ending, { reason: "transport close", description: undefined });
    assert.equal(served.engine.clientsCount, 0);
  });

  test("by the network: transport close", async (t) => {
    const served = await serveApp(t);
    const [peer] = await websocketSession(served);
    const ending = served.ending();
    peer.terminate();
    assert.equal((await ending).reason, "transport close");
  });

  test("by the server: what was sent before arrives, then a close frame without status", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await websocketSession(served);
    socket.send("last");
    socket.close();
    assert.deepEqual(await peer.receive(2), ["4last", "closed 1005"]);
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
    // The library's object is gone; ours says so without throwing.
    socket.send("later");
    socket.close();
    assert.equal(socket.transport.readyState, "closed");
  });

  test("a packet that is none: parse error", async (t) => {
    const served = await serveApp(t);
    const [peer] = await websocketSession(served);
    const ending = served.ending();
    peer.send("x");
    assert.equal((await ending).reason, "parse error");
    assert.deepEqual(await peer.receive(1), ["closed 1005"]);
  });

  test("a message above the limit ends the connection, and no other", async (t) => {
    const served = await serveApp(t, { maxHttpBufferSize: 100 });
    const [other] = await websocketSession(served);
    const [peer] = await websocketSession(served);
    const ending = served.ending();
    peer.send(`4${"a".repeat(100)}`);
    assert.deepEqual(await ending, {
      reason: "transport error",
      description: "RangeError: Max payload size exceeded",
    });
    assert.deepEqual([...served.engine.limitsReached.entries()], [["maxHttpBufferSize", 1]]);
    assert.equal(served.engine.clientsCount, 1);
    other.close();
  });

  test("a broken frame ends the connection, and no other", async (t) => {
    const served = await serveApp(t);
    const [other] = await websocketSession(served);
    const broken = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    await broken.received('0{"sid"');
    const ending = served.ending();
    // Opcode 3 is reserved (RFC 6455 section 5.2).
    broken.socket.write(Buffer.from("83800000000000", "hex"));
    assert.equal((await ending).reason, "transport close");
    assert.equal(served.engine.clientsCount, 1);
    other.close();
  });

  test("engine.close(): all sessions end, whatever carries them", async (t) => {
    const served = await serveApp(t);
    const [peer] = await websocketSession(served);
    await pollingSession(served);
    served.engine.close();
    assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    assert.deepEqual(
      served.endings.map(({ reason }) => reason),
      ["forced close", "forced close"],
    );
    assert.equal(served.engine.clientsCount, 0);
  });
});

describe("uWebSockets.js: a client that reads nothing", { skip }, () => {
  const COUNT = 400;
  const TEXT = "a".repeat(50_000);

  /** A session whose client has not read since the handshake, and all that was sent to it. */
  async function stalled(t: Parameters<typeof serveApp>[0]): Promise<[Socket, RawConnection]> {
    const served = await serveApp(t, {}, { maxBackpressure: 65_536 });
    const connection = served.connection();
    const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    await peer.received('0{"sid"');
    peer.socket.pause();
    const socket = await connection;
    for (let at = 0; at < COUNT; at++) socket.send(`${at}:${TEXT}`);
    return [socket, peer];
  }

  test("the transport is not writable meanwhile; once it reads it gets all, in order, and drain follows", async (t) => {
    const [socket, peer] = await stalled(t);
    const last = new Promise((resolve) => socket.send("last", resolve));
    assert.equal(socket.transport.writable, false);
    peer.socket.resume();
    const text = await peer.received("4last");
    await last;
    const order = [...text.matchAll(/4(\d+):a/g)].map(([, at]) => Number(at));
    assert.deepEqual(order, [...Array(COUNT).keys()]);
    assert.equal(socket.transport.writable, true);
    peer.socket.destroy();
    await peer.closed;
  });

  test("what was sent before close() arrives before the close frame", async (t) => {
    const [socket, peer] = await stalled(t);
    socket.send("last");
    const closed = once(socket, "close");
    socket.close();
    peer.socket.resume();
    // A close frame without a status.
    assert.ok((await peer.received("\x88\x00")).endsWith("4last\x88\x00"));
    assert.deepEqual((await closed)[0], "forced close");
    peer.socket.destroy();
    await peer.closed;
  });

  test("who leaves then ends the session: write error", async (t) => {
    const [socket, peer] = await stalled(t);
    const closed = once(socket, "close");
    peer.socket.destroy();
    const [reason, error] = (await closed) as [string, Error];
    assert.deepEqual([reason, error.message], ["transport error", "write error"]);
  });
});
