import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { processErrors } from "../../socket.io/test/support/process-errors.ts";
import { http, tcp } from "../../../tests/support/raw-peer.ts";
import { POLLING, RawConnection, headerLines, pollingSession, serve } from "./support.ts";

const url = (sid: string): string => `${POLLING}&sid=${sid}`;

describe("polling", () => {
  test("the handshake answer has these headers and a session in this form", async (t) => {
    const { port } = await serve(t);
    const text = await tcp(port, `GET ${POLLING} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(headerLines(text), [
      "HTTP/1.1 200 OK",
      "Content-Type: text/plain; charset=UTF-8",
      "Content-Length: 118",
      "cache-control: no-store",
      "Connection: close",
    ]);
    const [, body = ""] = text.split("\r\n\r\n");
    assert.match(
      body,
      /^0\{"sid":"[\w-]{20}","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\}$/,
    );
  });

  test("a GET is held until there is something to send, and takes all that waits", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const held = peer.poll();
    // A request that comes later and is answered shows that the first one has arrived and was held.
    await peer.post("4up");
    assert.equal(socket.transport.writable, true);
    socket.send("down");
    assert.equal((await held).body, "4down");
    socket
      .send("a")
      .send(Buffer.from([1, 2, 3]))
      .send("€");
    assert.equal((await peer.poll()).body, "4a\u001ebAQID\u001e4€");
  });

  test("who has not read an answer gets no other: what is sent meanwhile waits in the session", async (t) => {
    const served = await serve(t, { httpCompression: false });
    const [peer, socket] = await pollingSession(served);
    const size = 10_000_000;
    const get = `GET ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    socket.send("x".repeat(size));
    const slow = new RawConnection(served.port, get);
    await slow.received("HTTP/1.1 200 OK");
    slow.socket.pause();
    // Of what comes now, nothing leaves: one answer at a time is kept.
    socket.send("y".repeat(size));
    const greedy = new RawConnection(served.port, get);
    // A request that comes later and is answered shows that the one before it has arrived.
    await peer.post("4up");
    assert.equal(socket.transport.writable, false);
    assert.ok(socket.bufferedBytes > size + 1_000_000, `${socket.bufferedBytes} bytes`);
    assert.equal(socket.bufferedPackets, 1);
    assert.equal(greedy.text, "");
    slow.socket.resume();
    await greedy.received("HTTP/1.1 200 OK");
    // What the operating system has taken of the first answer arrives, all of it.
    while (slow.text.length <= size) await once(slow.socket, "data");
    assert.equal(socket.bufferedPackets, 0);
    for (const { socket: connection } of [slow, greedy]) connection.destroy();
  });

  test("a connection that ends in the middle of an answer takes its bytes along", async (t) => {
    const served = await serve(t, { httpCompression: false });
    const [peer, socket] = await pollingSession(served);
    socket.send("x".repeat(10_000_000));
    const slow = new RawConnection(served.port, `GET ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await slow.received("HTTP/1.1 200 OK");
    slow.socket.pause();
    const held = peer.poll();
    await peer.post("4up");
    assert.equal(socket.transport.writable, false);
    slow.socket.destroy();
    socket.send("next");
    assert.equal((await held).body, "4next");
    assert.equal(socket.bufferedBytes, 0);
  });

  test("a POST brings several packets in order and is answered ok", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const received: unknown[] = [];
    socket.on("message", (data) => received.push(data));
    const text = await tcp(
      served.port,
      `POST ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 16\r\n\r\n4€\u001ebAQID\u001e4\u001e0\u001e5`,
    );
    assert.deepEqual(headerLines(text), [
      "HTTP/1.1 200 OK",
      "Content-Type: text/html",
      "Content-Length: 2",
      "cache-control: no-store",
      "Connection: close",
    ]);
    assert.ok(text.endsWith("\r\n\r\nok"));
    assert.deepEqual(received, ["€", Buffer.from([1, 2, 3]), undefined]);
    assert.equal(served.endings.length, 0);
  });

  test("a POST is answered, whatever its packets lead to", async (t) => {
    await processErrors(async ({ uncaught }) => {
      const served = await serve(t);
      const [peer, socket] = await pollingSession(served);
      socket.on("message", () => {
        throw new Error("the application's own");
      });
      assert.equal((await peer.post("4x")).body, "ok");
      assert.deepEqual(uncaught.splice(0).map(String), ["Error: the application's own"]);
    });
  });

  test("the content type of a POST does not matter", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const message = once(socket, "message");
    const answer = await http(served.port, "POST", url(peer.sid), '4{"a":1}', { "Content-Type": "application/json" });
    assert.equal(answer.status, 200);
    assert.deepEqual(await message, ['{"a":1}']);
  });

  test("other methods on a session are answered 500 and leave it alone", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    for (const method of ["PUT", "DELETE", "OPTIONS"]) {
      const { status, body } = await http(served.port, method, url(peer.sid), "4x");
      assert.deepEqual([status, body], [500, ""], method);
    }
    assert.equal(served.engine.clientsCount, 1);
  });

  test("old Internet Explorers are told not to take payloads for attacks", async (t) => {
    const { port } = await serve(t);
    for (const agent of ["Mozilla/4.0 (compatible;MSIE 8.0)", "Mozilla/5.0 (Trident/7.0; rv:11.0)"]) {
      const { headers } = await http(port, "GET", POLLING, undefined, { "User-Agent": agent });
      assert.equal(headers["x-xss-protection"], "0");
    }
  });
});

describe("a polling client that breaks the rules", () => {
  test("two GETs at once: the first is answered 1, the second 400, and the session ends", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const first = peer.poll();
    await peer.post("4x");
    const second = await peer.poll();
    assert.deepEqual([second.status, second.body], [400, ""]);
    assert.deepEqual((await first).body, "1");
    assert.deepEqual(served.endings, [{ reason: "transport error", description: "overlap from client" }]);
    assert.equal((await peer.poll()).body, '{"code":1,"message":"Session ID unknown"}');
  });

  test("two POSTs at once: the first is cut, the second answered 400, and the session ends", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const request = once(served.http, "request");
    const first = new RawConnection(
      served.port,
      `POST ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n4half`,
    );
    await request;
    const held = peer.poll();
    const second = await peer.post("4x");
    assert.deepEqual([second.status, second.body], [400, ""]);
    await first.closed;
    assert.equal(first.text, "");
    assert.equal((await held).body, "1");
    assert.deepEqual(served.endings, [{ reason: "transport error", description: "data request overlap from client" }]);
  });

  test("a GET that is dropped ends the session", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const request = once(served.http, "request");
    const ending = served.ending();
    const poll = new RawConnection(served.port, `GET ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await request;
    poll.socket.destroy();
    assert.deepEqual(await ending, {
      reason: "transport error",
      description: "poll connection closed prematurely",
    });
    assert.equal(served.engine.clientsCount, 0);
  });

  test("a POST that is dropped ends the session", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const request = once(served.http, "request");
    const ending = served.ending();
    const post = new RawConnection(
      served.port,
      `POST ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n4half`,
    );
    await request;
    post.socket.resetAndDestroy();
    assert.deepEqual(await ending, {
      reason: "transport error",
      description: "data request connection closed prematurely",
    });
  });

  for (const [name, body] of [
    ["no packet at all", ""],
    ["no packet type", "abc"],
  ] as const) {
    test(`${name}: the POST is answered ok and the session ends with "parse error"`, async (t) => {
      const served = await serve(t);
      const [peer] = await pollingSession(served);
      const answer = await http(served.port, "POST", url(peer.sid), body);
      assert.deepEqual([answer.status, answer.body], [200, "ok"]);
      assert.equal(served.endings[0]?.reason, "parse error");
    });
  }

  test("packets before a broken one are delivered, those behind it are not", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const received: unknown[] = [];
    socket.on("message", (data) => received.push(data));
    await peer.post("4a", "9b", "4c");
    assert.deepEqual(received, ["a"]);
    assert.equal(served.endings[0]?.reason, "parse error");
  });

  test("a million tiny packets in one body are refused", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    let received = 0;
    socket.on("message", () => received++);
    const answer = await http(served.port, "POST", url(peer.sid), "4\u001e".repeat(499_999) + "4");
    assert.equal(answer.status, 200);
    assert.equal(served.endings[0]?.reason, "parse error");
    assert.equal(received, 50_000);
  });

  test("binary bodies are refused with 400 and end the session", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const headers = { "Content-Type": "application/octet-stream" };
    const answer = await http(served.port, "POST", url(peer.sid), "4hello", headers);
    assert.deepEqual([answer.status, answer.body], [400, ""]);
    assert.deepEqual(served.endings, [{ reason: "transport error", description: "invalid content" }]);
  });

  test("a ping, which in this revision is the server's to send, ends the session", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    assert.equal((await peer.post("2")).body, "ok");
    assert.deepEqual(served.endings, [{ reason: "transport error", description: "invalid heartbeat direction" }]);
  });

  test("a pong that nobody asked for is taken", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    assert.equal((await peer.post("3")).body, "ok");
    assert.equal(served.engine.clientsCount, 1);
  });
});

describe("maxHttpBufferSize over polling", () => {
  test("a body of exactly that size is taken", async (t) => {
    const served = await serve(t, { maxHttpBufferSize: 10 });
    const [peer, socket] = await pollingSession(served);
    const message = once(socket, "message");
    assert.equal((await peer.post("4aaaaaaaaa")).status, 200);
    assert.deepEqual(await message, ["aaaaaaaaa"]);
  });

  for (const [how, headers] of [
    ["announced", {}],
    ["in chunks without a length", { "Transfer-Encoding": "chunked" }],
  ] satisfies [string, Record<string, string>][]) {
    test(`a larger one, ${how}, is answered 413 and ends the session`, async (t) => {
      const served = await serve(t, { maxHttpBufferSize: 10 });
      const [peer, socket] = await pollingSession(served);
      socket.on("message", () => assert.fail("delivered"));
      const answer = await http(served.port, "POST", url(peer.sid), "4aaaaaaaaaa", headers);
      assert.deepEqual([answer.status, answer.body], [413, ""]);
      assert.deepEqual(served.endings, [{ reason: "transport error", description: "payload too large" }]);
    });
  }

  test("is counted in bytes while they arrive: the answer does not wait for the rest", async (t) => {
    const served = await serve(t, { maxHttpBufferSize: 10 });
    const [peer] = await pollingSession(served);
    const post = new RawConnection(
      served.port,
      `POST ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n4aaaaaaaaaa\r\n`,
    );
    await post.received("HTTP/1.1 413 ");
    post.socket.destroy();
  });

  test("who goes on sending without end after the 413 is cut off", async (t) => {
    const served = await serve(t, { maxHttpBufferSize: 10 });
    const [peer] = await pollingSession(served);
    const post = new RawConnection(
      served.port,
      `POST ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n`,
    );
    const chunk = "a".repeat(65_536);
    const flood = (): void => {
      while (post.socket.write(chunk));
      post.socket.once("drain", flood);
    };
    flood();
    await post.closed;
    assert.ok(post.socket.bytesWritten < 1_000_000_000, `${post.socket.bytesWritten} bytes`);
    assert.equal(served.engine.clientsCount, 0);
  });
});

describe("closing a polling session", () => {
  test("by the client: a POST of 1 is answered ok, a held GET 6", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const held = peer.poll();
    await peer.post("4x");
    assert.equal((await peer.post("1")).body, "ok");
    assert.equal((await held).body, "6");
    assert.deepEqual(served.endings, [{ reason: "transport close", description: undefined }]);
  });

  test("by the server while a GET is held: it is answered 1", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const held = peer.poll();
    await peer.post("4x");
    socket.close();
    assert.equal(socket.readyState, "closed");
    assert.equal((await held).body, "1");
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
  });

  test("by the server since a message says so: the held GET is answered before the POST, so that the client sends no more", async (t) => {
    const served = await serve(t);
    const answered: unknown[] = [];
    served.engine.on("headers", (_headers, { method }) => answered.push(method));
    const [peer, socket] = await pollingSession(served);
    const held = peer.poll();
    await peer.post("4x");
    socket.on("message", () => socket.close());
    assert.equal((await peer.post("4bye", "4more")).body, "ok");
    assert.equal((await held).body, "1");
    assert.deepEqual(answered.slice(2), ["GET", "POST"]);
  });

  test("by the server without a GET: the next one is answered 6 and 1", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    socket.close();
    assert.equal(socket.readyState, "closing");
    assert.equal((await peer.poll()).body, "6\u001e1");
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
  });

  test("by the server, and by the client before it polls: it was the client", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    socket.close();
    assert.equal((await peer.post("1")).body, "ok");
    assert.deepEqual(served.endings, [{ reason: "transport close", description: undefined }]);
  });

  test("by the server, before the client breaks the protocol: it was the client", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    socket.close();
    await http(served.port, "POST", url(peer.sid), "4hello", { "Content-Type": "application/octet-stream" });
    assert.deepEqual(served.endings, [{ reason: "transport error", description: "invalid content" }]);
  });

  test("what was sent before leaves first", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    socket.send("last words");
    socket.close();
    socket.send("too late");
    assert.equal((await peer.poll()).body, "4last words");
    assert.equal((await peer.poll()).body, "6\u001e1");
  });

  test("with discard, at once", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    socket.send("never mind");
    socket.close(true);
    assert.equal(socket.readyState, "closed");
    assert.equal((await peer.poll()).status, 400);
  });

  test("with discard, at once, though a close waits for a GET", async (t) => {
    const served = await serve(t);
    const [, socket] = await pollingSession(served);
    socket.close();
    socket.close(true);
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
  });

  test("while a POST is arriving: it is answered, and the next GET ends the session", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const request = once(served.http, "request");
    const head = `POST ${url(peer.sid)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n`;
    const post = new RawConnection(served.port, `${head}4ha`);
    await request;
    socket.close();
    post.socket.write("lf");
    assert.match(await post.received("ok"), /^HTTP\/1.1 200 /);
    post.socket.destroy();
    assert.equal((await peer.poll()).body, "6\u001e1");
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
  });
});
