import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PollingServer } from "../../../packages/engine.io-client/test/support/polling-server.ts";
import { REFUSED, type Stage } from "./stage.ts";

/** What the package exports, and what a new socket is. */
export function constructionSuite({ library, connect }: Stage): void {
  describe("exports", () => {
    test("has these names", () => {
      assert.deepEqual(
        Object.keys(library)
          .filter((name) => name !== "default" && name !== "__esModule")
          .sort(),
        [
          ...["Fetch", "NodeWebSocket", "NodeXHR", "Socket", "Transport", "TransportError", "WebSocket"],
          ...["WebTransport", "XHR", "installTimerFunctions", "nextTick", "parse", "protocol", "transports"],
        ],
      );
      assert.equal(library.protocol, 4);
      assert.deepEqual(Object.keys(library.transports).sort(), ["polling", "websocket", "webtransport"]);
    });

    test("names the transports on their prototypes", () => {
      const { Fetch, XHR, NodeXHR, WebSocket, NodeWebSocket, WebTransport } = library;
      const names = [Fetch, XHR, NodeXHR, WebSocket, NodeWebSocket, WebTransport].map(
        ({ prototype }) => prototype.name,
      );
      assert.deepEqual(names, ["polling", "polling", "polling", "websocket", "websocket", "webtransport"]);
      for (const Class of [Fetch, XHR, NodeXHR, WebSocket, NodeWebSocket, WebTransport]) {
        assert.ok(Class.prototype instanceof library.Transport);
      }
    });

    test("installTimerFunctions gives an object timers, nextTick calls back after the turn", async () => {
      const target = {} as {
        setTimeoutFn(run: () => void, ms: number): unknown;
        clearTimeoutFn(timer: unknown): void;
      };
      library.installTimerFunctions(target, {});
      target.clearTimeoutFn(target.setTimeoutFn(() => assert.fail("cleared"), 1));
      await new Promise<void>((resolve) => target.setTimeoutFn(resolve, 1));
      let turn = "same";
      const called = new Promise<void>((resolve) =>
        library.nextTick(() => {
          assert.equal(turn, "next");
          resolve();
        }, undefined),
      );
      turn = "next";
      await called;
    });
  });
  describe("new Socket", () => {
    test("takes nothing, a URI, a URI and options, or options, and opens at once", async (t) => {
      const { Socket } = library;
      const forms = [
        new Socket(),
        new Socket("http://127.0.0.1:1"),
        new Socket("http://127.0.0.1:1", { path: "/x" }),
        new Socket({ hostname: "127.0.0.1", port: 1, path: "/x" }),
      ];
      for (const socket of forms) {
        socket.on("error", () => {});
        assert.equal(socket.readyState, "opening");
      }
      assert.deepEqual(
        forms.map(({ hostname, port, secure, opts }) => [hostname, String(port), secure, opts.path]),
        [
          ["localhost", "80", false, "/engine.io/"],
          ["127.0.0.1", "1", false, "/engine.io/"],
          ["127.0.0.1", "1", false, "/x/"],
          ["127.0.0.1", "1", false, "/x/"],
        ],
      );
      for (const socket of forms) socket.close();
      const server = await PollingServer.start(t);
      connect(t, server.url);
      await server.get();
    });

    test("has these options where nothing else is said", () => {
      const { opts, transports } = new library.Socket(REFUSED, {}).on("error", () => {}).close();
      assert.deepEqual(Object.fromEntries(Object.entries(opts).filter(([, value]) => value !== undefined)), {
        path: "/engine.io/",
        agent: false,
        withCredentials: false,
        upgrade: true,
        timestampParam: "t",
        rememberUpgrade: false,
        addTrailingSlash: true,
        rejectUnauthorized: true,
        perMessageDeflate: { threshold: 1024 },
        transportOptions: {},
        closeOnBeforeunload: false,
        hostname: "127.0.0.1",
        port: "1",
        secure: false,
      });
      assert.deepEqual(transports, ["polling", "websocket", "webtransport"]);
    });

    test("refuses transports and transportImplementations together", () => {
      assert.throws(() => new library.Socket({ transports: ["polling"], transportImplementations: [library.Fetch] }), {
        message: "specifying both 'transportImplementations' and 'transports' options is not supported",
      });
    });
  });
}
