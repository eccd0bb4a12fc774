import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { packages } from "../../tools/packages.ts";
import { root } from "../../tools/setup.mjs";

interface Manifest {
  name: string;
  version: string;
  license?: string;
  repository?: { directory?: string };
  engines?: { node?: string };
  files?: string[];
  dependencies?: Record<string, string>;
}

const read = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
const manifests = packages.map((pkg) => read(join("packages", pkg.name)));
const versions = new Map(manifests.map((manifest) => [manifest.name, manifest.version]));

test("there are nine packages, each in the folder of its name", () => {
  assert.equal(manifests.length, 9);
  assert.deepEqual(
    manifests.map((manifest) => manifest.name),
    packages.map((pkg) => pkg.name),
  );
});

test("each of our packages asks for exactly the versions of the others that it is released with", () => {
  let ours = 0;
  for (const manifest of [...manifests, read("apps/demo")]) {
    for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
      if (!versions.has(name)) continue;
      assert.equal(range, versions.get(name), `${manifest.name} depends on ${name}`);
      ours++;
    }
  }
  assert.ok(ours > 0);
});

test("every manifest says under which license, from where and for which Node.js", () => {
  for (const manifest of manifests) {
    assert.equal(manifest.license, "MIT", manifest.name);
    assert.equal(manifest.repository?.directory, `packages/${manifest.name}`);
    assert.equal(manifest.engines?.node, ">=20.19", manifest.name);
    assert.ok(Array.isArray(manifest.files), `${manifest.name} lists its files`);
  }
});
