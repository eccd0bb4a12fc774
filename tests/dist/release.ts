import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { releaseFaults } from "../../tools/release-rules.ts";
import { readTarball, type PackedFile } from "../../tools/tarball.ts";
import { packages } from "../../tools/packages.ts";
import { consumer } from "./consumer.ts";

const file = (path: string, text = ""): PackedFile => ({ path, content: Buffer.from(text) });

const sound = [
  file(
    "package.json",
    JSON.stringify({
      name: "a",
      license: "MIT",
      repository: { url: "x" },
      engines: { node: ">=20.19" },
      dependencies: { b: "1.0.0" },
      main: "./dist/index.js",
    }),
  ),
  file("README.md"),
  file("LICENSE"),
  file("dist/index.js"),
  file("dist/index.d.ts"),
  file("dist/index.js.map", JSON.stringify({ sources: ["../src/index.ts"], sourcesContent: ["export {}"] })),
];
const ours = new Map([["b", "1.0.0"]]);

describe("release rules", () => {
  for (const { name } of packages) {
    test(`${name} is fit for release`, async () => {
      const app = await consumer();
      const versions = new Map(packages.map((pkg) => [pkg.name, String(app.manifest(pkg.name)["version"])]));
      assert.deepEqual(releaseFaults(readTarball(app.tarballs.get(name)!), versions), []);
    });
  }

  test("a sound package has no fault", () => {
    assert.deepEqual(releaseFaults(sound, ours), []);
  });

  for (const [what, extra] of [
    ["a source file", file("dist/socket.ts")],
    ["a source folder", file("src/socket.js")],
    ["a test", file("dist/socket.test.js")],
    ["an .npmrc", file(".npmrc")],
    ["a private key", file("dist/a.js", "-----BEGIN EC PRIVATE KEY-----")],
    ["a registry token", file("dist/a.js", `token = "npm_${"a1".repeat(18)}"`)],
    ["a map without its sources", file("dist/a.js.map", JSON.stringify({ sources: ["../src/a.ts"] }))],
    [
      "a map that tells where it was made",
      file("dist/a.js.map", JSON.stringify({ sources: ["/home/someone/a.ts"], sourcesContent: ["x"] })),
    ],
  ] as const) {
    test(`${what} keeps a package from release`, () => {
      assert.equal(releaseFaults([...sound, extra], ours).length, 1);
    });
  }

  for (const missing of ["README.md", "LICENSE", "dist/index.js"]) {
    test(`a package without ${missing} is not released`, () => {
      const without = sound.filter(({ path }) => path !== missing);
      assert.equal(releaseFaults(without, ours).length, 1);
    });
  }

  test("a loose range among ours keeps a package from release", () => {
    assert.equal(releaseFaults(sound, new Map([["b", "1.0.1"]])).length, 1);
  });
});
