import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { event, messages } from "../../../packages/engine.io-client/test/support/events.ts";
import { openPacket } from "../../../packages/engine.io-client/test/support/polling-server.ts";
import { RawWebSocketServer } from "../../../packages/engine.io-client/test/support/websocket-server.ts";
import { REFUSED, type Stage } from "./stage.ts";

/** A socket's properties and methods. */
export function socketSuite({ library, connect, opened }: Stage): void {
  describe("a socket", () => {
    test("has its properties through its life", async (t) => {
      const { socket, poll } = await opened(t, { withCredentials: true });
      assert.deepEqual(
        [
          socket.id,
          socket.readyState,
          socket.binaryType,
          socket.transport.name,
          socket.transports,
          socket.upgrading ?? false,
        ],
        ["abc", "open", "nodebuffer", "polling", ["polling"], false],
      );
      assert.deepEqual([socket.hostname, typeof socket.port, socket.secure], ["127.0.0.1", "string", false]);
      assert.deepEqual([...socket.writeBuffer], []);
      assert.equal(typeof socket.setTimeoutFn, "function");
      assert.equal(typeof socket.clearTimeoutFn, "function");
      assert.ok(socket._cookieJar);
      assert.equal(new library.Socket(REFUSED, { transports: [] }).on("error", () => {})._cookieJar, undefined);
      const closed = event(socket, "close");
      poll.answer("1");
      await closed;
      assert.deepEqual([socket.id, socket.readyState], [null, "closed"]);
    });

    test("receives bytes as its binaryType says", async (t) => {
      const { socket, poll, server } = await opened(t);
      const first = messages(socket, 1);
      poll.answer("bAQID");
      assert.deepEqual(await first, [Buffer.from([1, 2, 3])]);
      socket.binaryType = "arraybuffer";
      const second = messages(socket, 1);
      (await server.get()).answer("bAQID");
      const [data] = await second;
      assert.ok(data instanceof ArrayBuffer);
      assert.deepEqual([...new Uint8Array(data)], [1, 2, 3]);
    });

    test("knows of the process whether websocket worked", async (t) => {
      const { Socket } = library;
      assert.equal(Socket.protocol, 4);
      Socket.priorWebsocketSuccess = false;
      const server = await RawWebSocketServer.start(t);
      const socket = connect(t, server.url, { transports: ["websocket"] });
      const open = event(socket, "open");
      (await server.accept()).send(openPacket());
      await open;
      assert.equal(Socket.priorWebsocketSuccess, true);
      const failing = connect(t, REFUSED, { transports: ["websocket"] });
      await event(failing, "error");
      assert.equal(Socket.priorWebsocketSuccess, false);
    });

    for (const method of ["send", "write"] as const) {
      test(`${method}() takes texts and bytes, gives the socket, and calls back once at the flush`, async (t) => {
        const { socket, server } = await opened(t);
        const view = new Uint8Array([0, 1, 2, 3]).subarray(1, 3);
        let calls = 0;
        const flushes: number[] = [];
        socket.on("flush", () => flushes.push(calls));
        assert.equal(
          socket[method]("text", () => calls++),
          socket,
        );
        assert.equal(calls, 1);
        socket[method](Buffer.from([1]), { compress: false }, () => calls++);
        socket[method](new Uint8Array([2]).buffer);
        socket[method](view);
        socket[method](new DataView(new Uint8Array([9]).buffer), undefined, () => calls++);
        assert.deepEqual([calls, socket.writeBuffer.length > 0], [1, true]);
        const first = await server.post();
        assert.equal(first.body, "4text");
        first.answer("ok");
        const second = await server.post();
        assert.equal(second.body, ["bAQ==", "bAg==", "bAQI=", "bCQ=="].join("\u001e"));
        const drained = event(socket, "drain");
        second.answer("ok");
        await drained;
        assert.deepEqual([calls, flushes.length], [3, 2]);
      });
    }

    test("close() gives the socket, and lets leave what is queued", async (t) => {
      const { socket, server, log } = await opened(t);
      socket.send("a").send("b");
      assert.equal(socket.close(), socket);
      assert.equal(socket.readyState, "closing");
      socket.send("late");
      const first = await server.post();
      first.answer("ok");
      const second = await server.post();
      assert.deepEqual([first.body, second.body], ["4a", "4b"]);
      assert.deepEqual(log, ["open"]);
      const closed = event(socket, "close");
      second.answer("ok");
      const goodbye = await server.post();
      assert.equal(goodbye.body, "1");
      goodbye.answer("ok");
      assert.equal((await closed)[0], "forced close");
    });

    test("close() while it opens lets leave what waits, once the session is open", async (t) => {
      const server = await RawWebSocketServer.start(t);
      const socket = connect(t, server.url, { transports: ["websocket"] });
      socket.send("a").send("b");
      socket.close();
      assert.equal(socket.readyState, "closing");
      socket.send("late");
      const peer = await server.accept();
      const closed = event(socket, "close");
      peer.send(openPacket());
      assert.deepEqual(await peer.receive(2), ["4a", "4b"]);
      assert.equal((await closed)[0], "forced close");
    });

    test("close() while it opens, with nothing to send, ends it at once", async (t) => {
      const server = await RawWebSocketServer.start(t);
      const socket = connect(t, server.url, { transports: ["websocket"] });
      const closed = event(socket, "close");
      socket.close();
      assert.equal(socket.readyState, "closed");
      assert.equal((await closed)[0], "forced close");
    });

    test("_hasPingExpired() is false while the server is heard", async (t) => {
      const { socket } = await opened(t);
      assert.equal(socket._hasPingExpired(), false);
    });
  });
}
