import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packages } from "./packages.ts";
import { npmCli, root } from "./setup.mjs";

const execute = promisify(execFile);

/** Packs all nine into a folder, as a release would. Name → path of the tarball. */
export async function packAll(folder: string): Promise<Map<string, string>> {
  const workspaces = packages.flatMap((pkg) => ["-w", `packages/${pkg.name}`]);
  await runNpm(["pack", ...workspaces, "--pack-destination", folder, "--ignore-scripts", "--silent"], root);
  return new Map(packages.map((pkg) => [pkg.name, join(folder, `${pkg.name}-${versionOf(pkg.name)}.tgz`)]));
}

export async function runNpm(args: readonly string[], cwd: string): Promise<void> {
  const cli = npmCli();
  if (cli === null) throw new Error("npm-cli.js was found neither in npm_execpath nor beside node");
  await execute(process.execPath, [cli, ...args], { cwd });
}

function versionOf(name: string): string {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
