import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packAll } from "./pack.ts";
import { releaseFaults } from "./release-rules.ts";
import { readTarball } from "./tarball.ts";

/*
 * `npm run release:dry`: packs all nine, lists what is inside, and fails on what must not be released. Publishes nothing.
 */
const folder = mkdtempSync(join(tmpdir(), "release-"));
try {
  const tarballs = await packAll(folder);
  const versions = new Map(
    [...tarballs].map(([name, path]) => [
      name,
      path.slice(path.lastIndexOf(`${name}-`) + name.length + 1, -".tgz".length),
    ]),
  );
  for (const [name, path] of tarballs) {
    const files = readTarball(path);
    console.log(`\n${name} ${versions.get(name)}: ${statSync(path).size} bytes packed, ${files.length} files`);
    for (const file of files) console.log(`${String(file.content.length).padStart(9)}  ${file.path}`);
    for (const fault of releaseFaults(files, versions)) {
      console.error(`✖ ${name}: ${fault}`);
      process.exitCode = 1;
    }
  }
  console.log(
    process.exitCode === 1 ? "\nNot fit for release." : "\nAll nine are fit for release. Nothing was published.",
  );
} finally {
  rmSync(folder, { recursive: true });
}
