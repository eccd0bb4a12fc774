import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "../../tools/setup.mjs";
import { installation, OURS, versionOf } from "./support/installation.ts";

interface Manifest {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  overrides?: Record<string, string>;
}

interface LockEntry {
  version?: string;
  resolved?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const manifest = readJson(join(root, "tests/downstream/package.json")) as Manifest;
const lock = readJson(join(root, "tests/downstream/package-lock.json")) as { packages: Record<string, LockEntry> };

describe("the programs of other people", () => {
  test("have one copy of each of our packages in their tree, ours, and none of upstream's", () => {
    const home = join(installation(), "node_modules");
    const copies = packagesBelow(home).filter(({ name }) => /^(socket|engine)\.io(-|$)/.test(name));
    assert.deepEqual(
      copies.sort((a, b) => a.name.localeCompare(b.name)),
      OURS.map((name) => ({ name, version: versionOf(name), folder: join(home, name) })),
    );
  });

  test("run on what was built last", () => {
    const home = join(installation(), "node_modules");
    for (const name of OURS) {
      const files = filesBelow(join(home, name)).filter((file) => /\.(js|mjs|cjs)$/.test(file));
      assert.ok(files.length > 0, name);
      for (const file of files) {
        const built = join(root, "packages", name, file);
        const isSame = existsSync(built) && readFileSync(built).equals(readFileSync(join(home, name, file)));
        assert.ok(isSame, `${name}/${file} is old. \`npm test -- tests/downstream\` installs what is built.`);
      }
    }
  });

  test("are pinned, with each of ours overridden by its tarball", () => {
    for (const [name, version] of Object.entries(manifest.dependencies!)) {
      if (OURS.includes(name as (typeof OURS)[number])) assert.equal(version, `file:packs/${name}.tgz`);
      else assert.match(version, /^\d+\.\d+\.\d+$/, name);
    }
    assert.deepEqual(manifest.overrides, Object.fromEntries(OURS.map((name) => [name, `$${name}`])));
  });

  test("have a lock file without addresses, and without checksums of what changes with every build", () => {
    for (const [path, entry] of Object.entries(lock.packages)) {
      if (path === "") continue;
      const name = path.slice("node_modules/".length);
      const isOurs = OURS.includes(name as (typeof OURS)[number]);
      assert.equal(entry.resolved, isOurs ? `file:packs/${name}.tgz` : undefined, path);
      assert.equal(entry.integrity === undefined, isOurs, path);
    }
  });

  test("have a lock file that knows versions and dependencies of ours as they are", () => {
    for (const name of OURS) {
      const { version, dependencies } = readJson(join(root, "packages", name, "package.json")) as Manifest;
      const entry = lock.packages[`node_modules/${name}`];
      const hint = "`npx tsx tools/downstream.ts --lock` makes it anew";
      assert.deepEqual(
        { version: entry?.version, dependencies: entry?.dependencies ?? {} },
        { version, dependencies: dependencies ?? {} },
        `${name}: ${hint}`,
      );
    }
  });
});

/** All packages of a node_modules, those in the node_modules of others too. */
function packagesBelow(home: string): { name: string; version: string; folder: string }[] {
  if (!existsSync(home)) return [];
  const folders = readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .flatMap(({ name }) =>
      name.startsWith("@") ? readdirSync(join(home, name)).map((inner) => join(name, inner)) : [name],
    );
  return folders.flatMap((path) => {
    const folder = join(home, path);
    const below = packagesBelow(join(folder, "node_modules"));
    if (!existsSync(join(folder, "package.json"))) return below;
    // An alias bears another name than its folder: what it is called inside counts.
    const { name, version } = readJson(join(folder, "package.json")) as Manifest;
    return [{ name: name ?? path, version: version ?? "", folder }, ...below];
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.slice(folder.length).includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
