import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Adapter } from "socket.io-adapter";
import { deferred } from "../../../support/deferred.ts";
import { http } from "../../../support/raw-peer.ts";
import type { Behaviours } from "../behaviour.ts";
import { insides } from "../stage.ts";

/** The end of a server. */
export const close: Behaviours = {
  "every socket of every namespace is told 'server shutting down', while it still has its rooms and then without":
    async (stage) => {
      const io = await stage.serve();
      const log: unknown[][] = [];
      const nsps = [io.of("/"), io.of("/admin")];
      const { peer } = await stage.join(nsps[0]!);
      await stage.join(nsps[1]!, undefined, peer);
      await stage.join(nsps[1]!);
      for (const nsp of nsps) {
        for (const socket of nsp.sockets.values()) {
          for (const event of ["disconnecting", "disconnect"] as const) {
            socket.on(event, (...args) => log.push([event, nsp.name, ...args, socket.rooms.size, socket.connected]));
          }
        }
      }
      await io.close();
      const of = (name: string): unknown[][] => [
        ["disconnecting", name, "server shutting down", undefined, 1, true],
        ["disconnect", name, "server shutting down", undefined, 0, false],
      ];
      const withoutUndefined = (entries: unknown[][]): unknown[][] =>
        entries.map((entry) => entry.filter((value) => value !== undefined));
      assert.deepEqual(withoutUndefined(log), withoutUndefined([...of("/"), ...of("/admin"), ...of("/admin")]));
    },

  "no DISCONNECT is sent: clients see the end of the transport, and would connect again": async (stage) => {
    const io = await stage.serve();
    const { peer } = await stage.join(io);
    await stage.join(io.of("/admin"), undefined, peer);
    const client = stage.client();
    await stage.event(client, "connect");
    const gone = stage.event(client, "disconnect");
    await io.close();
    assert.match(String(await peer.next()), /^closed/);
    assert.equal((await gone)[0], "transport close");
  },

  "the adapters of all namespaces are closed once their sockets are told, all at a time, and their failures ignored":
    async (stage) => {
      const log: string[] = [];
      const held = deferred();
      class Mine extends stage.cell.adapter.Adapter {
        override async close(): Promise<void> {
          log.push(`adapter of ${String(this.nsp.name)}`);
          await held.promise;
          throw new Error("ignored");
        }
      }
      const io = await stage.serve({ adapter: Mine as typeof Adapter });
      const { socket, peer } = await stage.join(io);
      io.of("/admin");
      socket.on("disconnect", () => log.push("disconnect"));
      const engine = stage.event(socket.conn, "close");
      const closed = io.close();
      await stage.quiet();
      assert.deepEqual(log, ["disconnect", "adapter of /", "adapter of /admin"]);
      assert.equal(socket.conn.readyState, "open", "the engine waits for the adapters");
      held.resolve();
      assert.deepEqual((await engine).slice(0, 1), ["forced close"]);
      await closed;
      assert.match(String(await peer.next()), /^closed/);
    },

  "the adapters of parents are not closed: they have none": async (stage) => {
    const io = await stage.serve();
    const parent = io.of(/^\/dyn-/);
    let closed = 0;
    parent.adapter.close = () => void closed++;
    await (await stage.peer()).join("/dyn-1");
    io.of("/dyn-1").adapter.close = () => void (closed += 10);
    await io.close();
    assert.equal(closed, 10);
  },

  "connections without a namespace, and those that poll, are ended as well": async (stage) => {
    const io = await stage.serve();
    const connections: { readyState: string }[] = [];
    io.engine.on("connection", (conn: { readyState: string }) => connections.push(conn));
    const peer = await stage.peer();
    const polling = await stage.polling();
    await polling.post("40");
    await polling.receive(1);
    await io.close();
    assert.deepEqual(
      connections.map(({ readyState }) => readyState),
      ["closed", "closed"],
    );
    assert.match(String(await peer.next()), /^closed/);
  },

  "the HTTP server is closed, then the callback is called without an error, then the promise resolves": async (
    stage,
  ) => {
    const httpServer = await stage.http();
    const log: unknown[] = [];
    class Mine extends stage.cell.adapter.Adapter {
      override async close(): Promise<void> {
        await new Promise(setImmediate);
        log.push("adapter");
      }
    }
    const io = stage.create(httpServer, { adapter: Mine as typeof Adapter });
    httpServer.on("close", () => log.push("http"));
    const value = await io
      .close((...args) => log.push(["callback", ...args]))
      .then((resolved) => {
        log.push("promise");
        return resolved;
      });
    assert.deepEqual(
      log.map((entry) => (Array.isArray(entry) ? entry.filter((arg) => arg !== undefined) : entry)),
      ["adapter", "http", ["callback"], "promise"],
    );
    assert.equal(value, undefined);
    assert.equal(httpServer.listening, false);
  },

  "of several HTTP servers that were attached all are closed, with their connections": {
    upstreamDiffers: 'Socket.IO server, whole ("close with all resources released")',
    run: async (stage) => {
      const [first, stopped, last] = [await stage.http(), await stage.http(), await stage.http()];
      const io = stage.create(first);
      const { engine } = io;
      stage.defer(() => engine.close());
      io.attach(stopped);
      stopped.close();
      io.attach(last);
      const { peer } = await stage.join(io, undefined, await stage.peer("", stage.port(first)));
      const calls: unknown[][] = [];
      await io.close((...args) => calls.push(args));
      assert.deepEqual([first.listening, last.listening], [false, false]);
      assert.deepEqual(calls, [[]]);
      assert.match(String(await peer.next()), /^closed/);
    },
  },

  "closed once more, or before it listened, the callback gets ERR_SERVER_NOT_RUNNING and the promise resolves": async (
    stage,
  ) => {
    const never = stage.create(createServer());
    const twice = await stage.serve();
    await twice.close();
    for (const io of [never, twice]) {
      const errors: unknown[] = [];
      assert.equal(await io.close((...args) => errors.push(...args)), undefined);
      assert.equal(errors.length, 1);
      const { code, message } = errors[0] as NodeJS.ErrnoException;
      assert.deepEqual([code, message], ["ERR_SERVER_NOT_RUNNING", "Server is not running."]);
      assert.equal(await io.close(), undefined);
    }
  },

  "a server that was never attached calls back and resolves": {
    upstreamDiffers: "Q-3",
    run: async (stage) => {
      const io = stage.create();
      const calls: unknown[][] = [];
      await assert.doesNotReject(io.close((...args) => calls.push(args)));
      assert.deepEqual(calls, [[]]);
    },
  },

  "a bound engine is closed, its HTTP server goes on, and the callback gets no argument": async (stage) => {
    const httpServer = await stage.http(createServer((_req, res) => void res.end("application")));
    const engine = new stage.cell.engine.Server();
    engine.attach(httpServer, { path: "/socket.io" });
    const io = stage.create();
    io.bind(engine);
    const { peer } = await stage.join(io, undefined, await stage.peer("", stage.port(httpServer)));
    const calls: unknown[][] = [];
    await io.close((...args) => calls.push(args));
    assert.deepEqual(calls, [[]]);
    assert.match(String(await peer.next()), /^closed/);
    assert.equal(httpServer.listening, true);
    assert.equal((await stage.ask("GET", "/elsewhere")).body, "application");
  },

  "close gives a promise, and the callback may be left out": async (stage) => {
    const io = await stage.serve();
    const closing = io.close();
    assert.ok(closing instanceof Promise);
    assert.equal(await closing, undefined);
  },

  "no connection is let in any more": async (stage) => {
    const io = await stage.serve();
    const port = stage.port();
    await io.close();
    const asked = http(port, "GET", "/socket.io/?EIO=4&transport=polling");
    await assert.rejects(asked, { code: "ECONNREFUSED" });
    assert.equal(insides(io.engine).clientsCount, 0);
  },
};
