import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { HOMES, packageOf, sharedPackage } from "../../bench/makers.ts";
import { requireAt } from "../../bench/server/require-at.ts";
import { settingOf } from "../../bench/targets.ts";
import { packages } from "../../tools/packages.ts";
import { root } from "../../tools/setup.mjs";

describe("the targets of a bench", () => {
  test("are ours from the tarballs and upstream's 4.8.4 from peers", () => {
    const ours = settingOf("ours").package!;
    assert.equal(ours.home, join(root, ".cache/bench"));
    assert.ok(requireAt(ours));
    const theirs = settingOf("upstream").package!;
    assert.deepEqual([theirs.home, theirs.version], [join(root, "peers"), "4.8.4"]);
    assert.notEqual(requireAt(theirs), requireAt(ours));
  });

  test("are refused in another version", () => {
    assert.throws(
      () => requireAt({ ...packageOf("upstream", "socket.io"), version: "4.8.3" }),
      /is 4\.8\.4 in .*not 4\.8\.3/,
    );
    assert.throws(() => requireAt({ ...sharedPackage("ws"), version: "1.0.0" }), /ws is .* and not 1\.0\.0/);
  });

  test("are refused where they come from another place, such as the workspace", () => {
    const inWorkspace = { ...packageOf("ours", "socket.io"), home: root };
    assert.throws(() => requireAt(inWorkspace), /packages.socket\.io.* and not in .*node_modules.socket\.io/);
  });

  test("hold what was built last", () => {
    const home = join(realpathSync(HOMES.ours), "node_modules");
    for (const { name } of packages) {
      const files = readdirSync(join(home, name), { recursive: true, encoding: "utf8" }).filter(
        (file) => /\.(js|mjs|cjs)$/.test(file) && !file.includes("node_modules"),
      );
      assert.ok(files.length > 0, name);
      for (const file of files) {
        const built = join(root, "packages", name, file);
        const isSame = existsSync(built) && readFileSync(built).equals(readFileSync(join(home, name, file)));
        assert.ok(isSame, `${name}/${file} is old. \`npm test -- tests/bench\` installs what is built.`);
      }
    }
  });
});
