import assert from "node:assert/strict";
import test from "node:test";
import { accept, connected, logOf, opening } from "./fake-engine.ts";

test("joins with CONNECT, and is connected by the answer", () => {
  const { manager, socket, log } = opening();
  assert.deepEqual([socket.connected, socket.disconnected, socket.active, socket.id], [false, true, true, undefined]);
  manager.wire.open();
  assert.deepEqual(manager.wire.written, ["0"]);
  assert.deepEqual(log, []);
  manager.wire.receive('0{"sid":"id"}');
  assert.deepEqual([socket.connected, socket.disconnected, socket.active, socket.id], [true, false, true, "id"]);
  assert.deepEqual(log, [["connect"]]);
});

test("auth goes with CONNECT: an object, which may be changed or replaced between connections", () => {
  const { manager, socket } = opening({ auth: { token: "a" } }, "/admin");
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ['0/admin,{"token":"a"}']);
  (socket.auth as { token: string }).token = "b";
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ['0/admin,{"token":"b"}']);
  socket.auth = { other: 1 };
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ['0/admin,{"other":1}']);
});

test("an auth function is called at every connection, and may take its time", () => {
  const calls: ((data: object) => void)[] = [];
  const { manager } = opening({ auth: (cb) => calls.push(cb) });
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), []);
  calls[0]!({ n: 1 });
  assert.deepEqual(manager.wire.take(), ['0{"n":1}']);
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  calls[1]!({ n: 2 });
  assert.deepEqual(manager.wire.take(), ['0{"n":2}']);
});

test("an auth function that answers twice, or too late, joins once", () => {
  const calls: ((data: object) => void)[] = [];
  const { manager, socket } = opening({ auth: (cb) => calls.push(cb) });
  manager.wire.open();
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  calls[0]!({ late: true });
  assert.deepEqual(manager.wire.take(), []);
  calls[1]!({ n: 1 });
  calls[1]!({ n: 2 });
  assert.deepEqual(manager.wire.take(), ['0{"n":1}']);
  socket.disconnect();
  calls[1]!({ n: 3 });
  assert.deepEqual(manager.wire.take(), []);
});

test("connect() while connecting does not join twice", () => {
  const { manager, socket } = opening();
  assert.equal(socket.connect(), socket);
  manager.wire.open();
  socket.open().connect();
  assert.deepEqual(manager.wire.written, ["0"]);
  manager.wire.receive('0{"sid":"id"}');
  socket.connect();
  assert.deepEqual(manager.wire.written, ["0"]);
});

test("a Socket made by a listener of another's connection joins once", () => {
  const { manager } = opening({ auth: () => void manager.socket("/late") });
  manager.wire.open();
  assert.deepEqual(manager.wire.written, ["0/late,"]);
});

test("an old server's CONNECT without sid is told as such, and the Socket keeps waiting", () => {
  for (const answer of ["0", "0{}"]) {
    const { manager, socket, log } = opening();
    manager.wire.open();
    manager.wire.receive(answer);
    assert.equal(log.length, 1);
    assert.match(
      String(log[0]![1]),
      /^It seems you are trying to reach a Socket\.IO server in v2\.x with a v3\.x client, but they are not compatible \(.+migrating-from-2-x-to-3-0\/\)$/,
    );
    assert.deepEqual([socket.active, manager.wire.readyState], [true, "open"]);
  }
});

test("a refusal brings connect_error with message and data, and is not retried", () => {
  const refusals: [string, string, unknown][] = [
    ['4{"message":"no","data":{"a":1}}', "no", { a: 1 }],
    ['4{"message":"no"}', "no", undefined],
    ['4"text of an old peer"', "", undefined],
    ["4", "", undefined],
  ];
  for (const [packet, message, data] of refusals) {
    const { manager, socket } = opening();
    const errors: (Error & { data?: unknown })[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    manager.wire.open();
    manager.wire.receive(packet);
    assert.equal(errors.length, 1, packet);
    assert.ok(errors[0] instanceof Error);
    assert.ok(Object.hasOwn(errors[0], "data"));
    assert.deepEqual([errors[0].message, errors[0].data], [message, data]);
    assert.deepEqual([socket.active, manager.wire.readyState], [false, "closed"]);
    manager.clock.advance(100_000);
    assert.equal(manager.engines.length, 1);
  }
});

test("a connect_error before the handshake can be any value that the engine gives", () => {
  const { manager, socket } = opening();
  const errors: unknown[] = [];
  socket.on("connect_error", (error) => errors.push(error));
  manager.wire.fail("No transports available");
  assert.deepEqual(errors, ["No transports available"]);
  assert.equal(socket.active, true);
});

test("errors of the engine while connected are the Manager's business", () => {
  const { manager, log } = connected();
  const errors = logOf(manager, "error");
  manager.wire.fail(new Error("websocket error"));
  assert.deepEqual(errors, [["error", "websocket error"]]);
  assert.deepEqual(log, [["disconnect", "transport error", "websocket error"]]);
});

test("disconnect reasons of the engine are handed on with their description, and id is gone before", () => {
  for (const reason of ["ping timeout", "transport close", "transport error"]) {
    const { manager, socket, log } = connected();
    socket.on("disconnect", () => assert.deepEqual([socket.id, socket.connected], [undefined, false]));
    const description = { description: "why", context: 1 };
    manager.wire.end(reason, description);
    assert.deepEqual(log, [["disconnect", reason, description]]);
    assert.equal(socket.active, true);
  }
});

test("disconnect() leaves, tells, and comes back by connect() alone", () => {
  const { manager, socket, log } = connected();
  assert.equal(socket.disconnect(), socket);
  assert.deepEqual(manager.wire.written, ["1"]);
  assert.deepEqual(log, [["disconnect", "io client disconnect", undefined]]);
  assert.deepEqual([socket.id, socket.active, manager.wire.readyState], [undefined, false, "closed"]);
  socket.close();
  manager.clock.advance(100_000);
  assert.equal(manager.engines.length, 1);
  assert.equal(log.length, 1);
  socket.connect();
  accept(manager);
  assert.equal(log.at(-1)![0], "connect");
});

test("disconnect() before the connection is made ends the attempt without an event", () => {
  const { manager, socket, log } = opening();
  socket.disconnect();
  manager.wire.open();
  manager.clock.advance(100_000);
  assert.deepEqual([log, manager.engines.length, manager.wire.written], [[], 1, []]);
});

test("the server's DISCONNECT ends the Socket for good, until connect()", () => {
  const { manager, socket, log } = connected();
  manager.wire.receive("1");
  assert.deepEqual(log, [["disconnect", "io server disconnect", undefined]]);
  assert.deepEqual([socket.active, manager.wire.readyState], [false, "closed"]);
  manager.clock.advance(100_000);
  assert.equal(manager.engines.length, 1);
});

test("connect() from the disconnect listener works, whoever disconnected", () => {
  for (const end of ["server", "client"]) {
    const { manager, socket } = connected();
    socket.once("disconnect", () => socket.connect());
    if (end === "server") manager.wire.receive("1");
    else socket.disconnect();
    accept(manager);
    assert.equal(socket.connected, true, end);
  }
});

test("the server's DISCONNECT leaves the Sockets of other namespaces alone", () => {
  const { manager, socket } = connected();
  const other = manager.socket("/other");
  manager.wire.receive('0/other,{"sid":"x"}', "1/other,");
  assert.deepEqual([socket.connected, other.connected, other.active], [true, false, false]);
  assert.equal(manager.wire.readyState, "open");
});

test("a second CONNECT from the server is a new connection", () => {
  const { manager, socket, log } = connected();
  manager.wire.receive('0{"sid":"second"}');
  assert.deepEqual([log, socket.id], [[["connect"]], "second"]);
});

test("the methods of the emitter are those that downstream packages look for, and no others", () => {
  const { socket } = opening({ autoConnect: false });
  const has = (name: string) => typeof (socket as unknown as Record<string, unknown>)[name] === "function";
  for (const name of [
    ...["on", "once", "off", "emit", "emitReserved", "listeners", "hasListeners"],
    ...["addEventListener", "removeListener", "removeAllListeners", "removeEventListener"],
  ]) {
    assert.ok(has(name), name);
  }
  for (const name of ["addListener", "prependListener", "setMaxListeners", "eventNames", "write"]) {
    assert.ok(!has(name), name);
  }
});

test("a Socket works behind a Proxy, as reactive frameworks make them", () => {
  const { manager, socket } = opening();
  const proxy = new Proxy(socket, {});
  const log = logOf(proxy, "connect", "a");
  proxy.timeout(100).emit("q", () => {});
  accept(manager);
  manager.wire.receive('2["a"]');
  proxy.disconnect();
  assert.deepEqual(log, [["connect"], ["a"]]);
});
