import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { Adapter } from "socket.io-adapter";
import { ticks } from "./support/fake-engine.ts";
import { connected, reject, watched } from "./support/listener-errors.ts";
import { processErrors } from "./support/process-errors.ts";

describe("an adapter whose promises are rejected ends no process", () => {
  /** Its methods do nothing, and say so. */
  class Failing extends Adapter {
    override broadcast = reject("broadcast");
    override broadcastWithAck = reject("broadcastWithAck");
    override addSockets = reject("addSockets");
    override delSockets = reject("delSockets");
    override disconnectSockets = reject("disconnectSockets");
    override serverSideEmit = reject("serverSideEmit");
  }

  test("of what is for many sockets, the event or the method is named", async () => {
    const { io, reports } = watched({ adapter: Failing });
    io.emit("to all");
    io.to("room")
      .timeout(10_000)
      .emit("asked", () => {});
    io.socketsJoin("room");
    io.in("room").socketsLeave("room");
    io.disconnectSockets();
    io.serverSideEmit("sync");
    const parent = io.of(/^\/dynamic/);
    io.of("/dynamic-1");
    parent.emit("to all children");
    await ticks();
    assert.deepEqual(reports, [
      ["broadcast", undefined, "to all"],
      ["broadcastWithAck", undefined, "asked"],
      ["addSockets", undefined, "socketsJoin"],
      ["delSockets", undefined, "socketsLeave"],
      ["disconnectSockets", undefined, "disconnectSockets"],
      ["serverSideEmit", undefined, "sync"],
      ["broadcast", undefined, "to all children"],
    ]);
    await io.close();
  });

  test("of an event that is kept for a socket that may come back, the socket and the event", async () => {
    const { socket, reports } = await connected({ adapter: Failing, connectionStateRecovery: {} });
    socket.emit("news");
    await ticks();
    assert.deepEqual(reports, [["broadcast", socket.id, "news"]]);
  });

  /** Rooms cannot be joined or left. */
  class Locked extends Adapter {
    locked = false;

    override addAll(id: string, rooms: Set<string>): Promise<void> | void {
      return this.locked ? Promise.reject(new Error("addAll")) : super.addAll(id, rooms);
    }

    override del(id: string, room: string): Promise<void> | void {
      return this.locked ? Promise.reject(new Error("del")) : super.del(id, room);
    }
  }

  test("of rooms, the socket and the method, whether or not the application looks at the promise", async () => {
    const { socket, reports } = await connected({ adapter: Locked });
    (socket.nsp.adapter as Locked).locked = true;
    void socket.join("room");
    void socket.leave("room");
    await assert.rejects(async () => socket.join("room"), /addAll/);
    await ticks();
    assert.deepEqual(reports, [
      ["addAll", socket.id, "join"],
      ["del", socket.id, "leave"],
      ["addAll", socket.id, "join"],
    ]);
  });

  test('unless onListenerError is "throw"', async () => {
    const { io, reports } = watched({ adapter: Failing, onListenerError: "throw" });
    const { socket } = await connected({ adapter: Locked, onListenerError: "throw" });
    (socket.nsp.adapter as Locked).locked = true;
    const { uncaught, rejected } = await processErrors(async () => {
      io.emit("to all");
      void socket.join("room");
      await socket.leave("room")!.catch(() => {});
      await ticks();
    });
    assert.deepEqual([reports, uncaught, rejected.map(String)], [[], [], ["Error: addAll", "Error: broadcast"]]);
  });
});
