import assert from "node:assert/strict";
import { once, type EventEmitter } from "node:events";
import { describe, test } from "node:test";
import type { Socket } from "engine.io";
import { encodeSharedFrame } from "engine.io-parser/websocket";
import type { ScriptedWebSocket } from "../../../tests/support/scripted-uws.ts";
import { BIG, serve, type Served, WEBSOCKET } from "./uws-binding-support.ts";

function websocketSession({ app, engine }: Served): [ScriptedWebSocket, Socket] {
  const webSocket = app.upgrade(WEBSOCKET).webSocket!;
  webSocket.sent.length = 0;
  return [webSocket, Object.values(engine.clients)[0]!];
}

/** The library calls back, and what waits in ticks is done before it goes on. */
const ticksOfHandler = (): Promise<void> => new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)));

/** What was sent in a turn of the event loop leaves at its end. */
const endOfTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
