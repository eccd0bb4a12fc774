import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { describe, test } from "node:test";
import { Fetch } from "engine.io-client";
import { FaultyProxy } from "../../../tests/support/faulty-proxy.ts";
import { listening } from "../../../tests/support/listening.ts";
import { connect, event, messages } from "./support/events.ts";
import { PollingServer } from "./support/polling-server.ts";

describe("polling in Node", { timeout: 60_000 }, () => {
  test("keeps its connections", async (t) => {
    const server = await PollingServer.start(t);
    const ports = new Set<number | undefined>();
    server.http.on("request", (request) => ports.add(request.socket.remotePort));
    connect(t, server.url, { transports: ["polling"] });
    let poll = await server.handshake();
    for (let n = 0; n < 5; n++) {
      poll.answer("6");
      poll = await server.get();
    }
    // The next poll begins before the last one's connection is free again: two take turns.
    assert.ok(ports.size <= 2, `${ports.size} connections for 6 requests`);
    assert.equal(poll.request.headers["user-agent"], "node-XMLHttpRequest");
  });

  test("who loses all connections at once takes leave by a new one", async (t) => {
    const server = await PollingServer.start(t);
    const proxy = await FaultyProxy.start(server.port);
    t.after(() => proxy.close());
    const socket = connect(t, `http://127.0.0.1:${proxy.port}`, { transports: ["polling"] });
    await server.handshake();
    const drained = event(socket, "drain");
    socket.send("x");
    (await server.post()).answer("ok");
    await drained;
    proxy.cut();
    const goodbye = await server.post();
    assert.equal(goodbye.body, "1");
    goodbye.answer("ok");
  });

  for (const status of [302, 303, 307]) {
    test(`a POST redirected with status ${status} ${status === 303 ? "is a GET there" : "takes its packets along"}`, async (t) => {
      const server = await PollingServer.start(t);
      const socket = connect(t, server.url, { transports: ["polling"] });
      await server.handshake();
      socket.send("x");
      (await server.post()).answer("", status, { Location: "/there" });
      const there = await (status === 303 ? server.get() : server.post());
      assert.deepEqual([there.request.url, there.body], ["/there", status === 303 ? "" : "4x"]);
      const drained = event(socket, "drain");
      there.answer("ok");
      await drained;
    });
  }

  test("redirects: another server is not told what is secret, nor does it set cookies", async (t) => {
    const server = await PollingServer.start(t);
    const other = await PollingServer.start(t);
    const extraHeaders = { Authorization: "Bearer 1", "X-Own": "1" };
    connect(t, server.url, { transports: ["polling"], withCredentials: true, extraHeaders });
    const poll = await server.handshake();
    poll.answer("6", 200, { "Set-Cookie": "a=1" });
    const plain = await server.get();
    assert.deepEqual([plain.request.headers.cookie, plain.request.headers.authorization], ["a=1", "Bearer 1"]);
    // Within the server they go along, and a cookie of the redirect itself counts.
    plain.answer("", 302, { Location: "/elsewhere", "Set-Cookie": "b=2" });
    const within = await server.get();
    assert.deepEqual([within.request.headers.cookie, within.request.headers.authorization], ["a=1; b=2", "Bearer 1"]);
    within.answer("", 302, { Location: other.url });
    const { request, response } = await other.get();
    assert.deepEqual([request.headers.cookie, request.headers.authorization], [undefined, undefined]);
    assert.equal(request.headers["x-own"], "1");
    response.writeHead(200, { "Set-Cookie": "c=3" }).end("6");
    assert.equal((await server.get()).request.headers.cookie, "a=1; b=2");
  });

  for (const [what, location, requests] of [
    ["that leads in a circle", "/", 21],
    ["to no URL", "http://", 1],
    ["to something else than HTTP", "ftp://localhost/", 1],
    ["to nobody", "http://127.0.0.1:1/", 1],
  ] as const) {
    test(`a redirect ${what} is an error`, async (t) => {
      let count = 0;
      const server = createHttpServer((_, response) => {
        count++;
        response.writeHead(302, { Location: location }).end();
      });
      const url = `http://127.0.0.1:${await listening(t, server)}`;
      const [error] = await event(connect(t, url, { transports: ["polling"] }), "error");
      assert.equal(error.message, "xhr poll error");
      assert.equal(count, requests);
    });
  }

  test("a listener that throws does not stop the polls", async (t) => {
    const server = await PollingServer.start(t);
    const socket = connect(t, server.url, { transports: ["polling"] });
    const poll = await server.handshake();
    const thrown: unknown[] = [];
    process.setUncaughtExceptionCaptureCallback((error) => thrown.push(error));
    t.after(() => process.setUncaughtExceptionCaptureCallback(null));
    socket.once("message", () => {
      throw new Error("the application's own");
    });
    poll.answer("4a");
    const next = await server.get();
    const received = messages(socket, 1);
    next.answer("4b");
    assert.deepEqual(await received, ["b"]);
    assert.deepEqual(thrown, [new Error("the application's own")]);
  });

  for (const [by, transport, text] of [
    ["node:http", "polling", "xhr poll error"],
    ["fetch", Fetch, "fetch read error"],
  ] as const) {
    test(`by ${by}, an answer larger than maxPayload ends the session while it still arrives`, async (t) => {
      const server = await PollingServer.start(t);
      const socket = connect(t, server.url, { transports: [transport], maxPayload: 1000 });
      const poll = await server.handshake();
      const received = messages(socket, 1);
      poll.answer(`4${"é".repeat(999)}`);
      assert.deepEqual(await received, ["é".repeat(999)]);
      const next = await server.get();
      const closed = event(socket, "close");
      next.response.writeHead(200).write(`4${"x".repeat(1000)}`);
      const [reason, error] = await closed;
      assert.deepEqual(
        [reason, error.message, error.description.message],
        ["transport error", text, "answer exceeds maxPayload (1000)"],
      );
      await next.dropped();
    });

    test(`by ${by}, an answer of 50,000 packets is taken, one of more ends the session and is not split further`, async (t) => {
      const server = await PollingServer.start(t);
      const socket = connect(t, server.url, { transports: [transport] });
      const poll = await server.handshake();
      let packets = 0;
      socket.on("packet", () => packets++);
      poll.answer("6\x1e".repeat(49_999) + "6");
      const next = await server.get();
      assert.equal(packets, 50_000);
      const made = t.mock.method(String.prototype, "split");
      const closed = event(socket, "close");
      next.answer("6\x1e".repeat(1_000_000));
      const [reason, error] = await closed;
      assert.deepEqual([reason, error.message, packets], ["transport error", "too many packets", 50_000]);
      const lengths = made.mock.calls.map(({ result }) => result!.length);
      assert.equal(Math.max(...lengths), 50_001);
    });
  }
});
