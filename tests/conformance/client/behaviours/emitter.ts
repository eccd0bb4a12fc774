import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Stage } from "../stage.ts";

/** The emitter below Manager, Socket, engine and decoder (rows C-126, C-127). */
export const emitter: Behaviours = {
  "Manager, Socket, engine and decoder have these methods, and not those of Node's emitter": async (stage) => {
    for (const object of await emittersOf(stage)) {
      for (const name of METHODS) assert.equal(typeof object[name], "function", name);
      for (const name of ["addListener", "prependListener", "setMaxListeners", "eventNames", "listenerCount"]) {
        assert.equal(name in object, false, name);
      }
    }
  },

  "on, once and off give the object, and listeners are a live list": async (stage) => {
    for (const object of await emittersOf(stage)) {
      const log: unknown[] = [];
      const listener = (...args: unknown[]): void => void log.push(args);
      assert.equal(object.on("x", listener), object);
      assert.equal(object.once("x", listener), object);
      const live = object.listeners("x");
      assert.deepEqual([live.length, object.hasListeners("x"), object.hasListeners("y")], [2, true, false]);
      object.emitReserved("x", 1, 2);
      assert.deepEqual(log, [
        [1, 2],
        [1, 2],
      ]);
      assert.equal(object.listeners("x").length, 1);
      assert.equal(object.off("x", listener), object);
      assert.deepEqual([object.listeners("x"), object.hasListeners("x")], [[], false]);
    }
  },

  "off() removes the first that matches, all of an event, or all": async (stage) => {
    for (const object of await emittersOf(stage)) {
      const listener = (): void => {};
      const other = (): void => {};
      // `once` is removed by the function that was given.
      object.once("x", listener).on("x", other).on("x", listener);
      object.removeEventListener("x", listener);
      assert.deepEqual(object.listeners("x"), [other, listener]);
      object.removeListener("x", listener);
      assert.deepEqual(object.listeners("x"), [other]);
      object.addEventListener("x", listener).on("y", listener);
      object.removeAllListeners("x");
      assert.deepEqual([object.hasListeners("x"), object.hasListeners("y")], [false, true]);
      object.on("x", listener).off();
      assert.deepEqual([object.hasListeners("x"), object.hasListeners("y")], [false, false]);
    }
  },

  "emit() of a Manager gives the Manager, and its listeners those that were there when it began": (stage) => {
    const manager = insides(new stage.library.Manager({ autoConnect: false }));
    const log: string[] = [];
    const second = (): void => void log.push("second");
    manager.on("x", () => {
      log.push("first");
      manager.off("x", second).on("x", () => log.push("later"));
    });
    manager.on("x", second);
    assert.equal(manager.emit("x"), manager);
    assert.deepEqual(log, ["first", "second"]);
    manager.emit("x");
    assert.deepEqual(log, ["first", "second", "first", "later"]);
  },

  "what a listener throws reaches who emits": (stage) => {
    const manager = insides(new stage.library.Manager({ autoConnect: false }));
    const error = new Error("thrown");
    manager.on("x", () => {
      throw error;
    });
    assert.throws(() => manager.emit("x"), error);
  },

  "what a listener of a Socket throws is an uncaught exception, and the connection lives on": async (stage) => {
    const { uncaught } = stage;
    const { socket, wire } = await stage.joined();
    const error = new Error("thrown");
    socket.on("bad", () => {
      throw error;
    });
    const heard = stage.event(socket, "good");
    wire.send('2["bad"]', '2["good"]');
    await heard;
    assert.deepEqual([uncaught, socket.connected], [[error], true]);
  },
};

const METHODS = [
  ...["on", "addEventListener", "once", "emit", "emitReserved", "listeners", "hasListeners"],
  ...["off", "removeListener", "removeAllListeners", "removeEventListener"],
];

// oxlint-disable-next-line typescript/no-explicit-any -- three classes with the same methods
async function emittersOf(stage: Stage): Promise<any[]> {
  const { socket } = await stage.joined();
  const idle = new stage.library.Manager({ autoConnect: false });
  return [idle, idle.socket("/x"), socket.io.engine, idle.decoder].map(insides);
}
