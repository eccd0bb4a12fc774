/** XHR and WebSocket, browsers' halves of the transports, over scripted stand-ins of what a browser has. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { WebSocket as BrowserWebSocket, XHR } from "engine.io-client";
import { connect, event, messages, nextTick } from "./support/events.ts";
import { openPacket } from "./support/polling-server.ts";

/** Puts `value` in the place of a global for one test. */
function replaceGlobal(t: TestContext, name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  t.after(() => {
    if (before) Object.defineProperty(globalThis, name, before);
    else delete (globalThis as Record<string, unknown>)[name];
  });
}

/** As much of the standard as XHR uses; each waits for the test. */
class ScriptedXhr {
  static #made: ScriptedXhr[] = [];
  static #wake = (): void => {};
  readonly said: unknown[] = [];
  withCredentials = false;
  status = 0;
  responseText = "";
  onloadend = (): void => {};

  static async next(): Promise<ScriptedXhr> {
    while (this.#made.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#made.shift()!;
  }

  open(method: string, uri: string): void {
    this.said.push(`${method} ${uri.replace(/([?&]t=)[0-9a-z]{8}/, "$1…")}`);
  }

  setRequestHeader(name: string, value: string): void {
    this.said.push(`${name}: ${value}`);
  }

  send(body: unknown): void {
    this.said.push(body);
    ScriptedXhr.#made.push(this);
    ScriptedXhr.#wake();
  }

  abort(): void {
    this.said.push("aborted");
  }

  answer(status: number, text: string): void {
    Object.assign(this, { status, responseText: text });
    this.onloadend();
  }
}

class ScriptedWebSocket {
  static last: ScriptedWebSocket;
  binaryType = "blob";
  closed = false;
  readonly sent: unknown[] = [];
  onopen = (): void => {};
  onmessage = (_event: { data: unknown }): void => {};
  onclose = (_event: object): void => {};
  onerror = (_event: object): void => {};

  constructor(
    readonly uri: string,
    readonly protocols: unknown,
    readonly options: unknown,
  ) {
    ScriptedWebSocket.last = this;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.closed = true;
  }
}

describe("XHR", { timeout: 60_000 }, () => {
  test("asks by XMLHttpRequest, with the user's headers and credentials", async (t) => {
    replaceGlobal(t, "XMLHttpRequest", ScriptedXhr);
    const socket = connect(t, "http://example.com", {
      transportImplementations: [XHR],
      extraHeaders: { "X-Own": "1" },
      withCredentials: true,
    });
    const opened = event(socket, "open");
    const handshake = await ScriptedXhr.next();
    assert.deepEqual(handshake.said, [
      "GET http://example.com/engine.io/?EIO=4&transport=polling&t=…",
      "X-Own: 1",
      undefined,
    ]);
    assert.equal(handshake.withCredentials, true);
    handshake.answer(200, openPacket());
    await opened;
    const poll = await ScriptedXhr.next();
    socket.send("x");
    const post = await ScriptedXhr.next();
    assert.deepEqual(post.said, [
      "POST http://example.com/engine.io/?EIO=4&transport=polling&sid=abc&t=…",
      "X-Own: 1",
      "Content-type: text/plain;charset=UTF-8",
      "4x",
    ]);
    const drained = event(socket, "drain");
    post.answer(200, "ok");
    await drained;
    const failed = event(socket, "error");
    poll.answer(502, "");
    const [error] = await failed;
    assert.deepEqual([error.message, error.description, error.context], ["xhr poll error", 502, poll]);
    const goodbye = await ScriptedXhr.next();
    assert.equal(goodbye.said.at(-1), "1");
    goodbye.answer(200, "ok");
  });

  test("sends no credentials unless told to, and aborts the poll once the goodbye is answered", async (t) => {
    replaceGlobal(t, "XMLHttpRequest", ScriptedXhr);
    const socket = connect(t, "https://example.com:444", { transportImplementations: [XHR] });
    const opened = event(socket, "open");
    const handshake = await ScriptedXhr.next();
    assert.equal(handshake.said[0], "GET https://example.com:444/engine.io/?EIO=4&transport=polling&t=…");
    assert.equal(handshake.withCredentials, false);
    handshake.answer(200, openPacket());
    await opened;
    const poll = await ScriptedXhr.next();
    socket.close();
    const goodbye = await ScriptedXhr.next();
    assert.equal(goodbye.said.at(-1), "1");
    goodbye.answer(200, "ok");
    assert.equal(poll.said.at(-1), "aborted");
  });
});

describe("WebSocket", { timeout: 60_000 }, () => {
  test("connects by the platform's class, which in React Native takes headers, and asks for ArrayBuffers", async (t) => {
    replaceGlobal(t, "WebSocket", ScriptedWebSocket);
    const socket = connect(t, "wss://example.com", {
      transportImplementations: [BrowserWebSocket],
      extraHeaders: { "X-Own": "1" },
      protocols: ["a", "b"],
    });
    await nextTick();
    const { last } = ScriptedWebSocket;
    assert.deepEqual(
      [last.uri, last.protocols, last.options, last.binaryType],
      [
        "wss://example.com/engine.io/?EIO=4&transport=websocket",
        ["a", "b"],
        { headers: { "X-Own": "1" } },
        "arraybuffer",
      ],
    );
    last.onopen();
    last.onmessage({ data: openPacket() });
    assert.equal(socket.readyState, "open");
    socket.send("x");
    const bytes = new Uint8Array([1]);
    socket.send(bytes);
    assert.deepEqual(last.sent, ["4x", bytes]);
    const received = messages(socket, 2);
    last.onmessage({ data: "4y" });
    last.onmessage({ data: new Uint8Array([2]).buffer });
    assert.deepEqual(await received, ["y", Buffer.from([2])]);
    const closed = event(socket, "close");
    const context = { code: 1006 };
    last.onclose(context);
    assert.deepEqual(await closed, ["transport close", { description: "websocket connection closed", context }]);
  });

  test("its failure is 'websocket error' with the event, and the socket is closed", async (t) => {
    replaceGlobal(t, "WebSocket", ScriptedWebSocket);
    const socket = connect(t, "http://example.com", { transportImplementations: [BrowserWebSocket] });
    await nextTick();
    const { last } = ScriptedWebSocket;
    const failed = event(socket, "error");
    const cause = { type: "error" };
    last.onerror(cause);
    const [error] = await failed;
    assert.deepEqual([error.message, error.description], ["websocket error", cause]);
    assert.equal(last.closed, true);
  });
});
