import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import type { Behaviours } from "../behaviour.ts";
import { ScriptedServer } from "../script.ts";
import { insides } from "../stage.ts";

const OLD_SERVER =
  "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible (more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)";

/** A Socket through its life (rows C-53, C-79 to C-89, C-98, C-99, C-117). */
export const socket: Behaviours = {
  "its properties before, during and after a connection": async (stage) => {
    const { socket, wire } = await stage.joining();
    assert.deepEqual(propertiesOf(socket), [undefined, false, true, true, false]);
    const connected = stage.event(socket, "connect");
    wire.send('0{"sid":"x","pid":"secret"}');
    await connected;
    assert.deepEqual(propertiesOf(socket), ["x", true, false, true, false]);
    const atTheEnd = new Promise((resolve) => socket.on("disconnect", () => resolve(propertiesOf(socket))));
    wire.cut();
    assert.deepEqual(await atTheEnd, [undefined, false, true, true, false]);
    assert.ok(socket.io instanceof stage.library.Manager);
    assert.equal(insides(socket).nsp, "/");
  },

  "active is true from connect() until it leaves, is sent away or is refused": async (stage) => {
    const { socket, wire, server } = await stage.joined({ autoConnect: true });
    socket.disconnect();
    assert.equal(socket.active, false);
    await wire.receive(2);
    socket.connect();
    assert.equal(socket.active, true);
    const second = await server.join();
    const away = stage.event(socket, "disconnect");
    second.send("1");
    await away;
    assert.equal(socket.active, false);
    socket.connect();
    assert.equal(socket.active, true);
    const third = await server.accept();
    const refused = stage.event(socket, "connect_error");
    third.send('4{"message":"no"}');
    await refused;
    assert.equal(socket.active, false);
    assert.equal(stage.io(server.url, { autoConnect: false }).active, false);
  },

  "recovered is false, also where the server has no recovery": {
    upstreamDiffers: "row Q-31",
    run: async (stage) => assert.equal((await stage.joined()).socket.recovered, false),
  },

  "frameworks find its options and what is said about the next event": async (stage) => {
    const { socket } = await stage.joined({ ackTimeout: 77, retries: 0 });
    assert.equal(insides(socket)._opts.ackTimeout, 77);
    socket.timeout(5);
    assert.equal(insides(socket).flags.timeout, 5);
    void socket.volatile;
    assert.equal(insides(socket).flags.volatile, true);
    socket.compress(false);
    assert.equal(insides(socket).flags.compress, false);
    socket.emit("a");
    assert.deepEqual(insides(socket).flags, {});
    assert.equal(insides(socket).ids, 0);
    socket.emit("a", () => {});
    assert.equal(insides(socket).ids, 1);
  },

  "auth is an object that goes with CONNECT, and may be changed or replaced": async (stage) => {
    const { socket, wire, server } = await stage.joined({ auth: { token: 1 } });
    assert.equal(wire.joined, '0{"token":1}');
    (socket.auth as Record<string, unknown>)["token"] = 2;
    socket.disconnect().connect();
    assert.equal((await server.join()).joined, '0{"token":2}');
    socket.auth = { other: true };
    await stage.until(() => socket.connected);
    socket.disconnect().connect();
    assert.equal((await server.join()).joined, '0{"other":true}');
  },

  "auth may be a function, which is called at each connection and may answer later": async (stage) => {
    let calls = 0;
    const auth = (answer: (data: object) => void): void => void setImmediate(() => answer({ call: ++calls }));
    const { socket, wire, server } = await stage.joined({ auth });
    assert.equal(socket.auth, auth);
    assert.equal(wire.joined, '0{"call":1}');
    socket.disconnect().connect();
    assert.equal((await server.join()).joined, '0{"call":2}');
  },

  "connect() gives the Socket, and does nothing while connected": async (stage) => {
    const { socket, wire } = await stage.joined();
    const { engine } = socket.io;
    assert.equal(socket.connect(), socket);
    assert.equal(socket.open(), socket);
    await stage.quiet();
    assert.equal(socket.io.engine, engine);
    socket.emit("a");
    assert.equal(await wire.next(), '2["a"]');
  },

  "connect() joins at once where the connection is there": async (stage) => {
    const { socket, wire } = await stage.joined();
    socket.io.socket("/b");
    assert.equal(await wire.next(), "0/b,");
    const connected = stage.event(socket.io.socket("/b"), "connect");
    wire.send('0/b,{"sid":"b"}');
    await connected;
    assert.equal(socket.io.socket("/b").id, "b");
  },

  "connect() during the wait for the next attempt leaves it to that": async (stage) => {
    const socket = stage.io(await stage.refused(), { reconnection: true, randomizationFactor: 0 });
    await stage.event(socket, "connect_error");
    const { engine } = socket.io;
    socket.connect();
    assert.equal(socket.io.engine, engine);
    await stage.whileTimePasses(stage.event(socket.io, "reconnect_attempt"));
  },

  "disconnect() gives the Socket, tells the server, and the application why": async (stage) => {
    const { socket, wire, server } = await stage.joined({ reconnection: true });
    const log = stage.log(socket, ["disconnect"]);
    assert.equal(socket.disconnect(), socket);
    assert.deepEqual(
      log,
      [["disconnect", "io client disconnect"]].map(([a, b]) => [a, b, ...log[0]!.slice(2)]),
    );
    assert.ok(log[0]!.slice(2).every((more) => more === undefined));
    assert.deepEqual(await wire.receive(2), ["1", "closed 1005"]);
    stage.clock.advance(60_000);
    await stage.quiet();
    socket.connect();
    await server.join('0{"sid":"again"}');
    await stage.until(() => socket.id === "again");
    assert.equal(socket.close(), socket);
  },

  "disconnect() before the connection is there ends the attempt, and tells nobody": async (stage) => {
    const { socket, wire } = await stage.joining({ reconnection: true });
    const log = stage.log(socket, ["disconnect", "connect_error", "connect"]);
    socket.disconnect();
    assert.equal(await wire.next(), "closed 1005");
    await stage.quiet();
    assert.deepEqual(log, []);
  },

  "what comes before the answer to CONNECT waits, frozen, and is heard just before connect": async (stage) => {
    const { socket, wire } = await stage.joining();
    const log = stage.log(socket, ["a", "connect"]);
    socket.on("a", () => log.push(["connected", socket.connected]));
    wire.send('2["a",1]', '2["a",2]');
    await stage.until(() => socket.receiveBuffer.length === 2);
    assert.deepEqual(socket.receiveBuffer, [
      ["a", 1],
      ["a", 2],
    ]);
    assert.ok(socket.receiveBuffer.every((event) => Object.isFrozen(event)));
    assert.deepEqual(log, []);
    const connected = stage.event(socket, "connect");
    wire.send('0{"sid":"x"}');
    await connected;
    assert.deepEqual(log, [["a", 1], ["connected", true], ["a", 2], ["connected", true], ["connect"]]);
    assert.deepEqual(socket.receiveBuffer, []);
  },

  "what is emitted before the connection waits, and leaves after what was received and before connect": async (
    stage,
  ) => {
    const { socket, wire } = await stage.joining();
    socket.emit("b", 1);
    socket.emit("c", Buffer.from([7]));
    assert.deepEqual(
      socket.sendBuffer.map(({ type, data }) => [type, data[0]]),
      [
        [2, "b"],
        [2, "c"],
      ],
    );
    socket.on("early", () => socket.emit("by early"));
    socket.on("connect", () => socket.emit("by connect"));
    wire.send('2["early"]', '0{"sid":"x"}');
    const texts = (await wire.receive(5)).filter((message) => typeof message === "string");
    // Its own listener is connected already, so that what it sends leaves at once.
    assert.deepEqual(texts, ['2["by early"]', '2["b",1]', '51-["c",{"_placeholder":true,"num":0}]', '2["by connect"]']);
    assert.deepEqual(socket.sendBuffer, []);
  },

  "what waits survives losses and disconnect()": async (stage) => {
    const { socket, wire, server } = await stage.joined({ reconnection: true });
    socket.disconnect();
    await wire.receive(2);
    socket.emit("kept");
    socket.connect();
    const second = await server.accept();
    second.cut();
    const attempt = stage.event(socket.io, "reconnect_attempt");
    await stage.whileTimePasses(attempt);
    const third = await server.join();
    assert.equal(await third.next(), '2["kept"]');
  },

  "connect is told at each connection, without arguments": async (stage) => {
    const { socket, wire, server } = await stage.joining({ reconnection: true });
    const log = stage.log(socket, ["connect"]);
    wire.send('0{"sid":"x"}');
    await stage.until(() => log.length === 1);
    wire.cut();
    await stage.whileTimePasses(server.join());
    await stage.until(() => log.length === 2);
    assert.deepEqual(log, [["connect"], ["connect"]]);
  },

  "a refusal is a connect_error with message and data, and not tried again": async (stage) => {
    const { socket, wire } = await stage.joining({ reconnection: true });
    const refused = stage.event(socket, "connect_error");
    wire.send('4{"message":"no","data":{"a":[1]}}');
    const [error] = await refused;
    assert.ok(error instanceof Error);
    assert.deepEqual([error.message, insides(error).data, socket.active], ["no", { a: [1] }, false]);
    assert.equal(await wire.next(), "closed 1005");
    stage.clock.advance(60_000);
    await stage.quiet();
    const second = await stage.joining();
    const without = stage.event(second.socket, "connect_error");
    second.wire.send('4{"message":"no"}');
    const [bare] = await without;
    assert.deepEqual([Object.hasOwn(bare, "data"), bare.data], [true, undefined]);
  },

  "a refusal without a reason is a connect_error too": {
    upstreamDiffers: "protocols.md 9.2, 3",
    run: async (stage) => {
      const { uncaught } = stage;
      const { socket, wire } = await stage.joining();
      const log = stage.log(socket, ["connect_error"]);
      wire.send("4");
      assert.equal(await wire.next(), "closed 1005");
      await stage.quiet();
      assert.deepEqual([log.length, uncaught.length], [1, 0]);
    },
  },

  "a session that can't be opened is a connect_error": {
    upstreamDiffers: "protocols.md 9.2, 3",
    run: async (stage) => {
      const { uncaught } = stage;
      const server = await ScriptedServer.start(stage.t);
      const socket = stage.io(server.url);
      const log = stage.log(socket, ["connect_error"]);
      (await server.raw.accept()).send("0{x");
      await stage.quiet();
      assert.deepEqual([log.length, uncaught.length], [1, 0]);
    },
  },

  "a first attempt that fails leaves it active": async (stage) => {
    const socket = stage.io(await stage.refused());
    await stage.event(socket, "connect_error");
    assert.deepEqual([socket.active, socket.connected], [true, false]);
  },

  "an answer of a server of 2.x is told as such, and the Socket stays active": async (stage) => {
    for (const answer of ["0", "0{}"]) {
      const { socket, wire } = await stage.joining();
      const failed = stage.event(socket, "connect_error");
      wire.send(answer);
      const [error] = await failed;
      assert.equal(error.message, OLD_SERVER);
      assert.deepEqual([socket.active, socket.connected, socket.io.engine.readyState], [true, false, "open"]);
    }
  },

  "a second CONNECT from the server is a new connection": async (stage) => {
    const { socket, wire } = await stage.joined();
    const again = stage.event(socket, "connect");
    wire.send('0{"sid":"second"}');
    await again;
    assert.equal(socket.id, "second");
  },

  "packets of namespaces without a Socket are ignored": async (stage) => {
    const { socket, wire } = await stage.joined();
    socket.onAny((name) => assert.equal(name, "mine"));
    const heard = stage.event(socket, "mine");
    wire.send('2/other,["x"]', '2/__proto__,["x"]', '2["mine"]');
    await heard;
  },
};

function propertiesOf(socket: Socket): unknown[] {
  return [socket.id, socket.connected, socket.disconnected, socket.active, socket.recovered];
}
