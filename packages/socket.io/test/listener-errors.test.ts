import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { Adapter } from "socket.io-adapter";
import { ticks } from "./support/fake-engine.ts";
import { connected, fail, reject, watched } from "./support/listener-errors.ts";

/** The two ways to fail. */
const WAYS = [
  ["throws", fail],
  ["rejects", reject],
] as const;

describe("what fails is given to listener_error, with the socket and the event", () => {
  for (const [how, make] of WAYS) {
    test(`a listener that ${how}, of an event of the client`, async () => {
      const { socket, peer, reports } = await connected();
      socket.on("order", make("oops"));
      socket.once("order once", make("oops once"));
      socket.use((_event, next) => next());
      peer.receive('2["order",1]', '2["order once"]');
      await ticks();
      assert.deepEqual(reports, [
        ["oops", socket.id, "order"],
        ["oops once", socket.id, "order once"],
      ]);
      assert.equal(peer.readyState, "open");
    });

    test(`a listener of connect, connection or new_namespace that ${how}`, async () => {
      const { io, engine, reports } = watched();
      io.on("new_namespace", make("namespace"));
      const admin = io.of("/admin");
      admin.on("connect", make("connect"));
      admin.on("connection", make("connection"));
      const id = await engine.connect().join("/admin");
      assert.deepEqual(sorted(reports), [
        ["connect", id, "connect"],
        ["connection", id, "connection"],
        ["namespace", undefined, "new_namespace"],
      ]);
      assert.ok(admin.sockets.get(id)!.connected);
    });

    test(`a listener of new_namespace that ${how}, when a client makes the namespace`, async () => {
      const { io, engine, reports } = watched();
      io.on("new_namespace", make("namespace"));
      io.of(/^\/dynamic/);
      await engine.connect().join("/dynamic-1");
      assert.deepEqual(reports, [["namespace", undefined, "new_namespace"]]);
    });

    test(`listeners of disconnecting and disconnect that ${how}`, async () => {
      const { io, socket, peer, reports } = await connected();
      socket.on("disconnecting", make("going"));
      socket.on("disconnect", make("gone"));
      peer.end("transport close");
      await ticks();
      assert.deepEqual(sorted(reports), [
        ["going", socket.id, "disconnecting"],
        ["gone", socket.id, "disconnect"],
      ]);
      assert.equal(io.sockets.sockets.size, 0);
      assert.equal(io.sockets.adapter.sids.size, 0);
    });

    test(`a listener of error that ${how}`, async () => {
      const { socket, peer, reports } = await connected();
      socket.on("error", make("about an error"));
      socket.use((_event, next) => next(new Error("dropped")));
      peer.receive('2["order"]');
      await ticks();
      peer.receive("undecodable");
      await ticks();
      assert.deepEqual(reports, [
        ["about an error", socket.id, "error"],
        ["about an error", socket.id, "error"],
      ]);
      assert.equal(peer.readyState, "closed");
    });

    test(`catch-all listeners that ${how}: the event goes on its way`, async () => {
      const { io, socket, peer, reports } = await connected();
      const log: unknown[] = [];
      socket.onAny(make("incoming"));
      socket.onAnyOutgoing(make("outgoing"));
      socket.on("order", () => log.push("order"));
      peer.receive('2["order"]');
      await ticks();
      socket.emit("direct");
      io.emit("broadcast");
      await ticks();
      assert.deepEqual(log, ["order"]);
      assert.deepEqual(peer.take(), ['2["direct"]', '2["broadcast"]']);
      assert.deepEqual(reports, [
        ["incoming", socket.id, "order"],
        ["outgoing", socket.id, "direct"],
        ["outgoing", socket.id, "broadcast"],
      ]);
    });

    test(`callbacks of acknowledgements that ${how}: answered or late, of one or of many`, async () => {
      const { io, socket, peer, clock, reports } = await connected();
      socket.emit("plain", make("plain"));
      socket.timeout(100).emit("timed", make("timed"));
      socket.timeout(100).emit("late", make("late"));
      io.timeout(100).emit("all", make("all"));
      io.timeout(100).emit("all late", make("all late"));
      io.timeout(100).to("nobody").emit("none", make("none"));
      peer.receive("30[]", "31[]", "33[]");
      await ticks();
      clock.advance(100);
      await ticks();
      assert.deepEqual(sorted(reports), [
        ["all late", undefined, "all late"],
        ["all", undefined, "all"],
        ["late", socket.id, "late"],
        ["none", undefined, "none"],
        ["plain", socket.id, "plain"],
        ["timed", socket.id, "timed"],
      ]);
      assert.equal(socket["acks"].size, 0);
    });

    test(`a middleware that ${how} before it has answered also refuses, with message and data`, async () => {
      const { io, engine, reports } = watched();
      let refused = "";
      io.use((socket) => {
        refused = socket.id;
        return make("not today")() as never;
      });
      io.of("/data").use((() => Promise.reject(Object.assign(new Error("no"), { data: { retry: 5 } }))) as never);
      const peer = engine.connect();
      peer.receive("0");
      await ticks();
      peer.receive("0/data,");
      await ticks();
      assert.deepEqual(peer.take(), ['4{"message":"not today"}', '4/data,{"message":"no","data":{"retry":5}}']);
      assert.deepEqual(reports[0], ["not today", refused, "connection"]);
      assert.equal(reports.length, 2);
    });

    test(`a middleware that ${how} after it has answered lets the client in`, async () => {
      const { io, engine, reports } = watched();
      io.use((_socket, next) => {
        next();
        return make("too late")() as never;
      });
      const id = await engine.connect().join();
      assert.deepEqual(reports, [["too late", id, "connection"]]);
    });

    test(`a middleware of a socket that ${how} drops its event, as next(err)`, async () => {
      const { socket, peer, reports } = await connected();
      const log: unknown[] = [];
      socket.use((event, next) => {
        if (event[0] === "late") next();
        return make(`before ${event[0]}`)() as never;
      });
      socket.on("error", (error) => log.push(error.message));
      socket.on("order", () => log.push("order"));
      socket.on("late", () => log.push("late"));
      peer.receive('2["order"]', '2["late"]');
      await ticks();
      assert.deepEqual(sorted(log), ["before order", "late"]);
      assert.deepEqual(reports, [
        ["before order", socket.id, "order"],
        ["before late", socket.id, "late"],
      ]);
    });

    test(`a matcher of dynamic namespaces that ${how} has said no`, async () => {
      const { io, engine, reports } = watched();
      io.of(make("matcher"));
      io.of((_name, _auth, next) => {
        next(null, true);
        return make("late matcher")() as never;
      });
      await engine.connect().join("/x");
      await ticks();
      assert.deepEqual(reports, [
        ["matcher", undefined, "connection"],
        ["late matcher", undefined, "connection"],
      ]);
    });

    test(`a listener of what other servers send that ${how}, and the callback of serverSideEmit`, async () => {
      const answers: ((error: unknown, values: unknown[]) => void)[] = [];
      class Cluster extends Adapter {
        override serverSideEmit(message: unknown[]): void {
          answers.push(message.at(-1) as () => void);
        }
      }
      const { io, reports } = watched({ adapter: Cluster });
      io.on("sync", make("sync"));
      io.sockets._onServerSideEmit(["sync", 1]);
      await ticks();
      io.serverSideEmit("ask", make("answer"));
      answers[0]!(null, []);
      await ticks();
      assert.deepEqual(reports, [
        ["sync", undefined, "sync"],
        ["answer", undefined, "ask"],
      ]);
    });
  }

  test("a listener of rooms that throws while a client comes or goes keeps nothing from going on", async () => {
    const { io, engine, reports } = watched();
    io.sockets.adapter.on("join-room", fail("join"));
    io.sockets.adapter.on("leave-room", fail("leave"));
    const peer = engine.connect();
    const id = await peer.join();
    let left = false;
    io.sockets.sockets.get(id)!.on("disconnect", () => (left = true));
    peer.end("transport close");
    assert.ok(left);
    assert.equal(io.sockets.sockets.size, 0);
    assert.deepEqual(reports, [
      ["join", id, "connection"],
      ["leave", id, "disconnect"],
    ]);
  });
});

/** Rejections come later than throws: in an order that does not matter here. */
function sorted<T>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}
