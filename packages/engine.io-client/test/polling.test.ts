import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { Fetch, NodeXHR, type Socket, type SocketOptions, TransportError } from "engine.io-client";
import { connect, event, journal, messages } from "./support/events.ts";
import { openPacket, PollingServer } from "./support/polling-server.ts";
import { tcpServer } from "./support/tcp-server.ts";

const deadline = { timeout: 60_000 };

const bindings = {
  NodeXHR: { transport: NodeXHR, get: "xhr poll error", post: "xhr post error" },
  Fetch: { transport: Fetch, get: "fetch read error", post: "fetch write error" },
};

for (const [binding, { transport, get: getError, post: postError }] of Object.entries(bindings)) {
  const polling = (t: TestContext, url: string, options: SocketOptions = {}): Socket =>
    connect(t, url, { transportImplementations: [transport], ...options });

  describe(`polling by ${binding}`, deadline, () => {
    test("handshakes, polls, and posts what is sent", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const [handshake] = await Promise.all([
        event(socket, "handshake"),
        server.get().then((x) => x.answer(openPacket())),
      ]);
      assert.equal(handshake[0].sid, "abc");
      assert.equal(socket.id, "abc");
      const poll = await server.get();
      assert.equal(poll.query.get("sid"), "abc");
      const received = messages(socket, 3);
      poll.answer("4hello\u001ebAQID\u001e4€");
      assert.deepEqual(await received, ["hello", Buffer.from([1, 2, 3]), "€"]);

      socket.send("x€");
      const post = await server.post();
      assert.equal(post.body, "4x€");
      assert.equal(post.query.get("sid"), "abc");
      assert.equal(post.request.headers["content-type"], "text/plain;charset=UTF-8");
      assert.equal(post.request.headers["accept"], "*/*");
      socket.send("second").send(new Uint8Array([4, 5]));
      post.answer("ok");
      assert.equal((await server.post()).body, "4second\u001ebBAU=");
    });

    test("the first request says EIO, transport and a stamp, and the user's query", async (t) => {
      const server = await PollingServer.start(t);
      polling(t, server.url, { query: { token: "a b&c", n: 1 } });
      const { query, request } = await server.get();
      assert.match(query.get("t") ?? "", /^[0-9a-z]{8}$/);
      query.delete("t");
      assert.deepEqual(
        [...query],
        [
          ["token", "a b&c"],
          ["n", "1"],
          ["EIO", "4"],
          ["transport", "polling"],
        ],
      );
      assert.equal(request.url!.split("?")[0], "/engine.io/");
    });

    test("never has more than one GET and one POST under way", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      let poll = await server.handshake();
      const received = messages(socket, 20);
      for (let n = 0; n < 20; n++) {
        socket.send(`a${n}`).send(`b${n}`);
        const post = await server.post();
        poll.answer(`4${n}`);
        poll = await server.get();
        post.answer("ok");
      }
      assert.equal((await received).length, 20);
      assert.deepEqual(server.mostAtOnce, { GET: 1, POST: 1 });
    });

    test("cuts what is queued into bodies of at most maxPayload bytes, counted as UTF-8 and base64", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      await server.handshake({ maxPayload: 100 });
      socket.send("first");
      const first = await server.post();
      const sent = ["a".repeat(60), "€".repeat(10), "b".repeat(10), new Uint8Array(60), "c".repeat(300), "d", "e"];
      for (const data of sent) socket.send(data);
      assert.equal(socket.writeBuffer.length, 7);
      const bodies: number[][] = [];
      for (let post = first; bodies.length < 4;) {
        post.answer("ok");
        post = await server.post();
        bodies.push(post.body.split("\u001e").map((packet) => packet.length));
      }
      // 60 + 30 bytes, 10 + 1.33 × 60 bytes; one that is too large goes alone. "€" is 3 bytes and 1 character here.
      assert.deepEqual(bodies, [[61, 11], [11, 81], [301], [2, 2]]);
    });

    test("puts at most 5000 packets into a body", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      await server.handshake();
      socket.send("first");
      const first = await server.post();
      for (let n = 0; n < 5001; n++) socket.send("x");
      first.answer("ok");
      const second = await server.post();
      assert.equal(second.body.split("\u001e").length, 5000);
      second.answer("ok");
      assert.equal((await server.post()).body, "4x");
    });

    for (const status of [201, 204, 301, 400, 413, 500]) {
      test(`status ${status} on a poll ends the session with '${getError}'`, async (t) => {
        const server = await PollingServer.start(t);
        const socket = polling(t, server.url);
        const poll = await server.handshake();
        const failed = event(socket, "error");
        const closed = event(socket, "close");
        poll.answer(status === 204 ? "" : "4lost", status);
        const [error] = await failed;
        const [reason, description] = await closed;
        assert.ok(error instanceof TransportError);
        assert.deepEqual([error.message, error.type, error.description], [getError, "TransportError", status]);
        assert.equal((error.context as { status: number }).status, status);
        assert.equal(reason, "transport error");
        assert.equal(description, error);
        assert.equal(socket.readyState, "closed");
        assert.equal(socket.id, null);
      });
    }

    test(`a refused POST ends the session with '${postError}', the server is told, and the poll dropped`, async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const poll = await server.handshake();
      socket.send("x");
      const closed = event(socket, "close");
      (await server.post()).answer("", 400);
      const [reason, error] = await closed;
      assert.equal(reason, "transport error");
      assert.deepEqual([error.message, error.description], [postError, 400]);
      (await server.post()).answer("ok");
      await poll.dropped();
    });

    test("a poll that breaks off is no news to the server, which is told, once, that the session is over", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const poll = await server.handshake();
      const log = journal(socket);
      poll.response.destroy();
      const goodbye = await server.post();
      assert.deepEqual([goodbye.body, goodbye.query.get("sid")], ["1", "abc"]);
      // That this one is lost as well concerns nobody.
      goodbye.response.destroy();
      await goodbye.dropped();
      assert.deepEqual(log, [`error: ${getError}`, "close: transport error"]);
    });

    test("a handshake that breaks off is the end, with nothing to take leave of", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const closed = event(socket, "close");
      (await server.get()).response.destroy();
      await closed;
      polling(t, server.url);
      await server.get();
      assert.equal(server.mostAtOnce.POST, 0);
    });

    test("a server that is not there is an error, reported after construction", async (t) => {
      const server = await PollingServer.start(t);
      const { url } = server;
      server.http.close();
      const socket = polling(t, url);
      const log = journal(socket);
      const [error] = await event(socket, "error");
      assert.equal(error.message, getError);
      if (binding === "NodeXHR") {
        assert.equal(error.description, 0);
        assert.equal(error.context.error.code, "ECONNREFUSED");
      } else assert.ok(error.description instanceof Error);
      await Promise.resolve();
      assert.deepEqual(log, [`error: ${getError}`, "close: transport error"]);
    });

    const garbage: Record<string, string> = {
      "text that is no packet": "<html>hello</html>",
      nothing: "",
      "an open packet without JSON": "0hello",
      "an open packet without sid": `0{"upgrades":[],"pingInterval":1,"pingTimeout":1}`,
      "an open packet with a delay that is no number": openPacket({ pingInterval: "soon" }),
      "an open packet with null": "0null",
      "packets, but no open packet": "4hello\u001e6",
      "a protocol 3 payload": `97:0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}2:40`,
    };
    for (const [what, body] of Object.entries(garbage)) {
      test(`a handshake answered with ${what} ends in an error`, async (t) => {
        const server = await PollingServer.start(t);
        const socket = polling(t, server.url);
        const closed = event(socket, "close");
        (await server.get()).answer(body);
        const [reason, error] = await closed;
        assert.equal(reason, "transport error");
        assert.ok(error instanceof Error);
      });
    }

    test("an unknown packet ends the session with 'server error', after what came before it", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const poll = await server.handshake();
      const received: unknown[] = [];
      socket.on("message", (data) => received.push(data));
      const closed = event(socket, "close");
      poll.answer("4before\u001e9\u001e4after");
      const [reason, error] = await closed;
      assert.equal(reason, "transport error");
      assert.deepEqual([error.message, error.code], ["server error", "parser error"]);
      assert.deepEqual(received, ["before"]);
    });

    test("a close packet ends the session with 'transport close'", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const poll = await server.handshake();
      const closed = event(socket, "close");
      poll.answer("4bye\u001e1");
      assert.deepEqual(await closed, ["transport close", { description: "transport closed by the server" }]);
    });

    test("answers a ping with a pong", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const poll = await server.handshake();
      const seen: string[] = [];
      for (const name of ["packet", "heartbeat", "ping", "pong"] as const) socket.on(name, () => seen.push(name));
      poll.answer("2");
      assert.equal((await server.post()).body, "3");
      assert.deepEqual(seen, ["packet", "heartbeat", "ping", "pong"]);
    });

    test("a poll that breaks off in the middle of its answer ends the session", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const poll = await server.handshake();
      const closed = event(socket, "close");
      poll.response.writeHead(200, { "Content-Length": "1000" }).write("4hal");
      poll.response.destroy();
      const [reason, error] = await closed;
      assert.equal(reason, "transport error");
      assert.equal(error.message, getError);
    });

    test("bytes that are no HTTP end the session", async (t) => {
      const url = await tcpServer(t, (socket) => socket.end("\u0000\u0001 what do you want\r\n\r\n"));
      const [reason, error] = await event(polling(t, url), "close");
      assert.deepEqual([reason, error.message], ["transport error", getError]);
    });

    test("close() posts a close packet, and the poll is dropped once that is answered", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const poll = await server.handshake();
      const closed = event(socket, "close");
      socket.close();
      assert.deepEqual(await closed, ["forced close", undefined]);
      const goodbye = await server.post();
      assert.equal(goodbye.body, "1");
      assert.equal(poll.response.destroyed, false);
      goodbye.answer("ok");
      await poll.dropped();
    });

    test("close() lets leave what is queued", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      await server.handshake();
      socket.send("a").send("b").close();
      assert.equal(socket.readyState, "closing");
      socket.send("too late");
      const bodies = [];
      for (let n = 0; n < 3; n++) {
        const post = await server.post();
        bodies.push(post.body);
        post.answer("ok");
      }
      assert.deepEqual(bodies, ["4a", "4b", "1"]);
      assert.equal(socket.readyState, "closed");
    });

    test("close() while opening ends at once, and the server hears of it as soon as it has answered", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url);
      const handshake = await server.get();
      const log = journal(socket);
      socket.close();
      assert.deepEqual(log, ["close: forced close"]);
      handshake.answer(openPacket());
      const goodbye = await server.post();
      assert.deepEqual([goodbye.body, goodbye.query.get("sid")], ["1", "abc"]);
      goodbye.answer("ok");
      assert.deepEqual(log, ["close: forced close"]);
    });

    test("close() right after construction asks the server nothing", async (t) => {
      const server = await PollingServer.start(t);
      const requests: string[] = [];
      server.http.on("request", (request) => requests.push(request.url ?? ""));
      const socket = polling(t, server.url);
      socket.close();
      // A second socket's request would come after the first one's.
      polling(t, server.url, { query: { second: "1" } });
      assert.equal((await server.get()).query.get("second"), "1");
      assert.equal(requests.length, 1);
    });

    test("a request that takes longer than requestTimeout ends the session", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url, { requestTimeout: 30 });
      const closed = event(socket, "close");
      // On a busy machine it may end before it reaches the server.
      const request = await Promise.race([server.get(), closed.then(() => null)]);
      const [reason, error] = await closed;
      assert.equal(reason, "transport error");
      assert.deepEqual([error.message, error.description.message], [getError, "timeout"]);
      await request?.dropped();
    });

    test("sends cookies back if withCredentials is set, and only then", async (t) => {
      const server = await PollingServer.start(t);
      polling(t, server.url, { withCredentials: true });
      const setCookie = [
        "a=1=2; Path=/",
        "b=x; MAX-AGE=0",
        "c=3; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "d=4; max-age=60",
      ];
      (await server.get()).answer(openPacket(), 200, { "Set-Cookie": setCookie });
      const poll = await server.get();
      assert.equal(poll.request.headers.cookie, "a=1=2; d=4");
      poll.answer("6", 200, { "Set-Cookie": ["a=; Max-Age=-1", "d=5"] });
      const second = await server.get();
      assert.equal(second.request.headers.cookie, "d=5");

      const many = Array.from({ length: 1000 }, (_, n) => `n${n}=x`);
      second.answer("6", 200, { "Set-Cookie": many });
      assert.ok((await server.get()).request.headers.cookie!.length < 1000);

      const other = await PollingServer.start(t);
      polling(t, other.url);
      (await other.get()).answer(openPacket(), 200, { "Set-Cookie": setCookie });
      assert.equal((await other.get()).request.headers.cookie, undefined);
    });

    test("headers of the user go with each request", async (t) => {
      const server = await PollingServer.start(t);
      const socket = polling(t, server.url, { extraHeaders: { "X-Mine": "yes" } });
      const poll = await server.handshake();
      socket.send("x");
      const post = await server.post();
      assert.deepEqual(
        [poll, post].map(({ request }) => request.headers["x-mine"]),
        ["yes", "yes"],
      );
    });
  });
}
