import assert from "node:assert/strict";
import { WebSocketServer } from "ws";
import type { Namespace } from "socket.io";
import { http } from "../../../support/raw-peer.ts";
import type { Behaviours } from "../behaviour.ts";
import { joinPolling } from "../polling.ts";
import { insides } from "../stage.ts";
import { cluster } from "../two-nodes.ts";

/** What changed between 3.0 and 4.8.4, as it is in the end (rows V-1 to V-18). */
export const versions: Behaviours = {
  "flags and rooms of a server give operators and leave nothing on the namespace": async (stage) => {
    const io = await stage.serve();
    const operators = [io.to("a"), io.in("a"), io.compress(false), io.volatile, io.local, io.except("a")];
    assert.equal(new Set<unknown>([...operators, io, io.sockets]).size, 8);
    for (const operator of operators) assert.equal(operator.constructor.name, "BroadcastOperator");
    for (const name of ["_rooms", "_flags"]) assert.equal(insides(io.sockets)[name], undefined, name);
  },

  "rooms and flags of a socket's broadcast give operators, which have no broadcast": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    for (const operator of [socket.to("a"), socket.broadcast, socket.local]) {
      assert.notEqual(operator, socket);
      assert.equal(insides(operator).broadcast, undefined);
    }
  },

  "lists of rooms, except, and what moves many sockets are there": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io);
    assert.deepEqual([...insides(io.to(["a", "b"])).rooms], ["a", "b"]);
    const names = ["except", "socketsJoin", "socketsLeave", "disconnectSockets", "fetchSockets"];
    for (const target of [io, io.sockets, io.to("a"), socket.broadcast]) {
      for (const name of names) assert.equal(typeof insides(target)[name], "function", name);
    }
    assert.equal(typeof socket.except, "function");
  },

  "the open packet has the defaults of today": async (stage) => {
    await stage.serve();
    const { body } = await stage.ask("GET", "/socket.io/?EIO=4&transport=polling");
    const { sid: _, ...open } = JSON.parse(body.slice(1)) as { sid: string };
    const expected = { upgrades: ["websocket"], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 };
    assert.deepEqual(open, expected);
  },

  "a client that names no revision is one of revision 3": async (stage) => {
    const refusing = await stage.serve();
    const path = "/socket.io/?transport=polling";
    const refused = await http(stage.port(refusing), "GET", path);
    assert.deepEqual([refused.status, refused.body], [400, '{"code":5,"message":"Unsupported protocol version"}']);
    const io = await stage.serve({ allowEIO3: true });
    const connection = stage.event(io.engine, "connection");
    // A length before the packet, as in revision 3.
    assert.match((await http(stage.port(io), "GET", path)).body, /^\d+:0\{/);
    assert.equal((await connection)[0].protocol, 3);
  },

  "wsEngine is a constructor": async (stage) => {
    let made = 0;
    class Counted extends WebSocketServer {
      constructor(...args: ConstructorParameters<typeof WebSocketServer>) {
        super(...args);
        made++;
      }
    }
    const io = await stage.serve({ wsEngine: Counted });
    const { peer } = await stage.join(io);
    io.emit("a");
    assert.equal(await peer.next(), '2["a"]');
    assert.equal(made, 1);
  },

  "middlewares of sockets, data, timeout and catch-all listeners are there": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    const names = ["use", "timeout", "emitWithAck", "onAny", "onAnyOutgoing", "prependAnyOutgoing"];
    for (const name of names) assert.equal(typeof insides(socket)[name], "function", name);
    assert.deepEqual(socket.data, {});
  },

  "the adapter tells of rooms, from their creation to their end": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io);
    const log: unknown[] = [];
    for (const name of ["create-room", "join-room", "leave-room", "delete-room"]) {
      io.sockets.adapter.on(name, (...args) => log.push([name, ...args]));
    }
    void socket.join("r");
    void socket.join("r");
    void socket.leave("r");
    assert.deepEqual(log, [
      ["create-room", "r"],
      ["join-room", "r", socket.id],
      ["leave-room", "r", socket.id],
      ["delete-room", "r"],
    ]);
  },

  "a namespace that is made is announced": async (stage) => {
    const io = await stage.serve();
    const announced = stage.event(io, "new_namespace");
    const made = io.of("/later");
    assert.deepEqual(await announced, [made]);
    for (const emitter of [io, made]) {
      for (const name of ["serverSideEmit", "serverSideEmitWithAck"]) {
        assert.equal(typeof insides(emitter)[name], "function", name);
      }
    }
  },

  "the engine tells of refusals and of headers": async (stage) => {
    const io = await stage.serve();
    const log: unknown[] = [];
    io.engine.on("connection_error", ({ code, message }: { code: number; message: string }) => log.push(code, message));
    for (const name of ["initial_headers", "headers"]) {
      io.engine.on(name, (headers: Record<string, string>) => {
        log.push(name);
        headers[`x-${name}`] = "1";
      });
    }
    assert.equal((await stage.ask("GET", "/socket.io/?EIO=4&transport=no")).status, 400);
    assert.deepEqual(log.splice(0), [0, "Transport unknown"]);
    const { headers } = await stage.ask("GET", "/socket.io/?EIO=4&transport=polling");
    assert.deepEqual([headers["x-initial_headers"], headers["x-headers"]], ["1", "1"]);
    assert.deepEqual(log, ["initial_headers", "headers"]);
  },

  "the bundle that is an ES module is served": async (stage) => {
    await stage.serve();
    const { status, headers, body } = await stage.ask("GET", "/socket.io/socket.io.esm.min.js");
    assert.equal(status, 200);
    assert.match(headers["content-type"]!, /javascript/);
    assert.match(body, /\bexport\s*\{/);
  },

  "bundles carry the headers of cors": async (stage) => {
    await stage.serve({ cors: { origin: "https://example.org" } });
    const { headers } = await stage.ask("GET", "/socket.io/socket.io.js", { origin: "https://example.org" });
    assert.equal(headers["access-control-allow-origin"], "https://example.org");
  },

  "servers can be attached to an app of uWebSockets.js, and answered in time": async (stage) => {
    const io = await stage.serve();
    assert.equal(typeof io.attachApp, "function");
    assert.equal(io.timeout(5).constructor.name, "BroadcastOperator");
    assert.deepEqual(await io.timeout(5).emitWithAck("a"), []);
  },

  "the engine takes middlewares": async (stage) => {
    const io = await stage.serve();
    io.engine.use((req: { url?: string | undefined }, _res: unknown, next: (error?: Error) => void) => {
      setImmediate(next, req.url?.includes("bad") ? new Error("no") : undefined);
    });
    assert.equal((await stage.ask("GET", "/socket.io/?EIO=4&transport=polling&bad")).status, 400);
    assert.equal((await stage.ask("GET", "/socket.io/?EIO=4&transport=polling")).status, 200);
  },

  "empty namespaces that clients have made can be cleaned up": async (stage) => {
    const io = await stage.serve({ cleanupEmptyChildNamespaces: true });
    io.of(/^\/dyn-/);
    const peer = await stage.peer();
    await peer.join("/dyn-1");
    assert.equal(insides(io)._nsps.has("/dyn-1"), true);
    peer.send("1/dyn-1,");
    await peer.sofar();
    assert.equal(insides(io)._nsps.has("/dyn-1"), false);
  },

  "without the slash behind it the path is served if the option says so": async (stage) => {
    await stage.serve({ addTrailingSlash: false });
    assert.equal((await stage.ask("GET", "/socket.io?EIO=4&transport=polling")).status, 200);
  },

  "a broadcast by WebSocket is framed once for all": async (stage) => {
    const io = await stage.serve({ wsEngine: WebSocketServer });
    const joined = [await stage.join(io), await stage.join(io)];
    const frames = joined.map(({ socket }) => {
      const seen: unknown[] = [];
      const write = socket.conn.write.bind(socket.conn);
      socket.conn.write = ((data: never, options: { wsPreEncodedFrame?: unknown }) => {
        seen.push(options.wsPreEncodedFrame);
        return write(data, options);
      }) as typeof write;
      return seen;
    });
    io.emit("a", 1);
    for (const { peer } of joined) assert.equal(await peer.next(), '2["a",1]');
    assert.ok(frames[0]![0] !== undefined);
    assert.equal(frames[0]![0], frames[1]![0]);
  },

  "timeout of a remote socket waits for its answer": async (stage) => {
    const adapter = cluster(stage.cell) as never;
    const [io, other] = [await stage.serve({ adapter }), await stage.serve({ adapter })];
    const { peer } = await stage.join(other);
    const [remote] = await io.fetchSockets();
    const answer = remote!.timeout(1000).emitWithAck("a");
    const id = /^2(\d+)/.exec(String(await peer.next()))?.[1];
    peer.send(`3${id}["b"]`);
    assert.equal(await answer, "b");
  },

  "init of an adapter is called once for each namespace": async (stage) => {
    const calls: string[] = [];
    class Counting extends stage.cell.adapter.Adapter {
      override init(): void {
        calls.push((this.nsp as Namespace).name);
      }
    }
    const io = await stage.serve({ adapter: Counting as never });
    io.of("/other");
    io.of("/other");
    assert.deepEqual(calls, ["/", "/other"]);
  },

  "close waits for all adapters, which close at the same time": async (stage) => {
    const closing: (() => void)[] = [];
    class Slow extends stage.cell.adapter.Adapter {
      #closed: Promise<void> | undefined;

      override close(): Promise<void> {
        return (this.#closed ??= new Promise((resolve) => void closing.push(resolve)));
      }
    }
    const io = await stage.serve({ adapter: Slow as never });
    io.of("/a");
    io.of("/b");
    const closed = io.close();
    assert.equal(await stage.stateOf(closed), "pending");
    assert.equal(closing.length, 3);
    for (const resolve of closing) resolve();
    await closed;
  },

  "regular expressions with a memory are refused as namespaces": async (stage) => {
    const io = await stage.serve();
    for (const pattern of [/^\/a/g, /^\/a/y, /^\/a/gy]) assert.throws(() => io.of(pattern), Error, String(pattern));
    assert.doesNotThrow(() => io.of(/^\/a/iu));
  },

  "requests of another revision than the session's are refused": async (stage) => {
    const io = await stage.serve({ allowEIO3: true });
    const { peer } = await joinPolling(stage, io);
    const path = `/socket.io/?EIO=3&transport=polling&sid=${peer.sid}`;
    const { status, body } = await stage.ask("GET", path);
    assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
  },

  "a broadcast that nobody answers leaves nothing behind": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io);
    io.timeout(10).emit("a", () => {});
    assert.equal(insides(socket).acks.size, 1);
    stage.clock.advance(11);
    assert.equal(insides(socket).acks.size, 0);
  },
};
