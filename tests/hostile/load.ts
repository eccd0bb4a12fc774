import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { homes } from "../interop/implementations.ts";

/** A package of ours, or one in peers/, where releases have names such as `socket.io-parser-4.2.0`. It is sure to be that maker's. */
export function load<Library>(maker: "ours" | "upstream", name: string): Library {
  const require = createRequire(join(homes[maker], "..", "package.json"));
  const entry = realpathSync(require.resolve(name));
  assert.ok(entry.startsWith(homes[maker] + sep), entry);
  return require(name) as Library;
}
