import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import test from "node:test";
import { LazyEmitter } from "../src/lazy-emitter.ts";

test("an emitter that nobody has listened to answers as any other", () => {
  const emitter = new LazyEmitter();
  const listener = (): void => {};
  assert.ok(emitter instanceof EventEmitter);
  assert.deepEqual(Object.keys(emitter), []);
  assert.equal(emitter.emit("a", 1), false);
  assert.equal(emitter.listenerCount("a"), 0);
  assert.deepEqual([emitter.eventNames(), emitter.listeners("a"), emitter.rawListeners("a")], [[], [], []]);
  assert.equal(emitter.getMaxListeners(), EventEmitter.defaultMaxListeners);
  assert.equal(emitter.off("a", listener).removeAllListeners().removeAllListeners("a"), emitter);
  assert.throws(() => emitter.emit("error", new Error("unheard")), /unheard/);
});

for (const method of ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const) {
  test(`the first listener may come by ${method}`, () => {
    const emitter = new LazyEmitter();
    const log: unknown[] = [];
    emitter[method]("a", (value) => log.push(value));
    assert.deepEqual([emitter.eventNames(), emitter.emit("a", 1), emitter.emit("b", 2)], [["a"], true, false]);
    assert.deepEqual(log, [1]);
    assert.equal(emitter.listenerCount("a"), method.toLowerCase().includes("once") ? 0 : 1);
  });
}

test("listeners of one emitter are not those of another", () => {
  const emitter = new LazyEmitter();
  emitter.on("a", () => {});
  assert.equal(new LazyEmitter().listenerCount("a"), 0);
  emitter.setMaxListeners(3);
  assert.equal(new LazyEmitter().getMaxListeners(), EventEmitter.defaultMaxListeners);
});

test("newListener is told of the first listener, and promises wait for events", async () => {
  const emitter = new LazyEmitter();
  const heard = once(emitter, "a");
  const names: unknown[] = [];
  emitter.on("newListener", (event) => names.push(event));
  emitter.on("b", () => {});
  emitter.emit("a", 7);
  assert.deepEqual([await heard, names], [[7], ["b"]]);
});
