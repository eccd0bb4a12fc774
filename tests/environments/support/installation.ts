/** Where bundlers, Jest and Metro are installed over our tarballs, and the proof that these are what is built. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { root } from "../../../tools/setup.mjs";

/** Our packages that an application gets with the client. */
export const CLIENT_PACKAGES = [
  "engine.io-client",
  "engine.io-parser",
  "socket.io-client",
  "socket.io-parser",
] as const;

const HOME = join(root, ".cache", "environments");
let home: string | undefined;

/** Fails with what to do where nothing, or something old, is installed. */
export function installation(): string {
  return (home ??= proven());
}

/** Finds modules as a file of the application does. */
export function inInstallation(): NodeJS.Require {
  return createRequire(join(installation(), "package.json"));
}

/** Which of our packages a file of the installation belongs to, and its path there; null: to somebody else. */
export function ourFile(path: string): { name: string; file: string } | null {
  for (const name of CLIENT_PACKAGES) {
    const folder = join(installation(), "node_modules", name);
    if (path.startsWith(folder + "/") || path.startsWith(folder + "\\")) {
      return { name, file: relative(folder, path).replaceAll("\\", "/") };
    }
  }
  return null;
}

function proven(): string {
  const hint = "`npm test -- tests/environments` installs what is built.";
  assert.ok(existsSync(join(HOME, "node_modules", ".installed-from")), `The bundlers are not installed. ${hint}`);
  const modules = join(realpathSync(HOME), "node_modules");
  const copies = readdirSync(modules, { recursive: true, encoding: "utf8" }).filter((path) =>
    /(^|node_modules[\\/])(socket|engine)\.io(-[a-z-]+)?$/.test(path),
  );
  assert.deepEqual(copies.toSorted(), [...CLIENT_PACKAGES], "one copy of each of ours and none of upstream's");
  for (const name of CLIENT_PACKAGES) {
    const files = readdirSync(join(modules, name), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    assert.ok(files.length > 0, name);
    for (const entry of files) {
      const installed = join(entry.parentPath, entry.name);
      const built = join(root, "packages", name, relative(join(modules, name), installed));
      const isSame = existsSync(built) && readFileSync(built).equals(readFileSync(installed));
      assert.ok(isSame, `${installed} is old. ${hint}`);
    }
  }
  return realpathSync(HOME);
}
