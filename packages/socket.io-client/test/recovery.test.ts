import assert from "node:assert/strict";
import test from "node:test";
import { connected, opening } from "./fake-engine.ts";

test("a pid is kept and sent with the last offset, under the auth payload", () => {
  const { manager, socket } = opening({ auth: { token: "t" } });
  const last = () => {
    manager.wire.end("transport close");
    manager.clock.advance(1000);
    manager.wire.open();
    return manager.wire.take();
  };
  manager.wire.open();
  manager.wire.receive('0{"sid":"a","pid":"p1"}', '2["x",1,"off1"]', '2["x",5]', '27["x","no offset"]');
  assert.equal(socket.recovered, false);
  assert.deepEqual(last(), ['0{"pid":"p1","offset":"off1","token":"t"}']);
  manager.wire.receive('2["x","off2"]', '0{"sid":"a","pid":"p1"}');
  assert.deepEqual([socket.recovered, socket.id], [true, "a"]);
  assert.deepEqual(last(), ['0{"pid":"p1","offset":"off2","token":"t"}']);
  manager.wire.receive('0{"sid":"b","pid":"p2"}');
  assert.equal(socket.recovered, false);
  assert.deepEqual(last(), ['0{"pid":"p2","token":"t"}']);
  socket.auth = { pid: "mine" };
  assert.deepEqual(last(), ['0{"pid":"mine"}']);
});

test("what was missed is delivered once, whether it comes before or after CONNECT's answer, or twice because that was lost", () => {
  const { manager, socket } = opening();
  const heard: unknown[] = [];
  socket.on("n", (n) => heard.push(n));
  const comeBack = () => {
    manager.wire.end("transport close");
    manager.clock.advance(1000);
    manager.wire.open();
    return manager.wire.take();
  };
  manager.wire.open();
  manager.wire.receive('0{"sid":"a","pid":"p"}', '2["n",1,"off1"]');
  comeBack();
  manager.wire.receive('2["n",2,"off2"]', '0{"sid":"a","pid":"p"}', '2["n",3,"off3"]');
  assert.deepEqual([socket.recovered, heard], [true, [1, 2, 3]]);
  comeBack();
  manager.wire.receive('2["n",4,"off4"]');
  // The answer is lost: the events before it were not delivered, and the offset says so.
  assert.deepEqual(comeBack(), ['0{"pid":"p","offset":"off3"}']);
  manager.wire.receive('2["n",4,"off4"]', '0{"sid":"a","pid":"p"}');
  assert.deepEqual(heard, [1, 2, 3, 4]);
});

test("without a pid no offset is kept, and the connection is never recovered", () => {
  const { manager, socket } = connected();
  manager.wire.receive('2["x","off"]');
  assert.equal((socket as unknown as { _lastOffset: unknown })._lastOffset, undefined);
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ["0"]);
  manager.wire.receive('0{"sid":"b"}');
  assert.equal(socket.recovered, false);
});
