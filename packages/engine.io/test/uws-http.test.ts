import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { ServerOptions, Socket } from "engine.io";
import { deferred } from "../../../tests/support/deferred.ts";
import { http } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { PATH, POLLING, RawConnection, WEBSOCKET, headerLines, pollingSession } from "./support.ts";
import { skip } from "../../../tests/support/uws.ts";
import { serveApp } from "./uws-support.ts";

/** Header lines without those that the library adds. */
const lines = (text: string): string[] => headerLines(text).filter((line) => !line.startsWith("uWebSockets: "));

const request = (method: string, target: string, headers = "", body = ""): string =>
  `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`;

/** What is refused, with which code, and with which bytes (section 1.7 of the API; upgrades are answered alike). */
const REFUSALS: readonly (readonly [name: string, request: string, code: number, message: string, context: object])[] =
  [
    [
      "an unknown transport",
      request("GET", `${PATH}?EIO=4&transport=tobi`),
      0,
      "Transport unknown",
      { transport: "tobi" },
    ],
    [
      "an upgrade to an unknown transport",
      upgradeRequest(`${PATH}?transport=tobi`),
      0,
      "Transport unknown",
      { transport: "tobi" },
    ],
    ["an unknown session", request("GET", `${POLLING}&sid=nope`), 1, "Session ID unknown", { sid: "nope" }],
    [
      "an upgrade of an unknown session",
      upgradeRequest(`${WEBSOCKET}&sid=nope`),
      1,
      "Session ID unknown",
      { sid: "nope" },
    ],
    [
      "a handshake by POST",
      request("POST", POLLING, "Content-Length: 2\r\n", "ok"),
      2,
      "Bad handshake method",
      { method: "POST" },
    ],
    ["a handshake by OPTIONS", request("OPTIONS", POLLING), 2, "Bad handshake method", { method: "OPTIONS" }],
    ["websocket without upgrade", request("GET", WEBSOCKET), 3, "Bad request", { name: "TRANSPORT_HANDSHAKE_ERROR" }],
    [
      "revision 3",
      request("GET", `${PATH}?EIO=3&transport=polling`),
      5,
      "Unsupported protocol version",
      { protocol: 3 },
    ],
    [
      "an upgrade in revision 3",
      upgradeRequest(`${PATH}?EIO=3&transport=websocket`),
      5,
      "Unsupported protocol version",
      { protocol: 3 },
    ],
  ];

describe("uWebSockets.js: refused requests", { skip }, () => {
  for (const [name, bytes, code, message, context] of REFUSALS) {
    test(`${name}: code ${code}`, async (t) => {
      const served = await serveApp(t);
      const connection = new RawConnection(served.port, bytes);
      const body = JSON.stringify({ code, message });
      assert.deepEqual(lines(await connection.received(body)), [
        "HTTP/1.1 400 Bad Request",
        "Content-Type: application/json",
        `Content-Length: ${body.length}`,
      ]);
      assert.deepEqual(served.refusals, [{ code, message, context }]);
      connection.socket.destroy();
    });
  }

  test("only the exact path is the engine's", async (t) => {
    const served = await serveApp(t, {}, { path: "/deep/engine" });
    assert.equal((await http(served.port, "GET", "/deep/engine/?EIO=4&transport=polling")).status, 200);
    for (const path of ["/deep/engine", "/deep/engine/x", "/engine.io/"]) {
      assert.equal((await http(served.port, "GET", `${path}?EIO=4&transport=polling`)).status, 404);
    }
    const without = await serveApp(t, {}, { path: "/e", addTrailingSlash: false });
    assert.equal((await http(without.port, "GET", "/e?EIO=4&transport=polling")).status, 200);
  });

  test("allowRequest sees method, path, query, headers and address, and may take its time", async (t) => {
    const answer = deferred<boolean>();
    const seen: unknown[] = [];
    const served = await serveApp(t, {
      allowRequest: async (req, done) => {
        const { method, url, headers, _query, connection } = req as typeof req & { _query: object };
        seen.push([method, url, headers["x-a"], _query, connection.remoteAddress]);
        done("no entry", await answer.promise);
      },
    });
    const polling = http(served.port, "GET", `${POLLING}&x=%C3%A9`, undefined, { "x-a": "b" });
    const upgrade = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    answer.resolve(false);
    const { status, body } = await polling;
    assert.deepEqual([status, body], [403, '{"code":4,"message":"no entry"}']);
    assert.match(await upgrade.received("no entry"), /^HTTP\/1\.1 403 Forbidden\r\n/);
    upgrade.socket.destroy();
    assert.deepEqual(seen[0], ["GET", PATH, "b", { EIO: "4", transport: "polling", x: "é" }, "127.0.0.1"]);
  });

  test("generateId may give a promise; who leaves meanwhile gets no session", async (t) => {
    const served = await serveApp(t);
    const asked = deferred();
    const id = deferred<string>();
    served.engine.generateId = () => {
      asked.resolve();
      return id.promise;
    };
    const gone = new RawConnection(served.port, request("GET", POLLING));
    await asked.promise;
    gone.socket.destroy();
    // A whole request later the end of that connection has been seen.
    await http(served.port, "GET", `${PATH}?transport=x`);
    id.resolve("first");
    await http(served.port, "GET", `${PATH}?transport=x`);
    assert.equal(served.engine.clientsCount, 0);
    const peer = served.polling();
    await peer.handshake();
    assert.equal(peer.sid, "first");
  });
});

describe("uWebSockets.js: polling", { skip }, () => {
  const ECHO = async (t: Parameters<typeof serveApp>[0], options: ServerOptions = {}) => {
    const served = await serveApp(t, options);
    served.engine.on("connection", (socket: Socket) => socket.on("message", (data) => socket.send(data)));
    return served;
  };

  test("handshake, echo of text and bytes, both answers with the bytes of upstream's", async (t) => {
    const served = await ECHO(t);
    const connection = new RawConnection(served.port, request("GET", POLLING));
    const open = await connection.received("}");
    assert.deepEqual(lines(open), [
      "HTTP/1.1 200 OK",
      "Content-Type: text/plain; charset=UTF-8",
      "cache-control: no-store",
      "Content-Length: 118",
    ]);
    const [sid] = Object.keys(served.engine.clients);
    connection.text = "";
    connection.socket.write(
      request("POST", `${POLLING}&sid=${sid}`, "Content-Length: 15\r\n", "4one\x1ebAQID\x1e4two"),
    );
    assert.deepEqual(lines(await connection.received("ok")), [
      "HTTP/1.1 200 OK",
      "Content-Type: text/html",
      "cache-control: no-store",
      "Content-Length: 2",
    ]);
    connection.text = "";
    connection.socket.write(request("GET", `${POLLING}&sid=${sid}`));
    assert.ok((await connection.received("4two")).endsWith("\r\n\r\n4one\x1ebAQID\x1e4two"));
    connection.socket.destroy();
  });

  test("a body in many pieces is put together", async (t) => {
    const served = await ECHO(t);
    const [peer, socket] = await pollingSession(served);
    const data = "é".repeat(100_000);
    const message = once(socket, "message");
    assert.equal((await peer.post(`4${data}`)).body, "ok");
    assert.deepEqual(await message, [data]);
    assert.deepEqual(await peer.receive(1), [`4${data}`]);
  });

  test("half a character leaves as a replacement character", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await pollingSession(served);
    socket.send("a\ud83d");
    assert.deepEqual(await peer.receive(1), ["4a\ufffd"]);
  });

  test("who has not read an answer gets no other; it arrives whole, or goes with its connection", async (t) => {
    const served = await serveApp(t, { httpCompression: false });
    const [peer, socket] = await pollingSession(served);
    const body = `é${"x".repeat(10_000_000)}`;
    const get = request("GET", `${POLLING}&sid=${peer.sid}`);
    for (const end of ["reads", "leaves"]) {
      socket.send(body);
      const slow = new RawConnection(served.port, get);
      await slow.received("HTTP/1.1 200 OK");
      slow.socket.pause();
      const held = peer.poll();
      await peer.post("4up");
      assert.ok(socket.bufferedBytes > 1_000_000, `${socket.bufferedBytes} bytes`);
      socket.send("next");
      if (end === "leaves") slow.socket.destroy();
      else slow.socket.resume();
      assert.equal((await held).body, "4next");
      assert.equal(socket.bufferedBytes, 0);
      if (end === "reads") assert.ok(slow.text.endsWith("\r\n\r\n4" + Buffer.from(body).toString("latin1")));
      slow.socket.destroy();
    }
  });

  test("clients of revision 3 get and send binary bodies", async (t) => {
    const served = await ECHO(t, { allowEIO3: true });
    const url = `${PATH}?EIO=3&transport=polling`;
    const { body } = await http(served.port, "GET", url);
    const { sid } = JSON.parse(body.slice(body.indexOf("{"))) as { sid: string };
    const octets = { "content-type": "application/octet-stream" };
    const packet = Buffer.from("0104ff04010203", "hex");
    assert.equal((await http(served.port, "POST", `${url}&sid=${sid}`, packet, octets)).body, "ok");
    const { headers, bytes } = await http(served.port, "GET", `${url}&sid=${sid}`);
    assert.equal(headers["content-type"], "application/octet-stream");
    assert.deepEqual(bytes, packet);
  });

  test("long answers are compressed as the client likes it", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await pollingSession(served);
    socket.send("a".repeat(2_000));
    const target = `${POLLING}&sid=${peer.sid}`;
    const { headers, bytes } = await http(served.port, "GET", target, undefined, { "accept-encoding": "gzip" });
    assert.equal(headers["content-encoding"], "gzip");
    assert.equal(gunzipSync(bytes).toString(), `4${"a".repeat(2_000)}`);
  });

  const FAULTS: readonly (readonly [name: string, bytes: string, status: string, reason: string])[] = [
    ["no Content-Length", "", "411 Length Required", "content-length header required"],
    ["a chunked body", "Transfer-Encoding: chunked\r\n", "411 Length Required", "content-length header required"],
    ["an empty body", "Content-Length: 0\r\n", "411 Length Required", "content-length header required"],
    ["a body above the limit", "Content-Length: 1001\r\n", "413 Payload Too Large", "payload too large"],
    [
      "an octet-stream",
      "Content-Length: 2\r\nContent-Type: application/octet-stream\r\n",
      "400 Bad Request",
      "invalid content",
    ],
  ];

  for (const [name, headers, status, reason] of FAULTS) {
    test(`a POST with ${name}: ${status}, and the session ends`, async (t) => {
      const served = await serveApp(t, { maxHttpBufferSize: 1_000 });
      const [peer] = await pollingSession(served);
      const ending = served.ending();
      const post = new RawConnection(served.port, request("POST", `${POLLING}&sid=${peer.sid}`, headers));
      assert.deepEqual(lines(await post.received("\r\n\r\n")), [`HTTP/1.1 ${status}`, "Content-Length: 0"]);
      assert.deepEqual(await ending, { reason: "transport error", description: reason });
      post.socket.destroy();
    });
  }

  test("two polls at a time: 500, and the first one hears of the end", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await pollingSession(served);
    const ending = served.ending();
    const first = peer.poll();
    // The first one is there once the transport can write.
    while (!socket.transport.writable) await http(served.port, "GET", `${PATH}?transport=x`);
    assert.equal((await peer.poll()).status, 500);
    assert.equal((await first).body, "1");
    assert.deepEqual(await ending, { reason: "transport error", description: "overlap from client" });
  });

  test("two POSTs at a time: 500, and the first one is cut off", async (t) => {
    const served = await serveApp(t);
    const [peer] = await pollingSession(served);
    const ending = served.ending();
    const target = `${POLLING}&sid=${peer.sid}`;
    const first = new RawConnection(served.port, request("POST", target, "Content-Length: 10\r\n", "4a"));
    await http(served.port, "GET", `${PATH}?transport=x`);
    assert.equal((await peer.post("4b")).status, 500);
    await first.closed;
    assert.deepEqual(await ending, { reason: "transport error", description: "data request overlap from client" });
  });

  test("other methods than GET and POST: 500, and the session stays", async (t) => {
    const served = await serveApp(t);
    const [peer] = await pollingSession(served);
    assert.equal((await http(served.port, "DELETE", `${POLLING}&sid=${peer.sid}`)).status, 500);
    assert.equal(served.engine.clientsCount, 1);
  });

  for (const [name, bytes, reason] of [
    ["during a poll", request("GET", `${POLLING}&sid=`), "poll connection closed prematurely"],
    [
      "in the middle of a body",
      request("POST", `${POLLING}&sid=`, "Content-Length: 9\r\n", "4"),
      "data request connection closed prematurely",
    ],
  ] as const) {
    test(`a client that leaves ${name} ends its session`, async (t) => {
      const served = await serveApp(t);
      const [peer] = await pollingSession(served);
      const ending = served.ending();
      const connection = new RawConnection(served.port, bytes.replace("sid=", `sid=${peer.sid}`));
      await http(served.port, "GET", `${PATH}?transport=x`);
      connection.socket.destroy();
      assert.deepEqual(await ending, { reason: "transport error", description: reason });
    });
  }

  test("close() answers the poll with a close packet and forgets the session", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await pollingSession(served);
    const poll = peer.poll();
    while (!socket.transport.writable) await http(served.port, "GET", `${PATH}?transport=x`);
    served.engine.close();
    assert.equal((await poll).body, "1");
    assert.equal(served.engine.clientsCount, 0);
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
  });
});
