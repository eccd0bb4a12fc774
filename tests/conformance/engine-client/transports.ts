import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TransportOptions } from "engine.io-client";
import { event, messages } from "../../../packages/engine.io-client/test/support/events.ts";
import {
  type Exchange,
  openPacket,
  PollingServer,
} from "../../../packages/engine.io-client/test/support/polling-server.ts";
import { RawWebSocketServer } from "../../../packages/engine.io-client/test/support/websocket-server.ts";
import { type Stage } from "./stage.ts";

/** What goes over the wire, and transports of the user's. */
export function transportsSuite({ library, connect, opened }: Stage): void {
  describe("requests of", () => {
    for (const Class of [library.NodeXHR, library.Fetch]) {
      const isFetch = Class === library.Fetch;
      test(isFetch ? "Fetch" : "NodeXHR", async (t) => {
        const { socket, server, poll } = await opened(t, {
          transports: undefined,
          transportImplementations: [Class],
          forceBase64: true,
          extraHeaders: { "X-Own": "1" },
        });
        socket.send("x");
        const post = await server.post();
        assert.deepEqual([poll.request.method, post.request.method], ["GET", "POST"]);
        for (const { query, request } of [poll, post]) {
          assert.deepEqual([...query.keys()].sort(), ["EIO", "b64", "sid", "t", "transport"]);
          assert.match(query.get("t")!, /^[0-9a-z]{8}$/);
          assert.deepEqual([query.get("EIO"), query.get("b64"), query.get("transport")], ["4", "1", "polling"]);
          assert.deepEqual([request.headers.accept, request.headers["x-own"]], ["*/*", "1"]);
          if (!isFetch) assert.equal(request.headers["user-agent"], "node-XMLHttpRequest");
        }
        assert.equal(post.request.headers["content-type"], "text/plain;charset=UTF-8");
        assert.equal(poll.request.headers["content-type"], undefined);
      });
    }

    for (const status of [302, 303, 307]) {
      test(`NodeXHR: polls follow a redirect with status ${status}`, async (t) => {
        const server = await PollingServer.start(t);
        const target = await PollingServer.start(t);
        const socket = connect(t, server.url, { transportImplementations: [library.NodeXHR] });
        const redirect = (exchange: Exchange): void =>
          exchange.answer("", status, { Location: `${target.url}/there?sid=${exchange.query.get("sid") ?? ""}` });
        redirect(await server.get());
        const opened = event(socket, "open");
        const handshake = await target.get();
        assert.equal(handshake.request.url, "/there?sid=");
        handshake.answer(openPacket());
        await opened;
        redirect(await server.get());
        assert.equal((await target.get()).request.url, "/there?sid=abc");
      });
    }

    test("NodeWebSocket: headers, no stamp unless asked for", async (t) => {
      const server = await RawWebSocketServer.start(t);
      connect(t, server.url, { transportImplementations: [library.NodeWebSocket], extraHeaders: { "X-Own": "1" } });
      const plain = await server.accept();
      assert.deepEqual([...plain.query.keys()], ["EIO", "transport"]);
      assert.equal(plain.request.headers["x-own"], "1");
      connect(t, server.url, { transports: ["websocket"], timestampRequests: true });
      assert.match((await server.accept()).query.get("t")!, /^[0-9a-z]{8}$/);
    });
  });
  describe("the cookie jar", () => {
    test("keeps names and values, and forgets what has expired, however that is spelled", async (t) => {
      const { server, poll } = await opened(t, { withCredentials: true });
      const next = async (...cookies: string[]): Promise<string | undefined> => {
        exchange.answer("6", 200, { "Set-Cookie": cookies });
        exchange = await server.get();
        return exchange.request.headers.cookie;
      };
      let exchange = poll;
      assert.equal(
        await next("a=b=c; Path=/; HttpOnly", "b=2; Domain=elsewhere.org; Secure", "c=3; Max-Age=1000"),
        "a=b=c; b=2; c=3",
      );
      assert.equal(await next("a=; Max-Age=0", "b=4; expires=Thu, 01 Jan 2099 00:00:00 GMT"), "b=4; c=3");
      assert.equal(await next("b=; EXPIRES=Thu, 01 Jan 1970 00:00:00 GMT", "d=5"), "c=3; d=5");
      assert.equal(await next("c=; max-age=-1", "d=6; MAX-AGE=9"), "d=6");
      assert.equal(await next("d=; Max-Age=soon"), undefined);
    });
  });
  describe("a user's own transport", () => {
    test("is told where to, and reports by the methods of the base class", async (t) => {
      const made: Own[] = [];
      class Own extends library.Transport {
        readonly written: unknown[] = [];
        closes = 0;

        constructor(options: TransportOptions) {
          super(options);
          made.push(this);
        }

        override get name(): string {
          return "own";
        }

        override doOpen(): void {
          this.onOpen();
        }

        override doClose(): void {
          this.closes++;
        }

        override write(packets: readonly unknown[]): void {
          this.writable = false;
          this.written.push(...packets);
          queueMicrotask(() => {
            this.writable = true;
            this.emitReserved("drain");
          });
        }

        receive(data: string): void {
          this.onData(data);
        }

        fail(): void {
          this.onError("own error", "why", "context");
        }

        uri(): string {
          return this.createUri("own", { a: "1" });
        }
      }
      const socket = connect(t, "http://127.0.0.1:1234?u=v", {
        transportImplementations: [Own],
        transportOptions: { own: { custom: true } },
      });
      const opening = event(socket, "open");
      await new Promise((resolve) => setImmediate(resolve));
      const [own] = made as [Own];
      own.receive(openPacket());
      await opening;
      assert.deepEqual([socket.transport, socket.transports], [own, ["own"]]);
      assert.deepEqual({ ...own.query }, { u: "v", EIO: 4, transport: "own", sid: "abc" });
      assert.deepEqual(
        [own.writable, own.supportsBinary, own.socket, (own.opts as unknown as { custom: boolean }).custom],
        [true, true, socket, true],
      );
      assert.equal(own.uri(), "own://127.0.0.1:1234/engine.io/?a=1");
      const drained = event(socket, "drain");
      socket.send("x");
      await drained;
      assert.deepEqual(
        (own.written as { type: string; data: string }[]).map(({ type, data }) => [type, data]),
        [["message", "x"]],
      );
      const received = messages(socket, 1);
      own.receive("4y");
      assert.deepEqual(await received, ["y"]);
      const failed = event(socket, "error");
      own.fail();
      const [error] = (await failed) as [Error & Record<string, unknown>];
      assert.deepEqual(
        [error.message, error["type"], error["description"], error["context"]],
        ["own error", "TransportError", "why", "context"],
      );
      assert.equal(socket.readyState, "closed");
    });
  });
}
