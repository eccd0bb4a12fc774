import assert from "node:assert/strict";
import type { Manager } from "socket.io-client";
import type { Behaviours } from "../behaviour.ts";
import { ScriptedServer } from "../script.ts";
import { insides, type Stage } from "../stage.ts";

/** What a Manager does, and tells (rows C-56, C-61 to C-73, C-76 to C-78). */
export const manager: Behaviours = {
  "open() makes one connection, whatever the number of calls, and tells its callback": async (stage) => {
    const server = await ScriptedServer.start(stage.t);
    const manager = stage.manager(server.url, { autoConnect: false });
    assert.equal(manager.engine, undefined);
    const opened: unknown[][] = [];
    const first = new Promise<void>((resolve) => {
      assert.equal(
        manager.open((...args) => {
          opened.push(args);
          resolve();
        }),
        manager,
      );
    });
    const { engine } = manager;
    manager.open();
    manager.connect();
    assert.equal(manager.engine, engine);
    await server.accept();
    await first;
    assert.equal(manager.connect(), manager);
    assert.equal(manager.engine, engine);
    assert.deepEqual(opened, [[]]);
  },

  "a failed open() with a callback tells it the error, and is not tried again by itself": async (stage) => {
    const manager = stage.manager(await stage.refused(), { autoConnect: false, reconnection: true });
    const log = stage.log(manager, ["error", "reconnect_attempt", "reconnect_error", "reconnect_failed"]);
    const error = await new Promise<Error | undefined>((resolve) => manager.open(resolve));
    assert.equal(error?.message, "websocket error");
    stage.clock.advance(60_000);
    await stage.quiet();
    assert.deepEqual(log, [["error", "websocket error"]]);
  },

  "each attempt has an engine of its own": async (stage) => {
    const socket = stage.io(await stage.refused(), { reconnection: true });
    const engines = new Set<unknown>();
    socket.on("connect_error", () => engines.add(socket.io.engine));
    const third = new Promise<void>((resolve) => {
      socket.io.on("reconnect_attempt", (attempt) => attempt === 3 && resolve());
    });
    await stage.whileTimePasses(third);
    assert.ok(engines.size >= 3, `${engines.size} engines`);
  },

  "socket() gives the Socket of that name, as it is written, or makes it": async (stage) => {
    const server = await ScriptedServer.start(stage.t);
    const manager = stage.manager(server.url);
    const main = manager.socket("/");
    const other = manager.socket("b", { auth: { token: 1 } });
    assert.equal(manager.socket("/"), main);
    assert.deepEqual([insides(other).nsp, other.auth], ["b", { token: 1 }]);
    const wire = await server.accept();
    assert.deepEqual((await wire.receive(2)).map(String).sort(), ["0", '0b,{"token":1}'].sort());
  },

  "socket() connects one again that has left": async (stage) => {
    const { socket, wire, server } = await stage.joined();
    socket.disconnect();
    assert.deepEqual(await wire.receive(2), ["1", "closed 1005"]);
    assert.equal(socket.io.socket("/"), socket);
    assert.equal(socket.active, true);
    await server.join();
    await stage.until(() => socket.connected);
    const idle = stage.manager(server.url, { autoConnect: false });
    const waiting = idle.socket("/");
    assert.equal(idle.socket("/"), waiting);
    assert.equal(waiting.active, false);
  },

  "_close() closes for good": async (stage) => {
    const { socket, wire } = await stage.joined({ reconnection: true });
    const log = stage.log(socket, ["disconnect"]);
    stage.log(socket.io, ["close", "reconnect_attempt"], log);
    insides(socket.io)._close();
    assert.deepEqual(await wire.receive(1), ["closed 1005"]);
    stage.clock.advance(60_000);
    await stage.quiet();
    assert.deepEqual(new Set(log.map(said)), new Set(["close: forced close", "disconnect: forced close"]));
  },

  "disconnect() of a Manager closes it for good as well": async (stage) => {
    const { socket, wire } = await stage.joined({ reconnection: true });
    const gone = stage.event(socket, "disconnect");
    assert.equal(typeof insides(socket.io).disconnect, "function");
    insides(socket.io).disconnect();
    assert.equal((await gone)[0], "forced close");
    assert.deepEqual(await wire.receive(1), ["closed 1005"]);
  },

  "the connection closes when its last active Socket has left, and not before": async (stage) => {
    const { socket, wire } = await stage.joined();
    const other = socket.io.socket("/b");
    assert.equal(await wire.next(), "0/b,");
    socket.disconnect();
    assert.equal(await wire.next(), "1");
    await stage.quiet();
    assert.equal(socket.io.engine.readyState, "open");
    // Not even connected yet, which counts as active.
    other.disconnect();
    assert.equal(await wire.next(), "closed 1005");
  },

  "a lost connection comes back: close, reconnect_attempt, open, reconnect, and then the Socket's connect": async (
    stage,
  ) => {
    const { socket, wire, server } = await stage.joined({ reconnection: true });
    const log = stage.log(socket.io, EVENTS);
    stage.log(socket, ["connect", "disconnect", "connect_error"], log);
    wire.cut();
    await stage.event(socket, "disconnect");
    const attempt = stage.event(socket.io, "reconnect_attempt");
    await stage.whileTimePasses(attempt);
    await server.join('0{"sid":"again"}');
    await stage.event(socket, "connect");
    // Whoever is told of the loss first, the Manager's listeners or the Socket's.
    assert.deepEqual(
      new Set(log.splice(0, 2).map(said)),
      new Set(["close: transport close", "disconnect: transport close"]),
    );
    assert.deepEqual(log, [["reconnect_attempt", 1], ["open"], ["reconnect", 1], ["connect"]]);
  },

  "failed attempts are told in order: the Socket's connect_error, error, reconnect_failed, reconnect_error": async (
    stage,
  ) => {
    const socket = stage.io(await stage.refused(), {
      reconnection: true,
      reconnectionAttempts: 2,
      randomizationFactor: 0,
    });
    const log = stage.log(socket.io, EVENTS);
    stage.log(socket, ["connect_error"], log);
    const failed = stage.event(socket.io, "reconnect_failed");
    await stage.whileTimePasses(failed);
    await stage.quiet();
    const failure = [
      ["connect_error", "websocket error"],
      ["error", "websocket error"],
    ];
    assert.deepEqual(log, [
      ...failure,
      ["reconnect_attempt", 1],
      ...failure,
      ["reconnect_error", "websocket error"],
      ["reconnect_attempt", 2],
      ...failure,
      ["reconnect_failed"],
      ["reconnect_error", "websocket error"],
    ]);
    assert.equal(socket.active, true);
    // It may be opened again, and counts anew.
    log.length = 0;
    socket.connect();
    await stage.whileTimePasses(stage.event(socket.io, "reconnect_attempt"));
    assert.deepEqual(log.slice(0, 3), [...failure, ["reconnect_attempt", 1]]);
  },

  "attempts and delays begin anew after a success": async (stage) => {
    const url = await stage.refused();
    const { port } = stage;
    const socket = stage.io(url, { reconnection: true, randomizationFactor: 0 });
    const waits = await waitsOf(stage, socket.io, 3);
    assert.deepEqual(waits, [1000, 2000, 4000]);
    const io = await stage.serve({}, port);
    await stage.whileTimePasses(stage.event(socket, "connect"), 500);
    assert.equal(socket.io.backoff.attempts, 0);
    const gone = stage.event(socket, "disconnect");
    stage.half(io, socket).conn.close();
    await gone;
    assert.deepEqual(await waitsOf(stage, socket.io, 1), [1000]);
  },

  "without reconnection there is one attempt": async (stage) => {
    const socket = stage.io(await stage.refused());
    const log = stage.log(socket.io, EVENTS);
    await stage.event(socket, "connect_error");
    stage.clock.advance(60_000);
    await stage.quiet();
    assert.deepEqual(log, [["error", "websocket error"]]);
    assert.equal(socket.active, true);
  },

  "reconnection(false) ends attempts that are under way": async (stage) => {
    const socket = stage.io(await stage.refused(), { reconnection: true });
    await stage.event(socket, "connect_error");
    const log = stage.log(socket.io, EVENTS);
    socket.io.reconnection(false);
    stage.clock.advance(60_000);
    await stage.quiet();
    assert.deepEqual(
      log.filter(([name]) => name !== "error" && name !== "reconnect_attempt"),
      [],
    );
    assert.ok(log.filter(([name]) => name === "reconnect_attempt").length <= 1);
  },

  "an attempt that takes longer than timeout fails with 'timeout', and its connection is closed": async (stage) => {
    const silent = await stage.http();
    const hung = stage.event(silent, "upgrade");
    const socket = stage.client("/", { timeout: 5000 });
    const [, connection] = await hung;
    const log = stage.log(socket, ["connect_error"]);
    stage.log(socket.io, EVENTS, log);
    stage.clock.advance(4999);
    await stage.quiet();
    assert.deepEqual(log, []);
    connection.resume().on("error", () => {});
    connection.on("end", () => connection.end());
    const ended = stage.event(connection, "close");
    stage.clock.advance(1);
    await ended;
    assert.deepEqual(log, [
      ["connect_error", "timeout"],
      ["error", "timeout"],
    ]);
  },

  "timeout: false waits as long as it takes": async (stage) => {
    const silent = await stage.http();
    const hung = stage.event(silent, "upgrade");
    const socket = stage.client("/", { timeout: false as never });
    const [, connection] = await hung;
    const failed = stage.event(socket, "connect_error");
    stage.clock.advance(10_000_000);
    await stage.quiet();
    connection.destroy();
    assert.equal((await failed)[0].message, "websocket error");
  },

  "ping tells of each heartbeat, which is answered": async (stage) => {
    const { socket, wire } = await stage.joined();
    const ping = stage.event(socket.io, "ping");
    wire.engine("2");
    assert.deepEqual(await ping, []);
    assert.deepEqual(await wire.receive(1), ["3"]);
  },

  "packet tells of each packet, of whatever namespace": async (stage) => {
    const { socket, wire } = await stage.joined();
    const packets: unknown[] = [];
    socket.io.on("packet", ({ type, nsp, data }) => packets.push([type, nsp, data]));
    const heard = stage.event(socket, "b");
    wire.send('2/other,["a"]', '2["b"]');
    await heard;
    assert.deepEqual(packets, [
      [2, "/other", ["a"]],
      [2, "/", ["b"]],
    ]);
  },

  "an error of the engine while connected is an error of the Manager, and none of the Socket": async (stage) => {
    const { socket, wire } = await stage.joined();
    const log = stage.log(socket, ["connect_error", "disconnect"]);
    stage.log(socket.io, ["error", "close"], log);
    const gone = stage.event(socket, "disconnect");
    wire.engine("9");
    await gone;
    await stage.quiet();
    assert.deepEqual(new Set(log.map(said)), new Set(ENGINE_ERROR));
  },
};

const EVENTS = [
  ...["open", "error", "close"],
  ...["reconnect_attempt", "reconnect", "reconnect_error", "reconnect_failed"],
];

const ENGINE_ERROR = ["error: server error", "disconnect: transport error", "close: transport error"];

/** An event with its first argument. */
function said([name, first]: unknown[]): string {
  return `${String(name)}: ${String(first)}`;
}

/** How long each of the next waits for an attempt is. */
async function waitsOf(stage: Stage, manager: Manager, count: number): Promise<number[]> {
  const waits: number[] = [];
  while (waits.length < count) {
    await stage.until(() => insides(manager)._readyState === "closed" && insides(manager)._reconnecting);
    await stage.quiet();
    const attempt = stage.event(manager, "reconnect_attempt");
    const begin = Date.now();
    await stage.whileTimePasses(attempt, 100);
    waits.push(Date.now() - begin);
  }
  return waits;
}
