/** How our own WebSocket in Node asks for an upgrade, and reads the answer, against servers that know only bytes. */
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { describe, test, type TestContext } from "node:test";
import fc from "fast-check";
import type { SocketOptions } from "engine.io-client";
import { agreement, ByteServer, type ByteConnection } from "../../../tests/support/byte-server.ts";
import { AnswerReader, type UpgradeAnswer } from "../build/cjs/transports/node-websocket/answer.js";
import { connect, event, messages } from "./support/events.ts";
import { OPEN_FRAME, serverText } from "./support/server-frames.ts";

const only: SocketOptions = { transports: ["websocket"] };

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
    server.send(
      Buffer.concat([Buffer.from(agreement(server.key).replace("1.1", "1.0")), OPEN_FRAME, serverText("4x")]),
    );
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
    for (const byte of Buffer.concat([Buffer.from(early + agreed), OPEN_FRAME])) {
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
