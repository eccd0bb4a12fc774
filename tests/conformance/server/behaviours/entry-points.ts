import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";

/** What `require` and `import` give. */
export const entryPoints: Behaviours = {
  "the CommonJS module is a function of two parameters that makes a server, with three classes on it": (stage) => {
    const { library } = stage;
    assert.equal(typeof library, "function");
    const make = library as unknown as ((srv?: unknown, opts?: object) => object) & Record<string, unknown>;
    assert.equal(make.length, 2);
    assert.throws(() => Reflect.construct(make, []), TypeError);
    assert.deepEqual(Object.keys(make).sort(), ["Namespace", "Server", "Socket"]);
    assert.equal(typeof make["Server"], "function");
    assert.ok(make() instanceof library.Server);
  },
};
