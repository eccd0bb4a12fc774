import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket as TcpSocket } from "node:net";
import { describe, test } from "node:test";
import type { ServerOptions, Socket } from "engine.io";
import { WebSocket, WebSocketServer } from "ws";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { PATH, RawConnection, WEBSOCKET, headerLines, serve, websocketSession } from "./support.ts";

describe("websocket", () => {
  test("the 101 has these headers, and the first frame is the handshake", async (t) => {
    const { port } = await serve(t);
    const peer = new RawConnection(port, upgradeRequest(WEBSOCKET));
    const text = await peer.received('"maxPayload":1000000}');
    assert.deepEqual(headerLines(text), [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]);
    assert.match(
      text.slice(text.indexOf("\r\n\r\n") + 4),
      /^\x81.0\{"sid":"[\w-]{20}","upgrades":\[\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\}$/,
    );
    peer.socket.destroy();
  });

  test("the first sub-protocol that is offered is taken", async (t) => {
    const { port } = await serve(t);
    const peer = new RawConnection(port, upgradeRequest(WEBSOCKET, { "Sec-WebSocket-Protocol": "foo, bar" }));
    assert.ok(headerLines(await peer.received("\r\n\r\n")).includes("Sec-WebSocket-Protocol: foo"));
    peer.socket.destroy();
  });

  test("text, bytes, base64 and empty messages arrive, in order", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    const received: unknown[] = [];
    socket.on("message", (data) => received.push(data));
    peer.send("4hé", Buffer.from([1, 2]), "bAQID", "4", Buffer.alloc(0), "0", "5", "6", "4last");
    while (received.at(-1) !== "last") await once(socket, "message");
    assert.deepEqual(received, ["hé", Buffer.from([1, 2]), Buffer.from([1, 2, 3]), undefined, Buffer.alloc(0), "last"]);
    assert.equal(socket.readyState, "open");
    peer.close();
  });

  test("text and all forms of bytes are sent, in order", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    socket
      .send("a")
      .send(Buffer.from([1]))
      .send(new Uint8Array([2]).buffer)
      .send(new Uint8Array([0, 3]).subarray(1));
    socket.send(new Blob([Buffer.from([4])])).send("b");
    assert.deepEqual(await peer.receive(6), ["4a", ...[1, 2, 3, 4].map((byte) => Buffer.from([byte])), "4b"]);
    peer.close();
  });

  test("a client that cannot take bytes gets base64", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served, "&b64=1");
    assert.equal(socket.transport.supportsBinary, false);
    socket.send(Buffer.from([1, 2, 3]));
    assert.deepEqual(await peer.receive(1), ["bAQID"]);
    peer.close();
  });

  test("the connection behind a session is conn.transport.socket", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    const { socket: websocket } = socket.transport as unknown as { socket: { readyState: number } };
    assert.equal(websocket.readyState, 1);
    peer.close();
  });

  test("frames that come with the upgrade request in one segment are heard, after connection", async (t) => {
    const served = await serve(t);
    const message = new Promise((resolve) => {
      served.engine.on("connection", (socket: Socket) => socket.on("message", resolve));
    });
    // "4hi", masked with zeros.
    const peer = new RawConnection(served.port, `${upgradeRequest(WEBSOCKET)}\x81\x83\0\0\0\x004hi`);
    assert.equal(await message, "hi");
    peer.socket.destroy();
  });

  test("a broken frame in the segment of the upgrade ends the session, also while the id is still being made", async (t) => {
    const served = await serve(t);
    served.engine.generateId = () => new Promise((resolve) => setImmediate(resolve, "late id"));
    const ending = served.ending();
    const peer = new RawConnection(served.port, `${upgradeRequest(WEBSOCKET)}\xf1\x80\0\0\0\0`);
    assert.equal((await ending).reason, "transport error");
    assert.equal(served.engine.clientsCount, 0);
    peer.socket.destroy();
  });

  test("a connection that is reset while allowRequest takes its time does no harm", async (t) => {
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let allow = (): void => {};
    const served = await serve(t, {
      allowRequest: (_req, callback) => {
        allow = () => callback(null, true);
        answer();
      },
    });
    const upgrade = once(served.http, "upgrade");
    const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    await asked;
    const [, tcp] = (await upgrade) as [unknown, TcpSocket];
    const closed = new Promise((resolve) => tcp.once("close", resolve));
    peer.socket.resetAndDestroy();
    // Nobody reads there yet, so the reset would not be seen.
    tcp.resume();
    await closed;
    allow();
    assert.equal(served.engine.clientsCount, 0);
  });

  test("transport=polling on an upgrade request is answered 101 and closed without a code", async (t) => {
    const served = await serve(t);
    const peer = new RawConnection(served.port, upgradeRequest(`${PATH}?EIO=4&transport=polling`));
    assert.ok((await peer.received("\x88\0")).endsWith("\r\n\r\n\x88\0"));
    assert.equal(served.engine.clientsCount, 0);
    peer.socket.destroy();
  });

  test("ws serves who compresses, and everybody if it is asked for by name", async (t) => {
    const offer = { "Sec-WebSocket-Extensions": "permessage-deflate" };
    const isWs = async (options: ServerOptions, headers: Record<string, string> = {}): Promise<boolean> => {
      const served = await serve(t, options);
      const connection = served.connection();
      const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET, headers));
      const { transport } = await connection;
      peer.socket.destroy();
      return (transport as unknown as { socket: unknown }).socket instanceof WebSocket;
    };
    assert.equal(await isWs({}, offer), false);
    assert.equal(await isWs({ perMessageDeflate: true }), false);
    assert.equal(await isWs({ perMessageDeflate: true }, offer), true);
    assert.equal(await isWs({ wsEngine: WebSocketServer }), true);
  });

  test("a WebSocket server of another make can take the place of ws", async (t) => {
    const given: object[] = [];
    class Other extends WebSocketServer {
      constructor(options: object) {
        super(options);
        given.push(options);
      }
    }
    const served = await serve(t, { wsEngine: Other, maxHttpBufferSize: 123 });
    const [peer] = await websocketSession(served);
    assert.deepEqual(given.at(-1), {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: 123,
    });
    peer.close();
  });
});

test("when the server closes, what was sent over WebSockets leaves before the close frame, however much it is", async (t) => {
  for (const wsEngine of [undefined, WebSocketServer]) {
    const served = await serve(t, wsEngine === undefined ? {} : { wsEngine });
    const [peer, socket] = await websocketSession(served);
    const sent = ["a", "b", "c"].map((letter) => letter.repeat(3_000_000));
    for (const text of sent) socket.send(text);
    served.engine.close();
    assert.equal(socket.readyState, "closed");
    const received = await peer.receive(4);
    assert.deepEqual(
      received.map((message) => [String(message).slice(0, 2), message.length]),
      [
        ["4a", 3_000_001],
        ["4b", 3_000_001],
        ["4c", 3_000_001],
        ["cl", "closed 1005".length],
      ],
    );
  }
});

describe("a WebSocket client that breaks the rules", () => {
  for (const [name, message] of [
    ["no packet type", "abc"],
    ["an unknown packet type", "7"],
    ["nothing", ""],
  ] as const) {
    test(`${name}: closed without a code, "parse error"`, async (t) => {
      const served = await serve(t);
      const [peer] = await websocketSession(served);
      peer.send(message);
      assert.deepEqual(await peer.receive(1), ["closed 1005"]);
      assert.equal(served.endings[0]?.reason, "parse error");
    });
  }

  test("a ping: closed without a code, in the wrong direction", async (t) => {
    const served = await serve(t);
    const [peer] = await websocketSession(served);
    peer.send("2");
    assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    assert.deepEqual(served.endings, [{ reason: "transport error", description: "invalid heartbeat direction" }]);
  });

  test("a message above maxHttpBufferSize: closed with 1009", async (t) => {
    const served = await serve(t, { maxHttpBufferSize: 10 });
    const [peer] = await websocketSession(served);
    peer.send("4aaaaaaaaaa");
    assert.deepEqual(await peer.receive(1), ["closed 1009"]);
    assert.deepEqual(served.endings, [
      { reason: "transport error", description: "RangeError: Max payload size exceeded" },
    ]);
  });

  test("one of exactly that size is taken, and the limit follows engine.opts", async (t) => {
    const served = await serve(t, { maxHttpBufferSize: 10 });
    served.engine.opts.maxHttpBufferSize = 20;
    const [peer, socket] = await websocketSession(served);
    const message = once(socket, "message");
    peer.send(`4${"a".repeat(19)}`);
    assert.equal(((await message) as [string])[0].length, 19);
    peer.close();
  });
});

describe("the end of a WebSocket session", () => {
  test("by the client's close frame: transport close", async (t) => {
    const served = await serve(t);
    const [peer] = await websocketSession(served);
    const ending = served.ending();
    peer.close();
    assert.deepEqual(await ending, { reason: "transport close", description: undefined });
    assert.equal(served.engine.clientsCount, 0);
  });

  test("by the client's close packet: transport close", async (t) => {
    const served = await serve(t);
    const [peer] = await websocketSession(served);
    peer.send("1");
    assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    assert.equal(served.endings[0]?.reason, "transport close");
  });

  test("by a lost connection: transport close", async (t) => {
    const served = await serve(t);
    const [peer] = await websocketSession(served);
    const ending = served.ending();
    peer.terminate();
    assert.equal((await ending).reason, "transport close");
  });

  test("by the server: what was sent leaves first, then a close frame without a code", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    const big = "x".repeat(900_000);
    socket.send(big).send("last words");
    socket.close();
    socket.send("too late");
    assert.deepEqual(await peer.receive(3), [`4${big}`, "4last words", "closed 1005"]);
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
  });
});

test("writable is false while the operating system has not taken what was sent, and what is sent meanwhile is kept", async (t) => {
  const served = await serve(t);
  const connection = served.connection();
  const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
  const socket = await connection;
  await peer.received('"maxPayload":1000000}');
  peer.socket.pause();
  // More than a kernel takes for a peer that does not read.
  for (let i = 0; i < 500 && socket.transport.writable; i++) socket.send("x".repeat(100_000));
  assert.equal(socket.transport.writable, false);
  const { writeBuffer } = socket as unknown as { writeBuffer: readonly unknown[] };
  assert.equal(writeBuffer.length, 0);
  socket.send("kept");
  assert.equal((socket as unknown as { writeBuffer: readonly unknown[] }).writeBuffer.length, 1);
  const drained = once(socket, "drain");
  peer.socket.resume();
  await drained;
  assert.equal(socket.transport.writable, true);
  await peer.received("4kept");
  peer.socket.destroy();
});
