import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";
import { ScriptedServer } from "../script.ts";

/** Going and coming back by hand, and several namespaces on one connection (rows C-17, C-62, C-86, C-88, C-89, C-91, C-99, C-109). */
export const returns: Behaviours = {
  "connect() from the listener of disconnect works after the server has sent it away": async (stage) => {
    const { socket, wire, server } = await stage.joined();
    socket.on("disconnect", () => socket.connect());
    wire.send("1");
    await server.join('0{"sid":"next"}');
    await stage.until(() => socket.id === "next");
  },

  "connect() from the listener of disconnect after a loss leads to one connection": async (stage) => {
    const { socket, wire, server } = await stage.joined({ reconnection: true });
    socket.once("disconnect", () => socket.connect());
    wire.cut();
    await stage.whileTimePasses(server.join('0{"sid":"next"}'));
    await stage.until(() => socket.id === "next");
    stage.clock.advance(20_000);
    await stage.quiet();
    assert.deepEqual([socket.id, socket.connected], ["next", true]);
  },

  "disconnect() from a listener: what came after that event in the same turn is not heard": async (stage) => {
    const { socket, wire } = await stage.joined();
    const log = stage.log(socket, ["a", "b"]);
    socket.on("a", () => socket.disconnect());
    wire.send('2["a"]', '2["b"]');
    assert.deepEqual(await wire.receive(2), ["1", "closed 1005"]);
    await stage.quiet();
    assert.deepEqual(log, [["a"]]);
  },

  "reconnection may be turned off and on again": async (stage) => {
    const { socket, wire, server } = await stage.joined({ reconnection: true });
    socket.io.reconnection(false);
    const gone = stage.event(socket, "disconnect");
    wire.cut();
    await gone;
    stage.clock.advance(60_000);
    await stage.quiet();
    assert.equal(socket.connected, false);
    socket.io.reconnection(true);
    socket.connect();
    const second = await server.join('0{"sid":"second"}');
    await stage.until(() => socket.id === "second");
    second.cut();
    await stage.whileTimePasses(server.join('0{"sid":"third"}'));
    await stage.until(() => socket.id === "third");
  },

  "a question that waits for the next connection is answered there, after a loss and after disconnect()": async (
    stage,
  ) => {
    const { socket, wire, server } = await stage.joined({ reconnection: true });
    const gone = stage.event(socket, "disconnect");
    wire.cut();
    await gone;
    const first = socket.emitWithAck("late", 1);
    const second = await stage.whileTimePasses(server.join());
    assert.equal(await second.next(), '20["late",1]');
    second.send('30["ok"]');
    assert.equal(await first, "ok");
    socket.disconnect();
    await second.receive(2);
    const later = socket.emitWithAck("later");
    socket.connect();
    const third = await server.join();
    assert.equal(await third.next(), '21["later"]');
    third.send('31["ok"]');
    assert.equal(await later, "ok");
  },

  "Sockets of a Manager without autoConnect wait for connect(), also where the connection is open": async (stage) => {
    const server = await ScriptedServer.start(stage.t);
    const manager = stage.manager(server.url, { autoConnect: false });
    const socket = manager.socket("/");
    const opened = stage.event(manager, "open");
    manager.open();
    const wire = await server.accept();
    await opened;
    assert.equal(socket.active, false);
    socket.connect();
    assert.equal(await wire.next(), "0");
  },

  "two calls of io() for two namespaces share a connection, before it is there": async (stage) => {
    const server = await ScriptedServer.start(stage.t);
    const options = { forceNew: false, transports: ["websocket"] } as const;
    const sockets = [stage.io(`${server.url}/a`, { ...options }), stage.io(`${server.url}/b`, { ...options })];
    const wire = await server.accept();
    assert.deepEqual((await wire.receive(2)).map(String).sort(), ["0/a,", "0/b,"]);
    assert.equal(sockets[0]!.io, sockets[1]!.io);
  },

  "what ends one namespace, a refusal or the server, leaves the others": async (stage) => {
    const { socket, wire } = await stage.joined();
    const other = socket.io.socket("/b");
    assert.equal(await wire.next(), "0/b,");
    const refused = stage.event(other, "connect_error");
    wire.send('4/b,{"message":"no"}');
    await refused;
    other.connect();
    assert.equal(await wire.next(), "0/b,");
    const connected = stage.event(other, "connect");
    wire.send('0/b,{"sid":"b"}');
    await connected;
    const away = stage.event(other, "disconnect");
    wire.send("1/b,");
    await away;
    socket.emit("still");
    assert.equal(await wire.next(), '2["still"]');
    assert.deepEqual([socket.connected, other.connected, other.active], [true, false, false]);
  },

  "arguments are what JSON makes of them; a name may be a number": async (stage) => {
    const { socket, wire } = await stage.joined();
    socket.emit("a", undefined, NaN, new Date(0), { x: undefined });
    socket.emit("b", () => 0, 1);
    socket.emit(5 as never, 1);
    assert.deepEqual(await wire.receive(3), [
      '2["a",null,null,"1970-01-01T00:00:00.000Z",{}]',
      '2["b",null,1]',
      "2[5,1]",
    ]);
    const heard = stage.event(socket, "7");
    wire.send("2[7,1]");
    assert.deepEqual(await heard, [1]);
  },

  "a volatile event that was dropped has its timeout all the same": async (stage) => {
    const server = await ScriptedServer.start(stage.t);
    const socket = stage.io(server.url, { autoConnect: false });
    const log: unknown[] = [];
    socket.timeout(50).volatile.emit("a", (error: Error) => log.push(error.message));
    stage.clock.advance(50);
    assert.deepEqual(log, ["operation has timed out"]);
  },
};
