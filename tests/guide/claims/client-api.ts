import assert from "node:assert/strict";
import type { Socket as ServerSocket } from "socket.io";
import { Manager, type Socket } from "socket.io-client";
import { directions } from "../../interop/stage.js";
import { portOf } from "../../support/listening.ts";
import { type Claims, heardBy, upstreamClient } from "./claims.js";

/** What a Manager tells, by the guide's table. */
const OF_MANAGER = [
  ...["open", "error", "close", "ping", "packet"],
  ...["reconnect_attempt", "reconnect", "reconnect_error", "reconnect_failed"],
] as const;

/** Names that sockets of 2.x told as well. */
const OF_2 = ["connecting", "reconnecting", "connect_timeout", "connect_failed", "pong", "upgrade"] as const;

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"] as const;

/** Near to the reserved ones, but an application's. */
const FREE = ["connection", "error", "ping", "pong", "reconnect", "message", "new_namespace", "toString"];

export const clientApi: Claims = {
  "A middleware error will now emit an Error object": {
    "a refusal is `connect_error` with an Error that has the message and the data": async (stage) => {
      const io = await stage.serve();
      const data = { content: "Please retry later", more: [1, null] };
      io.use((_, next) => next(Object.assign(new Error("not authorized"), { data })));
      const client = stage.client();
      client.on("connect", () => assert.fail("connected"));
      const [error] = await stage.event<[Error & { data?: unknown }]>(client, "connect_error");
      assert.ok(error instanceof Error);
      assert.equal(error.message, "not authorized");
      assert.deepEqual(error.data, data);
      assert.equal(client.connected, false);
    },

    "without details there is no data": async (stage) => {
      const io = await stage.serve();
      io.of("/admin").use((_, next) => next(new Error("not authorized")));
      const [error] = await stage.event<[Error & { data?: unknown }]>(stage.client("/admin"), "connect_error");
      assert.ok(error instanceof Error);
      assert.deepEqual([error.message, error.data], ["not authorized", undefined]);
    },

    "nobody is told by `error`": async (stage) => {
      const io = await stage.serve();
      io.use((_, next) => next(new Error("not authorized")));
      const client = stage.client();
      (client as unknown as NodeJS.EventEmitter).on("error", () => assert.fail("error"));
      await stage.event(client, "connect_error");
    },

    "a client of 2.x gets `error` with the message, or the data in its place": async (stage) => {
      const io = await stage.serve({ allowEIO3: true });
      const refusals: (Error & { data?: unknown })[] = [
        new Error("not authorized"),
        Object.assign(new Error("no"), { data: { content: "Please retry later" } }),
      ];
      io.use((_, next) => next(refusals.shift()));
      for (const expected of ["not authorized", { content: "Please retry later" }]) {
        assert.deepEqual(await stage.event(upstreamClient(stage, "upstream 2.5.0"), "error"), [expected]);
      }
    },
  },

  "Add a clear distinction between the Manager query option and the Socket query option": {
    "the Manager's query is in every request, and not in the CONNECT packet": async (stage) => {
      for (const transports of [["polling"], ["websocket"]] as const) {
        const io = await stage.serve();
        const urls = urlsOf(io.httpServer);
        const { server } = await stage.pair(io, "/", { transports, query: { token: "abc", b: "x y&" } });
        assert.ok(urls.length > 0);
        for (const { searchParams } of urls) {
          assert.deepEqual([searchParams.get("token"), searchParams.get("b")], ["abc", "x y&"]);
        }
        assert.deepEqual([server.handshake.query["token"], server.handshake.query["b"]], ["abc", "x y&"]);
        assert.deepEqual(server.handshake.auth, {});
      }
    },

    "`auth`, an object, is in the CONNECT packet, and in no request": async (stage) => {
      const io = await stage.serve();
      const urls = urlsOf(io.httpServer);
      const { server } = await stage.pair(io, "/", { auth: { token: "abc" }, transports: ["polling"] });
      assert.deepEqual(server.handshake.auth, { token: "abc" });
      assert.equal(server.handshake.query["token"], undefined);
      for (const { searchParams } of urls) assert.ok(!searchParams.has("token"));
    },

    "`auth`, a function, is asked at each connection": async (stage) => {
      const io = await stage.serve();
      let times = 0;
      const auth = (answer: (data: object) => void): void => answer({ token: `abc${++times}` });
      const { client, server } = await stage.pair(io, "/", { auth, reconnection: true, reconnectionDelay: 5 });
      assert.deepEqual(server.handshake.auth, { token: "abc1" });
      const again = stage.event<[ServerSocket]>(io, "connection");
      const back = stage.event(client, "connect");
      server.conn.close();
      assert.deepEqual((await again)[0].handshake.auth, { token: "abc2" });
      await back;
    },

    "namespaces of one Manager share its query and have an `auth` each": async (stage) => {
      const io = await stage.serve();
      io.of("/my-namespace");
      const manager = stage.manager({ query: { token: "abc" } });
      const sockets = ["/", "/my-namespace"].map((nsp) =>
        stage.track(manager.socket(nsp, { auth: { of: nsp }, query: { token: "def" } } as object)),
      );
      await stage.connected(...sockets);
      for (const socket of sockets) {
        const { handshake } = stage.serverHalf(io, socket);
        assert.equal(handshake.query["token"], "abc");
        // The `query` that 2.x knew for a socket is not sent.
        assert.deepEqual(handshake.auth, { of: (socket as unknown as { nsp: string }).nsp });
      }
    },
  },

  "The Socket instance will no longer forward the events emitted by its Manager": {
    "the Manager tells open, ping, packet, close, and what happens until it is back": async (stage) => {
      const io = await stage.serve({ pingInterval: 20 });
      const client = stage.client("/", { autoConnect: false, reconnection: true, reconnectionDelay: 5 });
      const told = tellings(client);
      client.connect();
      await stage.connected(client);
      await stage.event(client.io, "ping");
      const back = stage.event(client, "connect");
      stage.serverHalf(io, client).conn.close();
      await back;
      assert.deepEqual(without(told.byManager, "ping", "packet"), [
        ...["open", "close", "reconnect_attempt", "open", "reconnect"],
      ]);
      assert.ok(told.byManager.includes("ping") && told.byManager.includes("packet"));
      assert.deepEqual(told.bySocket, ["connect", "disconnect", "connect"]);
    },

    "and each failed attempt, and the last": async (stage) => {
      await stage.serve();
      const proxy = await stage.proxy();
      proxy.refuse();
      const options = { autoConnect: false, reconnection: true, reconnectionDelay: 1, reconnectionAttempts: 2 };
      const client = stage.client("/", { ...options, port: proxy.port });
      const told = tellings(client);
      const failed = stage.event(client.io, "reconnect_failed");
      const errors = stage.events<[Error]>(client.io, "reconnect_error", 2);
      client.connect();
      await failed;
      for (const [error] of await errors) assert.ok(error instanceof Error);
      assert.deepEqual(without(told.byManager, "close"), [
        ...["error", "reconnect_attempt", "error", "reconnect_error", "reconnect_attempt", "error"],
        ...["reconnect_failed", "reconnect_error"],
      ]);
      assert.deepEqual(told.bySocket, ["connect_error", "connect_error", "connect_error"]);
    },

    "an error after a successful connection is an `error` of the Manager too": async (stage) => {
      const io = await stage.serve();
      const proxy = await stage.proxy();
      const { client } = await stage.pair(io, "/", { port: proxy.port, transports: ["polling"] });
      const error = stage.event<[Error]>(client.io, "error");
      const end = stage.event(client, "disconnect");
      proxy.refuse();
      assert.ok((await error)[0] instanceof Error);
      assert.equal((await end)[0], "transport error");
    },

    "the socket emits none of those names": async (stage) => {
      const io = await stage.serve({ pingInterval: 20 });
      const options = { reconnection: true, reconnectionDelay: 5, autoConnect: false };
      const client = stage.client("/", options);
      for (const name of [...OF_MANAGER, ...OF_2]) {
        (client as unknown as NodeJS.EventEmitter).on(name, () => assert.fail(name));
      }
      client.connect();
      await stage.connected(client);
      await stage.event(client.io, "ping");
      const back = stage.event(client, "connect");
      stage.serverHalf(io, client).conn.close();
      await back;
    },

    "emitting a reserved name throws an Error, on both sides and in broadcasts": async (stage) => {
      const io = await stage.serve();
      const { client, server } = await stage.pair(io);
      const emitters = { client, server, io, nsp: io.of("/"), operator: io.to("room"), broadcast: server.broadcast };
      for (const [name, emitter] of Object.entries(emitters)) {
        for (const event of RESERVED) {
          const message = `"${event}" is a reserved event name`;
          assert.throws(() => emitter.emit(event), { name: "Error", message }, name);
        }
      }
    },

    "no other name is reserved": async (stage) => {
      const io = await stage.serve();
      const { client, server } = await stage.pair(io);
      for (const [from, to] of directions(client, server)) {
        const [log] = await heardBy(
          stage,
          [to],
          () => from.emit("fence"),
          () => {
            for (const name of FREE) from.emit(name);
          },
        );
        assert.deepEqual(
          log,
          FREE.map((name) => [name]),
        );
      }
    },

    "the server's socket tells `disconnecting`, then `disconnect`": async (stage) => {
      const { client, server } = await stage.pair(await stage.serve());
      const log: unknown[] = [];
      for (const name of ["disconnecting", "disconnect"] as const) server.on(name, () => log.push(name));
      const end = stage.event(server, "disconnect");
      client.disconnect();
      await end;
      assert.deepEqual(log, ["disconnecting", "disconnect"]);
    },
  },

  'No more "pong" event for retrieving latency': {
    "no heartbeat makes a client's socket or Manager emit `pong`": async (stage) => {
      const io = await stage.serve({ pingInterval: 20 });
      const { client } = await stage.pair(io);
      for (const emitter of [client, client.io] as unknown as NodeJS.EventEmitter[]) {
        emitter.on("pong", () => assert.fail("pong"));
      }
      await stage.events(client.io, "ping", 3);
    },

    "an event `ping` with an acknowledgement takes its place; a volatile one is not sent while not connected": async (
      stage,
    ) => {
      const io = await stage.serve();
      let pings = 0;
      io.on("connection", (socket) => {
        socket.on("ping", (answer: unknown) => {
          pings++;
          if (typeof answer === "function") answer();
        });
      });
      const { client } = await stage.pair(io);
      const ping = (): Promise<void> => new Promise((resolve) => client.volatile.emit("ping", resolve));
      await stage.until("answer", ping());
      client.disconnect();
      void ping();
      client.connect();
      await stage.connected(client);
      await stage.until("answer", ping());
      assert.equal(pings, 2);
    },
  },

  "ES modules syntax": {
    "the server has named exports and no default": async () => {
      const module = await import("socket.io");
      assert.deepEqual(Object.keys(module).toSorted(), ["Namespace", "Server", "Socket"]);
    },

    "the client's `io` is a named export; so are its classes, and a default remains": async () => {
      const module = await import("socket.io-client");
      assert.equal(typeof module.io, "function");
      assert.equal(module.default, module.io);
      assert.equal(module.Manager, Manager);
      for (const name of ["connect", "Socket", "protocol"]) assert.ok(name in module, name);
    },

    "server and client that were imported by name connect": async (stage) => {
      const { Server } = await import("socket.io");
      const { io: connect } = await import("socket.io-client");
      const io = new Server(0);
      try {
        const port = portOf(io.httpServer);
        const client = stage.track(connect(`http://localhost:${port}`, { forceNew: true, reconnection: false }));
        await stage.connected(client);
        client.disconnect();
      } finally {
        await io.close();
      }
    },
  },

  "Catch-all listeners": {
    "both sides have the five methods, which work alike": async (stage) => {
      const { client, server } = await stage.pair(await stage.serve());
      for (const [socket, peer] of directions(client, server) as readonly (readonly [CatchAll, CatchAll])[]) {
        const log: unknown[] = [];
        const one = (...event: unknown[]): unknown => log.push(["one", ...event]);
        const two = (...event: unknown[]): unknown => log.push(["two", ...event]);
        socket.on("news", (...args) => log.push(["news", ...args]));
        socket.onAny(one);
        socket.prependAny(two);
        assert.deepEqual([...socket.listenersAny()], [two, one]);
        const news = async (n: number): Promise<void> => {
          const arrival = stage.event(socket, "news");
          peer.emit("news", n, [n]);
          await arrival;
        };
        await news(1);
        socket.offAny(two);
        assert.deepEqual([...socket.listenersAny()], [one]);
        await news(2);
        socket.onAny(two);
        socket.offAny();
        assert.deepEqual([...socket.listenersAny()], []);
        await news(3);
        assert.deepEqual(log, [
          ...["two", "one", "news"].map((name) => (name === "news" ? [name, 1, [1]] : [name, "news", 1, [1]])),
          ["one", "news", 2, [2]],
          ["news", 2, [2]],
          ["news", 3, [3]],
        ]);
      }
    },
  },

  "Volatile events (client)": {
    "one is dropped while not connected, other events are kept": async (stage) => {
      const io = await stage.serve();
      const log: unknown[] = [];
      const done = new Promise<void>((resolve) => {
        io.on("connection", (socket) => {
          socket.onAny((name) => log.push(name));
          socket.on("fence", () => resolve());
        });
      });
      const client = stage.client("/", { autoConnect: false });
      client.volatile.emit("volatile");
      client.emit("kept");
      client.volatile.emit("volatile");
      client.emit("fence");
      client.connect();
      await stage.until("fence", done);
      assert.deepEqual(log, ["kept", "fence"]);
    },

    "one is dropped while a POST is under way, and sent when the transport is ready": async (stage) => {
      const io = await stage.serve();
      const { client, server } = await stage.pair(io, "/", { transports: ["polling"] });
      await stage.writable(client);
      const [log] = await heardBy(
        stage,
        [server],
        () => client.emit("fence"),
        async () => {
          const first = stage.event(server, "first");
          client.volatile.emit("first");
          client.volatile.emit("dropped");
          await first;
          await stage.writable(client);
          const second = stage.event(server, "second");
          client.volatile.emit("second");
          await second;
        },
      );
      assert.deepEqual(log, [["first"], ["second"]]);
    },

    "the server has them as before": async (stage) => {
      const { client, server } = await stage.pair(await stage.serve());
      const arrival = stage.event(client, "volatile");
      server.volatile.emit("volatile", 1);
      assert.deepEqual(await arrival, [1]);
    },
  },
};

interface CatchAll {
  on(name: string, listener: (...args: unknown[]) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
  onAny(listener: (...event: unknown[]) => unknown): unknown;
  prependAny(listener: (...event: unknown[]) => unknown): unknown;
  offAny(listener?: (...event: unknown[]) => unknown): unknown;
  listenersAny(): unknown[];
}

/** Names of the events of a client's Manager and socket, as they come. */
function tellings(client: Socket): { byManager: string[]; bySocket: string[] } {
  const told = { byManager: [] as string[], bySocket: [] as string[] };
  for (const name of OF_MANAGER) client.io.on(name, () => told.byManager.push(name));
  for (const name of ["connect", "connect_error", "disconnect"] as const) {
    client.on(name, () => told.bySocket.push(name));
  }
  return told;
}

function without(list: readonly string[], ...names: string[]): string[] {
  return list.filter((name) => !names.includes(name));
}

/** The URLs of all requests from now on, WebSockets included. */
function urlsOf(server: unknown): URL[] {
  const urls: URL[] = [];
  for (const name of ["request", "upgrade"]) {
    (server as NodeJS.EventEmitter).on(name, ({ url }: { url: string }) =>
      urls.push(new URL(url, "http://server.test")),
    );
  }
  return urls;
}
