/** Our own WebSocket in Node, against servers that know only bytes. What it does with frames: tests/conformance/rfc6455-node-client.test.ts. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { Socket as Connection } from "node:net";
import { PassThrough } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import type { Socket, SocketOptions } from "engine.io-client";
import { WebSocket } from "ws";
import { agreement, ByteServer, type ByteConnection } from "../../../tests/support/byte-server.ts";
import { binary, close, fromOtherSide, ping, text } from "../../../tests/support/raw-frames.ts";
import { AgreedConnection } from "../build/cjs/transports/node-websocket/agreed-connection.js";
import type { PlainWebSocket } from "../build/cjs/transports/node-websocket/plain-websocket.js";
import { certificate } from "../../../tests/support/localhost-certificate.ts";
import { connect, event, messages } from "./support/events.ts";
import { OPEN_FRAME, serverText } from "./support/server-frames.ts";
import { openPacket } from "./support/polling-server.ts";
import { RawWebSocketServer } from "./support/websocket-server.ts";

const only: SocketOptions = { transports: ["websocket"] };

/** The WebSocket of a socket, which types don't show. */
function below(socket: Socket): PlainWebSocket | WebSocket {
  return (socket.transport as unknown as { ws: PlainWebSocket | WebSocket }).ws;
}

interface Opened {
  readonly socket: Socket;
  readonly server: ByteConnection;
}

async function open(t: TestContext, options: SocketOptions = {}): Promise<Opened> {
  const bytes = await ByteServer.start(t);
  const socket = connect(t, `ws://127.0.0.1:${bytes.port}`, { ...only, ...options });
  const server = await bytes.request();
  const opened = event(socket, "open");
  server.send(agreement(server.key), OPEN_FRAME);
  await opened;
  return { socket, server };
}

describe("an open WebSocket", { timeout: 60_000 }, () => {
  for (const secure of [false, true]) {
    test(`carries texts and bytes both ways, ${secure ? "over TLS" : "in the clear"}, larger than a read too`, async (t) => {
      const bytes = await ByteServer.start(t, secure ? certificate : undefined);
      const socket = connect(t, `${secure ? "wss" : "ws"}://127.0.0.1:${bytes.port}`, {
        ...only,
        ca: certificate.cert,
      });
      const server = await bytes.request();
      const opened = event(socket, "open");
      server.send(agreement(server.key), OPEN_FRAME);
      await opened;
      const [first, second] = [Buffer.alloc(40_000, "a"), Buffer.alloc(300_000, "b")];
      const received = messages(socket, 4);
      // In one read, if the operating system has it so, and in several.
      server.send(fromOtherSide(binary(first)));
      server.send(fromOtherSide(binary(second)), fromOtherSide(binary(first)), serverText("4€"));
      assert.deepEqual(await received, [first, second, first, "€"]);
      socket.send(second).send("€");
      assert.deepEqual(await server.received(2), [`binary ${second.toString("hex")}`, "text 4€"]);
    });
  }

  test("what is sent within a tick leaves in one write, and so do answers to what is read", async (t) => {
    const { socket, server } = await open(t);
    const writes: number[] = [];
    // Called as a method of the connection below.
    // oxlint-disable-next-line typescript/unbound-method
    const { write } = Connection.prototype;
    t.mock.method(Connection.prototype, "write", function (this: Connection, chunk: Buffer) {
      if (this.remotePort === server.socket.localPort) writes.push(chunk.length);
      return write.call(this, chunk);
    });
    socket.send("a").send("b");
    await server.received(2);
    assert.deepEqual(writes, [16]);
    socket.on("message", (data: string) => socket.send(data));
    server.send(serverText("4c"), fromOtherSide(ping("d")), serverText("2"));
    assert.deepEqual((await server.received(5)).slice(2), ["text 4c", "pong 64", "text 3"]);
    assert.deepEqual(writes, [16, 8 + 7 + 7]);
  });

  test("what a server does not read is counted, until it does", async (t) => {
    const { socket, server } = await open(t);
    server.socket.pause();
    const payload = Buffer.alloc(1_000_000);
    let count = 0;
    while (below(socket).bufferedAmount < 3_000_000) {
      socket.send(payload);
      count++;
      await new Promise(setImmediate);
    }
    server.socket.resume();
    assert.equal((await server.received(count)).length, count);
    assert.equal(below(socket).bufferedAmount, 0);
  });

  test("close() sends what was sent before, then a close frame without a code, and waits for the server's", async (t) => {
    const { socket, server } = await open(t);
    const ws = below(socket);
    socket.send("a").close();
    assert.deepEqual(await server.received(2), ["text 4a", "close"]);
    assert.equal(ws.readyState, 2);
    server.send(fromOtherSide(close()));
    assert.deepEqual(await server.ended(), ["text 4a", "close", "end"]);
  });

  test("a server that never answers a close frame is left after 30 s", async (t) => {
    const { socket, server } = await open(t);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    socket.close();
    await server.received(1);
    t.mock.timers.tick(29_999);
    assert.equal(below(socket).readyState, 2);
    t.mock.timers.tick(1);
    // It was not ended in order.
    assert.match((await server.received(2)).at(-1)!, /^(end|reset)$/);
  });

  test("a connection that ends without a close frame is 'transport close' with the code 1006", async (t) => {
    for (const how of ["end", "resetAndDestroy"] as const) {
      const { socket, server } = await open(t);
      const closed = event(socket, "close");
      server.socket[how]();
      const [reason, { description, context }] = await closed;
      assert.deepEqual([reason, description], ["transport close", "websocket connection closed"]);
      assert.deepEqual([context.code, context.reason, context.wasClean], [1006, "", false]);
    }
  });

  test("a broken frame is answered with its code, and the messages before it are heard", async (t) => {
    const { socket, server } = await open(t);
    const received = messages(socket, 1);
    const closed = event(socket, "close");
    server.send(serverText("4a"), text("4b"), serverText("4c"));
    assert.deepEqual(await received, ["a"]);
    const [reason, error] = await closed;
    assert.deepEqual([reason, error.description.error.code], ["transport error", "WS_ERR_UNEXPECTED_MASK"]);
    assert.deepEqual(await server.ended(), ["close 1002", "end"]);
  });

  test("a server that pings, and reads nothing, is cut off", async (t) => {
    const { socket, server } = await open(t);
    const closed = event(socket, "close");
    server.socket.pause();
    const pings = fromOtherSide(Buffer.concat(Array.from({ length: 5000 }, () => ping("x".repeat(125)))));
    const write = (): void => {
      while (server.socket.writable && server.socket.write(pings));
    };
    server.socket.on("drain", write);
    write();
    const [reason, error] = await closed;
    assert.deepEqual([reason, error.description.error.code], ["transport error", "WS_ERR_TOO_MANY_CONTROL_FRAMES"]);
  });
});

describe("a connection that was agreed on", () => {
  /** Before `ws` has asked for it. */
  function agreed(): { connection: PassThrough; agreed: AgreedConnection } {
    const connection = new PassThrough().resume();
    const headers = new Map([["sec-websocket-accept", ["of another key"]]]);
    const agreement = { status: 101, headers, rest: Buffer.from("rest"), protocol: "", extensions: "x" };
    return { connection, agreed: new AgreedConnection(agreement, connection as unknown as Connection) };
  }

  test("reads nothing before it is asked for, and no more than is taken", () => {
    const { connection, agreed: stream } = agreed();
    assert.ok(connection.isPaused());
    stream.write("GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    assert.equal(stream.read(), null);
    stream.write("\r\n");
    assert.ok(!connection.isPaused());
    const lent = Buffer.alloc(100_000, "a");
    stream.receive(lent);
    lent.fill("b");
    assert.ok(connection.isPaused());
    const answer = "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    assert.equal(String(stream.read()), `${answer}rest${"a".repeat(100_000)}`);
    assert.ok(!connection.isPaused());
  });
});

describe("which WebSocket it is", { timeout: 60_000 }, () => {
  const agent = new Agent();
  const choices: [options: SocketOptions & Record<string, unknown>, isOwn: boolean][] = [
    [{}, true],
    [{ perMessageDeflate: false, localAddress: "127.0.0.1", family: 4, origin: "http://x", maxPayload: 9 }, true],
    [{ perMessageDeflate: { threshold: 9 }, protocolVersion: 13, agent: false, rejectUnauthorized: false }, true],
    [{ agent }, false],
    [{ perMessageDeflate: { serverNoContextTakeover: true } as object }, false],
    [{ protocolVersion: 8 }, false],
    [{ followRedirects: true }, false],
    [{ handshakeTimeout: 1000 }, false],
    [{ skipUTF8Validation: true }, false],
    [{ setHost: false }, false],
  ];
  for (const [options, isOwn] of choices) {
    test(`${isOwn ? "ours" : "that of ws"} with the options ${Object.keys(options).join(", ") || "of nobody"}`, async (t) => {
      const server = await RawWebSocketServer.start(t);
      const socket = connect(t, server.url, { ...only, ...options });
      const accepted = await server.accept();
      const received = messages(socket, 1);
      accepted.send(openPacket(), "4x");
      if (options.maxPayload === undefined) assert.deepEqual(await received, ["x"]);
      assert.equal(below(socket) instanceof WebSocket, !isOwn);
    });
  }

  test("ours until the server agrees to compress, then that of ws on the same connection", async (t) => {
    const server = await RawWebSocketServer.start(t, { perMessageDeflate: { threshold: 0 } });
    server.headers = ["Set-Cookie: a=b"];
    const socket = connect(t, server.url, { ...only, protocols: ["one", "two"], withCredentials: true });
    const first = below(socket);
    const accepted = await server.accept();
    // Right behind the answer, more than a read.
    const large = randomBytes(500_000);
    const received = messages(socket, 2);
    accepted.send(openPacket(), large, "4x");
    assert.deepEqual(await received, [large, "x"]);
    assert.ok(below(socket) instanceof WebSocket && first !== below(socket));
    assert.equal(below(socket).protocol, "one");
    assert.equal(socket._cookieJar?.header(), "a=b");
    socket.send(large).send("y");
    assert.deepEqual(await accepted.receive(2), [large, "4y"]);
    accepted.ws.close(4000, "why");
    const [reason, { context }] = await event(socket, "close");
    assert.deepEqual([reason, context.code, context.reason], ["transport close", 4000, "why"]);
  });
});
