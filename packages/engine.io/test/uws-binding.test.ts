import assert from "node:assert/strict";
import { once, type EventEmitter } from "node:events";
import { describe, test, type TestContext } from "node:test";
import { uServer, type AttachOptions, type ServerOptions, type Socket, type UwsOptions } from "engine.io";
import { encodeSharedFrame } from "engine.io-parser/websocket";
import { ScriptedApp, type ScriptedResponse, type ScriptedWebSocket } from "../../../tests/support/scripted-uws.ts";

const POLLING = "EIO=4&transport=polling";
const WEBSOCKET = "EIO=4&transport=websocket";
const BIG = "a".repeat(20_000);

interface Served {
  readonly app: ScriptedApp;
  readonly engine: uServer;
  readonly endings: string[];
}

function serve(t: TestContext, options: ServerOptions = {}, attachOptions: AttachOptions & UwsOptions = {}): Served {
  const app = new ScriptedApp();
  const engine = new uServer(options);
  const endings: string[] = [];
  engine.attach(app, attachOptions);
  engine.on("connection", (socket: Socket) => {
    socket.on("close", (reason: string, error?: Error) =>
      endings.push(error === undefined ? reason : `${reason}: ${error.message}`),
    );
  });
  t.after(() => engine.close());
  return { app, engine, endings };
}

/** A polling session, by the query of its requests. */
function pollingSession({ app, engine }: Served): [query: string, socket: Socket] {
  app.request("get", POLLING);
  const [[sid, socket] = []] = Object.entries(engine.clients);
  return [`${POLLING}&sid=${sid}`, socket!];
}

function websocketSession({ app, engine }: Served): [ScriptedWebSocket, Socket] {
  const webSocket = app.upgrade(WEBSOCKET).webSocket!;
  webSocket.sent.length = 0;
  return [webSocket, Object.values(engine.clients)[0]!];
}

const status = ({ written }: ScriptedResponse): unknown => written[0];

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

/** The library calls back, and what waits in ticks is done before it goes on. */
const ticksOfHandler = (): Promise<void> => new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)));

/** What was sent in a turn of the event loop leaves at its end. */
const endOfTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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

describe("uServer: WebSockets", () => {
  test("what is sent within a tick leaves in one write", async (t) => {
    const [webSocket, socket] = websocketSession(serve(t));
    await endOfTick();
    webSocket.sent.length = 0;
    for (const text of ["a", "b", "c"]) socket.send(text);
    assert.deepEqual(webSocket.sent, []);
    await endOfTick();
    assert.deepEqual([webSocket.sent.length, webSocket.corks], [3, [3]]);
  });

  test("an answer leaves in the handler of what it answers; what others are sent then, in one write behind it", async (t) => {
    const served = serve(t);
    const [asking, askingSocket] = websocketSession(served);
    const other = served.app.upgrade(WEBSOCKET).webSocket!;
    const otherSocket = Object.values(served.engine.clients)[1]!;
    await endOfTick();
    other.sent.length = 0;
    askingSocket.on("message", () => {
      askingSocket.send("answer");
      for (const text of ["a", "b", "c"]) otherSocket.send(text);
    });
    asking.receive("4question");
    await ticksOfHandler();
    // The library would write each by itself here.
    assert.deepEqual([asking.sent.at(-1), other.sent], [["4answer", false, true], []]);
    await endOfTick();
    assert.deepEqual([other.sent.length, other.corks.at(-1)], [3, 3]);
  });

  test("a listener that throws when all is out keeps nobody else from theirs", async (t) => {
    const served = serve(t);
    const [, first] = websocketSession(served);
    const second = served.app.upgrade(WEBSOCKET).webSocket!;
    const secondSocket = Object.values(served.engine.clients)[1]!;
    await endOfTick();
    second.sent.length = 0;
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const thrown = new Promise<Error>((resolve) => process.once("uncaughtException", resolve));
    (first.transport as unknown as EventEmitter).on("drain", () => {
      throw new Error("the application's own");
    });
    first.send("a", () => {});
    secondSocket.send("b");
    assert.equal((await thrown).message, "the application's own");
    for (const listener of listeners) process.on("uncaughtException", listener);
    await endOfTick();
    assert.deepEqual(second.sent, [["4b", false, true]]);
  });

  test("a frame for many receivers is sent as the message it holds", async (t) => {
    const [webSocket, socket] = websocketSession(serve(t));
    await endOfTick();
    webSocket.sent.length = 0;
    const { shortcut } = socket;
    assert.ok(shortcut!.pass(encodeSharedFrame("4text")));
    assert.ok(shortcut!.pass(encodeSharedFrame(Buffer.of(1))));
    assert.equal(shortcut!.pass([Buffer.from("no frame")]), false);
    await endOfTick();
    assert.deepEqual(webSocket.sent, [
      ["4text", false, false],
      [Buffer.of(1), true, false],
    ]);
  });

  test("a frame finds no short way where messages are compressed, much is waiting, or a close frame has left", async (t) => {
    const frame = encodeSharedFrame("4a");
    assert.equal(websocketSession(serve(t, {}, { compression: 1 }))[1].shortcut, null);
    const [webSocket, socket] = websocketSession(serve(t));
    await endOfTick();
    const { shortcut } = socket;
    webSocket.bufferedAmount = 16_384;
    webSocket.verdict = 0;
    assert.ok(shortcut!.pass(frame));
    await endOfTick();
    assert.equal(shortcut!.pass(frame), false);
    webSocket.drain(1, 0);
    assert.ok(shortcut!.pass(frame));
    socket.close();
    assert.equal(shortcut!.pass(frame), false);
  });

  test("what was encoded beforehand is sent as it is", async (t) => {
    const [webSocket, socket] = websocketSession(serve(t));
    await endOfTick();
    webSocket.sent.length = 0;
    // The frame is for WebSockets that are written to directly.
    socket.send("ignored", { wsPreEncoded: "4encoded", wsPreEncodedFrame: [Buffer.from("frame")] });
    await endOfTick();
    assert.deepEqual(webSocket.sent, [["4encoded", false, true]]);
  });
});

describe("uServer: WebSockets whose peer reads slowly", () => {
  /** A session on a WebSocket that drops what it is given. */
  async function stalled(served: Served): Promise<[ScriptedWebSocket, Socket]> {
    const [webSocket, socket] = websocketSession(served);
    await endOfTick();
    webSocket.sent.length = 0;
    webSocket.verdict = 2;
    return [webSocket, socket];
  }

  test("what the library drops is kept, in order, and sent when it takes something", async (t) => {
    const [webSocket, socket] = await stalled(serve(t));
    for (const text of ["a", "b", "c"]) socket.send(text);
    await endOfTick();
    // Behind the others.
    socket.send("d", { compress: false });
    assert.deepEqual(webSocket.sent, []);
    webSocket.drain(1, 0);
    assert.deepEqual(webSocket.sent, [
      ["4a", false, true],
      ["4b", false, true],
      ["4c", false, true],
      ["4d", false, false],
    ]);
    // Nothing is sent twice.
    webSocket.drain(1, 0);
    await endOfTick();
    assert.equal(webSocket.sent.length, 4);
  });

  test("if it drops again, that and what is behind it stays", async (t) => {
    const [webSocket, socket] = await stalled(serve(t));
    socket.send(Buffer.of(1));
    socket.send("b");
    await endOfTick();
    webSocket.drain(2, 5);
    assert.deepEqual(webSocket.sent, []);
    webSocket.drain(0, 5);
    assert.deepEqual(webSocket.sent, [
      [Buffer.of(1), true, true],
      ["4b", false, true],
    ]);
  });

  test("what is kept counts as buffered", async (t) => {
    const [webSocket, socket] = await stalled(serve(t));
    const transport = socket.transport as unknown as { readonly bufferedBytes: number };
    webSocket.bufferedAmount = 7;
    socket.send(Buffer.alloc(100));
    await endOfTick();
    assert.equal(transport.bufferedBytes, 107);
    webSocket.drain(1, 0);
    assert.equal(transport.bufferedBytes, 0);
  });

  test("drain and the callback of send() come once nothing waits any more", async (t) => {
    const [webSocket, socket] = await stalled(serve(t));
    webSocket.verdict = 0;
    webSocket.bufferedAmount = BIG.length;
    let isSent = false;
    socket.send(BIG, () => (isSent = true));
    await endOfTick();
    assert.equal(socket.transport.writable, false);
    webSocket.drain(0, 1);
    assert.equal(socket.transport.writable, false);
    const drain = once(socket, "drain");
    webSocket.drain(1, 0);
    await drain;
    assert.deepEqual([isSent, socket.transport.writable], [true, true]);
  });

  test("a large message that is taken at once doesn't block the next one", async (t) => {
    const [webSocket, socket] = websocketSession(serve(t));
    socket.send(BIG);
    socket.send("next");
    await endOfTick();
    await endOfTick();
    assert.deepEqual(webSocket.sent.at(-1), ["4next", false, true]);
  });

  test("close() waits until what was kept has left", async (t) => {
    const [webSocket, socket] = await stalled(serve(t));
    socket.send("last");
    socket.close();
    assert.equal(webSocket.ended, null);
    webSocket.drain(1, 0);
    assert.deepEqual([webSocket.sent, webSocket.ended], [[["4last", false, true]], "end"]);
  });

  test("what was kept is lost when the peer leaves: write error", async (t) => {
    const served = serve(t);
    const [webSocket, socket] = await stalled(served);
    socket.send("lost");
    await endOfTick();
    webSocket.close();
    await endOfTick();
    assert.deepEqual(served.endings, ["transport error: write error"]);
    assert.deepEqual([webSocket.sent, socket.readyState], [[], "closed"]);
  });

  test("a message above the limit is counted, and the session says so", (t) => {
    const served = serve(t);
    const [webSocket] = websocketSession(served);
    webSocket.lose(1006, "Received too big message");
    assert.deepEqual(served.endings, ["transport error: RangeError: Max payload size exceeded"]);
    assert.deepEqual([...served.engine.limitsReached.entries()], [["maxHttpBufferSize", 1]]);
  });

  test("a peer that only says so has left", async (t) => {
    const served = serve(t);
    const [webSocket] = websocketSession(served);
    await endOfTick();
    webSocket.lose(1000, "Received too big message");
    assert.deepEqual(served.endings, ["transport close"]);
    assert.equal(served.engine.limitsReached.total, 0);
  });
});
