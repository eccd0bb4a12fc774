/** Our own WebSocket in Node, against servers that know only bytes. What it does with frames: tests/conformance/rfc6455-node-client.test.ts. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { Socket as Connection } from "node:net";
import { PassThrough } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import fc from "fast-check";
import type { Socket, SocketOptions } from "engine.io-client";
import { WebSocket } from "ws";
import { agreement, ByteServer, type ByteConnection } from "../../../tests/support/byte-server.ts";
import { binary, close, fromOtherSide, ping, text } from "../../../tests/support/raw-frames.ts";
import { AgreedConnection } from "../build/cjs/transports/node-websocket/agreed-connection.js";
import { AnswerReader, type UpgradeAnswer } from "../build/cjs/transports/node-websocket/answer.js";
import type { PlainWebSocket } from "../build/cjs/transports/node-websocket/plain-websocket.js";
import { certificate } from "../../../tests/support/localhost-certificate.ts";
import { connect, event, messages } from "./support/events.ts";
import { openPacket } from "./support/polling-server.ts";
import { RawWebSocketServer } from "./support/websocket-server.ts";

const only: SocketOptions = { transports: ["websocket"] };
const serverText = (data: string): Buffer => fromOtherSide(text(data));
const OPEN = serverText(openPacket());

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
  server.send(agreement(server.key), OPEN);
  await opened;
  return { socket, server };
}

describe("the upgrade request", { timeout: 60_000 }, () => {
  /** Its lines, without the key, which differs each time. */
  async function requestOf(t: TestContext, options: SocketOptions): Promise<string[]> {
    const bytes = await ByteServer.start(t);
    connect(t, `ws://localhost:${bytes.port}`, { ...only, ...options });
    const { request, key: sent } = await bytes.request();
    assert.match(sent, /^[+/0-9A-Za-z]{22}==$/);
    return request.replace(sent, "…").replaceAll(String(bytes.port), "port").split("\r\n");
  }

  test("has the lines that RFC 6455, 4.1 asks for, and offers compression", async (t) => {
    assert.deepEqual(await requestOf(t, {}), [
      "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1",
      "Host: localhost:port",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: …",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
      "",
      "",
    ]);
  });

  const various: SocketOptions = {
    path: "/ä b",
    query: { q: "€&" },
    origin: "http://example.com",
    protocols: ["one", "two"],
    perMessageDeflate: false,
    extraHeaders: { "X-Latin": "é", Authorization: "Bearer x", host: "other.example", CONNECTION: "close" },
  };

  test("says the same as that of ws, whatever is asked for", async (t) => {
    const agent = new Agent();
    for (const options of [{}, various, { perMessageDeflate: { threshold: 1 } }]) {
      const sorted = (lines: string[]): string[] => lines.map((line) => line.replace(/^host:/, "Host:")).sort();
      assert.deepEqual(sorted(await requestOf(t, options)), sorted(await requestOf(t, { ...options, agent })));
    }
  });

  for (const [what, options] of Object.entries<SocketOptions>({
    "a header of two lines": { extraHeaders: { "X-A": "b\r\nX-C: d" } },
    "a header without a name": { extraHeaders: { "X A": "b" } },
    "an origin of two lines": { origin: "a\r\nX-C: d" },
    "a sub-protocol that is none": { protocols: "a b" },
    "a sub-protocol that is offered twice": { protocols: ["a", "a"] },
    "a path with a fragment": { path: "/a#b", addTrailingSlash: false },
  })) {
    test(`${what} is an error, and nobody is connected to`, async (t) => {
      const bytes = await ByteServer.start(t);
      const socket = connect(t, `ws://127.0.0.1:${bytes.port}`, { ...only, ...options });
      const [error] = await event(socket, "error");
      assert.equal(error.message, "websocket error");
      assert.ok(error.description instanceof Error);
      assert.equal(bytes.connections, 0);
    });
  }
});

describe("the answer", { timeout: 60_000 }, () => {
  type Answer = (key: string) => string;
  const lines =
    (change: Record<string, string | null>): Answer =>
    (sent) =>
      agreement(sent, change);
  const refusals: Record<string, [answer: Answer, message: string, options?: SocketOptions]> = {
    "a status with a body": [
      () => "HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nwrong",
      "Unexpected server response: 400",
    ],
    "200": [() => "HTTP/1.1 200 OK\r\n\r\n", "Unexpected server response: 200"],
    "a redirect": [() => "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", "Unexpected server response: 302"],
    "a status without a reason": [() => "HTTP/1.1 503\r\n\r\n", "Unexpected server response: 503"],
    "HTTP/2.0": [
      (sent) => agreement(sent).replace("1.1", "2.0"),
      "Invalid answer to the WebSocket handshake: not HTTP/1",
    ],
    "another protocol": [() => "SSH-2.0-OpenSSH_9.2\r\n", "Invalid answer to the WebSocket handshake: not HTTP/1"],
    "a status that is none": [() => "HTTP/1.1 099 ?\r\n\r\n", "Invalid answer to the WebSocket handshake: not HTTP/1"],
    "a line without a name": [lines({ "": "x" }), "Invalid answer to the WebSocket handshake: a header that is none"],
    "a line that goes on": [lines({ " X": "y" }), "Invalid answer to the WebSocket handshake: a header that is none"],
    "a line feed alone": [lines({ X: "y\nZ" }), "Invalid answer to the WebSocket handshake: a header that is none"],
    "an accept key of another key": [
      lines({ "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
      "Invalid Sec-WebSocket-Accept header",
    ],
    "no accept key": [lines({ "Sec-WebSocket-Accept": null }), "Invalid Sec-WebSocket-Accept header"],
    "no Upgrade header": [lines({ Upgrade: null }), "Invalid Upgrade header"],
    "an upgrade to something else": [lines({ Upgrade: "h2c" }), "Invalid Upgrade header"],
    "no Connection header": [lines({ Connection: null }), "Invalid Connection header"],
    "a connection that is kept": [lines({ Connection: "keep-alive" }), "Invalid Connection header"],
    "a sub-protocol that nobody asked for": [
      lines({ "Sec-WebSocket-Protocol": "a" }),
      "Server sent a subprotocol but none was requested",
    ],
    "another sub-protocol": [
      lines({ "Sec-WebSocket-Protocol": "b" }),
      "Server sent an invalid subprotocol",
      { protocols: "a" },
    ],
    "no sub-protocol": [lines({}), "Server sent no subprotocol", { protocols: "a" }],
    "an extension that nobody asked for": [
      lines({ "Sec-WebSocket-Extensions": "permessage-deflate" }),
      "Server sent a Sec-WebSocket-Extensions header but no extension was requested",
      { perMessageDeflate: false },
    ],
    "another extension": [
      lines({ "Sec-WebSocket-Extensions": "x" }),
      "Server indicated an extension that was not requested",
    ],
    "more than there may be": [
      (sent) => agreement(sent, { X: "x".repeat(17_000) }),
      "Invalid answer to the WebSocket handshake: more than 16384 bytes",
    ],
    "answers before the answer, without an end": [
      () => "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000),
      "Invalid answer to the WebSocket handshake: more than 16384 bytes",
    ],
  };
  for (const [what, [answer, message, options]] of Object.entries(refusals)) {
    test(`${what}: ${message}`, async (t) => {
      const bytes = await ByteServer.start(t);
      const socket = connect(t, `ws://127.0.0.1:${bytes.port}`, { ...only, ...options });
      const server = await bytes.request();
      server.send(answer(server.key));
      const [error] = await event(socket, "error");
      assert.deepEqual([error.message, error.description.message], ["websocket error", message]);
      // It does not wait for the server to go.
      assert.match((await server.ended()).join(), /^(end|reset)$/);
    });
  }

  test("may say that it is HTTP/1.0, as long as it agrees", async (t) => {
    const bytes = await ByteServer.start(t);
    const socket = connect(t, `ws://127.0.0.1:${bytes.port}`, only);
    const received = messages(socket, 1);
    const server = await bytes.request();
    server.send(Buffer.concat([Buffer.from(agreement(server.key).replace("1.1", "1.0")), OPEN, serverText("4x")]));
    assert.deepEqual(await received, ["x"]);
  });

  test("may come byte by byte, after others, in any case, and with frames behind it", async (t) => {
    const bytes = await ByteServer.start(t);
    const socket = connect(t, `ws://127.0.0.1:${bytes.port}`, only);
    const received = messages(socket, 1);
    const server = await bytes.request();
    const early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    const agreed = agreement(server.key, { Upgrade: "WebSocket", Connection: "keep-alive, upgrade", X: "" })
      .replace("Sec-WebSocket-Accept", "SEC-WEBSOCKET-ACCEPT")
      .replace(": ", ":  \t");
    for (const byte of Buffer.concat([Buffer.from(early + agreed), OPEN])) {
      server.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    server.send(serverText("4x"));
    assert.deepEqual(await received, ["x"]);
  });

  test("is read the same however the network cuts it, whatever it is, and is never more than it may be", () => {
    const read = (chunks: readonly Buffer[]): string => {
      const reader = new AnswerReader();
      let answer: UpgradeAnswer | null = null;
      try {
        for (const chunk of chunks) if ((answer ??= reader.receive(chunk)) !== null) break;
      } catch (error) {
        return String(error);
      }
      return JSON.stringify(answer && [answer.status, [...answer.headers]]);
    };
    const line = fc.oneof(
      fc.constantFrom(
        "HTTP/1.1 101 x",
        "HTTP/1.1 100",
        "HTTP/1.1 200 OK",
        "HTTP/1.0 101 x",
        "Upgrade: websocket",
        "",
        "a",
      ),
      fc.tuple(fc.string({ maxLength: 9 }), fc.string({ maxLength: 20 })).map(([name, value]) => `${name}: ${value}`),
    );
    const anyAnswer = fc.tuple(fc.array(line, { maxLength: 12 }), fc.boolean()).map(([all, isWhole]) => {
      const start = isWhole ? ["HTTP/1.1 101 Switching Protocols"] : [];
      return Buffer.from([...start, ...all, "", ""].join("\r\n"), "latin1");
    });
    fc.assert(
      fc.property(anyAnswer, fc.nat(), fc.nat(), (bytes, one, other) => {
        const [from, to] = [one % (bytes.length + 1), other % (bytes.length + 1)].sort((a, b) => a - b);
        const cut = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
        const single = [...bytes].map((byte) => Buffer.from([byte]));
        // What is broken is found at the first byte that shows it, so texts may differ.
        const kind = (result: string): string => result.replace(/^Error.*/s, "error");
        assert.equal(kind(read(cut)), kind(read([bytes])));
        assert.equal(kind(read(single)), kind(read([bytes])));
      }),
      { seed: 6455, numRuns: 500 },
    );
  });

  for (const [what, end] of Object.entries<(server: ByteConnection) => void>({
    ended: ({ socket }) => socket.end(),
    reset: ({ socket }) => socket.resetAndDestroy(),
  })) {
    test(`a connection that is ${what} half way is an error`, async (t) => {
      const bytes = await ByteServer.start(t);
      const socket = connect(t, `ws://127.0.0.1:${bytes.port}`, only);
      const server = await bytes.request();
      server.send(agreement(server.key).slice(0, 50));
      end(server);
      const [error] = await event(socket, "error");
      assert.equal(error.message, "websocket error");
      assert.ok(error.description.error instanceof Error);
    });
  }

  test("a connection that is refused is an error with its code", async (t) => {
    const bytes = await ByteServer.start(t);
    const { port } = bytes;
    await bytes.close();
    const [error] = await event(connect(t, `ws://127.0.0.1:${port}`, only), "error");
    assert.equal(error.description.error.code, "ECONNREFUSED");
  });
});

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
      server.send(agreement(server.key), OPEN);
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
