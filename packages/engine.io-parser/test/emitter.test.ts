import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Emitter, type DefaultEventsMap } from "engine.io-parser/emitter";

class Untyped extends Emitter<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap> {
  report(name: string, ...args: unknown[]): this {
    return this.emitReserved(name, ...args);
  }
}

// Rows C-126 and T-8.
describe("the methods of the small emitter", () => {
  test("it offers exactly the methods of the component emitter, the DOM's and Node's names among them", () => {
    const emitter = new Untyped() as unknown as Record<string, unknown>;
    const present = [
      ...["on", "addEventListener", "once", "off", "removeListener", "removeAllListeners", "removeEventListener"],
      ...["emit", "emitReserved", "listeners", "hasListeners"],
    ];
    for (const name of present) assert.equal(typeof emitter[name], "function", name);
    const absent = ["addListener", "prependListener", "setMaxListeners", "eventNames", "listenerCount", "rawListeners"];
    for (const name of absent) assert.equal(name in emitter, false, name);
  });

  test("`on` calls the listener at each emit, with the arguments and the emitter as `this`", () => {
    const emitter = new Untyped();
    const calls: unknown[] = [];
    emitter.on("a", function (this: unknown, ...args: unknown[]) {
      calls.push([this === emitter, ...args]);
    });
    emitter.emit("a", 1, "two").emit("a").emit("b");
    assert.deepEqual(calls, [[true, 1, "two"], [true]]);
  });

  test("`once` calls the listener one time, even when it emits again itself", () => {
    const emitter = new Untyped();
    const calls: unknown[] = [];
    emitter.once("a", (value) => {
      calls.push(value);
      emitter.emit("a", "again");
    });
    emitter.emit("a", "first");
    emitter.emit("a", "later");
    assert.deepEqual(calls, ["first"]);
    assert.equal(emitter.hasListeners("a"), false);
  });

  test("`off` with a name and a function removes the first listener that matches, whether from `on` or `once`", () => {
    const emitter = new Untyped();
    const calls: string[] = [];
    const twice = (): void => void calls.push("twice");
    const once = (): void => void calls.push("once");
    emitter.on("a", twice).on("a", twice).once("a", once);
    emitter.off("a", twice).off("a", once).emit("a");
    assert.deepEqual(calls, ["twice"]);
    emitter.off("a", () => {}).off("unknown", twice);
    assert.equal(emitter.listeners("a").length, 1);
  });

  test("`off` with a name removes the listeners of that event, without arguments those of all", () => {
    const emitter = new Untyped();
    const noop = (): void => {};
    emitter.on("a", noop).on("b", noop).on("c", noop);
    emitter.off("a");
    assert.deepEqual(
      ["a", "b", "c"].map((name) => emitter.hasListeners(name)),
      [false, true, true],
    );
    emitter.off();
    assert.deepEqual(
      ["a", "b", "c"].map((name) => emitter.hasListeners(name)),
      [false, false, false],
    );
  });

  test("`off` with a listener that is undefined removes nothing", () => {
    const emitter = new Untyped();
    emitter.on("a", () => {});
    emitter.off("a", undefined);
    assert.equal(emitter.hasListeners("a"), true);
  });

  test("the other names do the same", () => {
    // The types do not have those of the DOM.
    const emitter = new Untyped() as Untyped & { addEventListener: Untyped["on"]; removeEventListener: Untyped["off"] };
    const noop = (): void => {};
    emitter.addEventListener("a", noop).removeListener("a", noop);
    emitter.addEventListener("b", noop);
    emitter.removeEventListener("b");
    emitter.addEventListener("c", noop).removeAllListeners();
    assert.deepEqual(
      ["a", "b", "c"].map((name) => emitter.hasListeners(name)),
      [false, false, false],
    );
  });

  test("`listeners` is live: it shows what is added and removed later", () => {
    const emitter = new Untyped();
    const first = (): void => {};
    const second = (): void => {};
    emitter.on("a", first);
    const live = emitter.listeners("a");
    emitter.on("a", second);
    assert.deepEqual(live, [first, second]);
    emitter.off("a", first);
    assert.deepEqual(live, [second]);
    assert.deepEqual(emitter.listeners("b"), []);
  });

  test("`emitReserved` reaches the same listeners as `emit`, also where a subclass overrides `emit`", () => {
    class Overriding extends Untyped {
      override emit(): this {
        throw new Error("not through here");
      }
    }
    const emitter = new Overriding();
    const calls: unknown[] = [];
    emitter.on("open", (value) => calls.push(value));
    emitter.report("open", 7);
    assert.deepEqual(calls, [7]);
  });

  test("an event named by a number is the one named by its digits; symbols are names too", () => {
    const emitter = new Untyped() as unknown as {
      on(name: PropertyKey, listener: (value: unknown) => void): unknown;
      emit(name: PropertyKey, value: unknown): unknown;
    };
    const calls: unknown[] = [];
    const symbol = Symbol("event");
    emitter.on("5", (value) => calls.push(value));
    emitter.on(symbol, (value) => calls.push(value));
    emitter.emit(5, "number");
    emitter.emit(symbol, "symbol");
    assert.deepEqual(calls, ["number", "symbol"]);
  });

  test("names of Object.prototype are names like others, and an `error` without listener is no error", () => {
    const emitter = new Untyped();
    for (const name of ["__proto__", "constructor", "toString", "error"]) {
      assert.equal(emitter.hasListeners(name), false, name);
      assert.equal(emitter.emit(name, 1), emitter, name);
      let calls = 0;
      emitter.on(name, () => calls++);
      emitter.emit(name);
      assert.equal(calls, 1, name);
    }
  });
});

// Row C-127.
describe("how the small emitter calls", () => {
  test("what is added or removed while emitting counts from the next emit on", () => {
    const emitter = new Untyped();
    const calls: string[] = [];
    const removed = (): void => void calls.push("removed");
    emitter.on("a", () => {
      calls.push("first");
      emitter.off("a", removed);
      emitter.on("a", () => calls.push("added"));
    });
    emitter.on("a", removed);
    emitter.emit("a");
    assert.deepEqual(calls, ["first", "removed"]);
    calls.length = 0;
    emitter.emit("a");
    assert.deepEqual(calls, ["first", "added"]);
  });

  test("a listener added by the only listener waits for the next emit", () => {
    const emitter = new Untyped();
    const calls: string[] = [];
    emitter.once("a", () => {
      calls.push("first");
      emitter.on("a", () => calls.push("added"));
    });
    emitter.emit("a");
    assert.deepEqual(calls, ["first"]);
  });

  test("what a listener throws reaches the caller of emit, and the listeners after it are not called", () => {
    const emitter = new Untyped();
    let after = 0;
    emitter.on("a", () => {
      throw new Error("thrown by a listener");
    });
    emitter.on("a", () => after++);
    assert.throws(() => emitter.emit("a"), /thrown by a listener/);
    assert.equal(after, 0);
  });

  test("it works behind a Proxy, as frameworks wrap users' objects", () => {
    const emitter = new Proxy(new Untyped(), {});
    const calls: unknown[] = [];
    emitter.once("a", (value) => calls.push(value));
    emitter.emit("a", 1).emit("a", 2);
    assert.deepEqual(calls, [1]);
  });
});
