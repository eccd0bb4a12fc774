import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Socket } from "engine.io";
import type { ScriptedResponse } from "../../../tests/support/scripted-uws.ts";
import { BIG, POLLING, serve, type Served, WEBSOCKET } from "./uws-binding-support.ts";

const status = ({ written }: ScriptedResponse): unknown => written[0];

/** A polling session, by the query of its requests. */
function pollingSession({ app, engine }: Served): [query: string, socket: Socket] {
  app.request("get", POLLING);
  const [[sid, socket] = []] = Object.entries(engine.clients);
  return [`${POLLING}&sid=${sid}`, socket!];
}

describe("uServer.attach", () => {
  test("takes the exact path, by default /engine.io/", (t) => {
    assert.equal(serve(t).app.path, "/engine.io/");
    assert.equal(serve(t, {}, { path: "/x/" }).app.path, "/x/");
    assert.equal(serve(t, {}, { path: "/x", addTrailingSlash: false }).app.path, "/x");
  });

  test("hands on compression, idleTimeout and maxBackpressure, and leaves the library its defaults", (t) => {
    const options = { compression: 1, idleTimeout: 40, maxBackpressure: 5 };
    const { app } = serve(t, { maxHttpBufferSize: 123 }, options);
    const { compression, idleTimeout, maxBackpressure, maxPayloadLength } = app.behavior!;
    assert.deepEqual({ compression, idleTimeout, maxBackpressure }, options);
    assert.equal(maxPayloadLength, 123);
    const none = serve(t, {}, { compression: undefined as unknown as number }).app.behavior!;
    assert.deepEqual(Object.keys(none), ["maxPayloadLength", "upgrade", "open", "message", "drain", "close"]);
  });
});

describe("uServer: bodies of requests", () => {
  const post = (served: Served, query: string, length: string): ScriptedResponse =>
    served.app.request("post", query, { "content-length": length });

  test("are put together, though the bytes of a piece are gone when the next one comes", (t) => {
    const served = serve(t);
    const [query, socket] = pollingSession(served);
    const messages: unknown[] = [];
    socket.on("message", (data) => messages.push(data));
    const response = post(served, query, "6");
    for (const [piece, isLast] of [
      ["4a", false],
      ["bc", false],
      ["de", true],
    ] as const)
      response.data(piece, isLast);
    assert.deepEqual([status(response), response.written.at(-1), messages], ["200 OK", "ok", ["abcde"]]);
  });

  for (const [name, pieces] of [
    ["shorter", [["4ab", true]]],
    [
      "longer",
      [
        ["4ab", false],
        ["cdefgh", false],
      ],
    ],
  ] as const) {
    test(`a body that is ${name} than announced ends the session: content-length mismatch`, (t) => {
      const served = serve(t);
      const [query] = pollingSession(served);
      const response = post(served, query, "6");
      for (const [piece, isLast] of pieces) response.data(piece, isLast);
      assert.deepEqual(response.written, ["400 Bad Request", ""]);
      assert.deepEqual(served.endings, ["transport error: content-length mismatch"]);
    });
  }

  for (const [name, length, line, reason] of [
    ["none is announced", "", "411 Length Required", "content-length header required"],
    ["an empty one is announced", "0", "411 Length Required", "content-length header required"],
    ["the length is no number", "x", "411 Length Required", "content-length header required"],
    ["more than the limit is announced", "1001", "413 Payload Too Large", "payload too large"],
  ] as const) {
    test(`${name}: ${line}`, (t) => {
      const served = serve(t, { maxHttpBufferSize: 1_000 });
      const [query] = pollingSession(served);
      const response = post(served, query, length);
      // Whatever comes then is nobody's.
      response.data("4a", true);
      assert.deepEqual(response.written, [line, ""]);
      assert.deepEqual(served.endings, [`transport error: ${reason}`]);
    });
  }

  test("overlapping requests: 500", (t) => {
    const served = serve(t);
    const [query] = pollingSession(served);
    const first = served.app.request("get", query);
    const second = served.app.request("get", query);
    assert.deepEqual([second.written, first.written.at(-1)], [["500 Internal Server Error", ""], "1"]);
    const [other] = pollingSession(served);
    post(served, other, "3").data("4", false);
    assert.deepEqual(post(served, other, "3").written, ["500 Internal Server Error", ""]);
    assert.deepEqual(served.endings, [
      "transport error: overlap from client",
      "transport error: data request overlap from client",
    ]);
  });

  test("one that arrives while a middleware is at work waits for it", (t) => {
    const served = serve(t);
    const [query, socket] = pollingSession(served);
    let next = (): void => {};
    served.engine.use((_req, _res, goOn) => (next = goOn));
    const messages: unknown[] = [];
    socket.on("message", (data) => messages.push(data));
    const whole = post(served, query, "3");
    whole.data("4ab", true);
    next();
    const half = post(served, query, "3");
    half.data("4c", false);
    next();
    half.data("d", true);
    assert.deepEqual(messages, ["ab", "cd"]);
    assert.deepEqual([whole.written.at(-1), half.written.at(-1)], ["ok", "ok"]);
  });
});

describe("uServer: who leaves early", () => {
  test("is neither answered nor reported when the middlewares are done", (t) => {
    const served = serve(t);
    let next = (): void => {};
    served.engine.use((_req, _res, goOn) => (next = goOn));
    const refused: unknown[] = [];
    served.engine.on("connection_error", (error) => refused.push(error));
    for (const come of [() => served.app.request("get", "transport=x"), () => served.app.upgrade("transport=x")]) {
      const response = come();
      response.abort();
      next();
      assert.deepEqual(response.written, []);
    }
    assert.deepEqual(refused, []);
  });

  test("gets no WebSocket when the id is there, and no listener hears of its headers", async (t) => {
    const served = serve(t);
    const id = Promise.resolve("mine");
    served.engine.generateId = () => id;
    const headers: unknown[] = [];
    served.engine.on("headers", (given) => headers.push(given));
    const response = served.app.upgrade(WEBSOCKET);
    response.abort();
    await id;
    await new Promise((resolve) => process.nextTick(resolve));
    assert.deepEqual([response.written, headers, served.engine.clientsCount], [[], [], 0]);
  });

  test("during a poll, or within a body: the session ends", (t) => {
    const served = serve(t);
    const [query] = pollingSession(served);
    served.app.request("get", query).abort();
    const [other] = pollingSession(served);
    served.app.request("post", other, { "content-length": "2" }).abort();
    assert.deepEqual(served.endings, [
      "transport error: poll connection closed prematurely",
      "transport error: data request connection closed prematurely",
    ]);
  });
});

describe("uServer: an answer that is not taken at once", () => {
  /** A session whose last answer, of 20,003 bytes, is on its way. */
  function stalledPoll(t: TestContext): [Served, query: string, Socket, ScriptedResponse] {
    const served = serve(t);
    const [query, socket] = pollingSession(served);
    const poll = served.app.request("get", query);
    poll.takes = 10_000;
    socket.send(`é${BIG}`);
    return [served, query, socket, poll];
  }

  test("counts as buffered, and what comes next waits, until it is taken", (t) => {
    const [{ app }, query, socket, poll] = stalledPoll(t);
    const next = app.request("get", query);
    socket.send("b");
    assert.ok(socket.bufferedBytes >= 20_002, String(socket.bufferedBytes));
    assert.deepEqual(next.written, []);
    poll.drain();
    assert.equal(poll.written.at(-1), `4é${BIG}`);
    assert.equal(next.written.at(-1), "4b");
    assert.equal(socket.bufferedBytes, 0);
  });

  test("counts no more when the peer has left", (t) => {
    const [, , socket, poll] = stalledPoll(t);
    poll.abort();
    assert.equal(socket.bufferedBytes, 0);
  });
});
