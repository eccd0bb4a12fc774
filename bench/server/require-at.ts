import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import type { PackageAt } from "../makers.ts";

/** Loads a package from the place and in the version that are said, or fails: nothing else may be measured in its name. */
export function requireAt<Module>({ name, version, home }: PackageAt): Module {
  const require = createRequire(join(home, "package.json"));
  const folder = join(realpathSync(home), "node_modules", name);
  const file = realpathSync(require.resolve(name));
  if (!file.startsWith(folder + sep)) throw new Error(`${name} is ${file}, and not in ${folder}`);
  const found = (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
  if (found !== version) throw new Error(`${name} is ${found} in ${folder}, and not ${version}`);
  return require(name) as Module;
}
