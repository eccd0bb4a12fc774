import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tools/setup.mjs";

/* Where the packages of both makers are, and in which version: measured processes refuse any other (server/require-at.ts). */

export type Maker = "ours" | "upstream";

export interface PackageAt {
  readonly name: string;
  readonly version: string;
  /** The folder whose `node_modules` holds it. */
  readonly home: string;
}

/** Ours as they are installed from their tarballs (tools/downstream.ts), never those of the workspace; upstream's from `peers`. */
export const HOMES: Readonly<Record<Maker, string>> = {
  ours: join(root, ".cache", "bench"),
  upstream: join(root, "peers"),
};

/** The versions that performance figures of upstream are about. */
const UPSTREAM: Readonly<Record<string, string>> = {
  "socket.io": "4.8.4",
  "socket.io-client": "4.8.4",
  "socket.io-adapter": "2.5.8",
  "socket.io-msgpack-parser": "3.0.2",
  "@socket.io/redis-adapter": "8.3.0",
};

export function packageOf(maker: Maker, name: string): PackageAt {
  const version = maker === "ours" ? versionOf(join(root, "packages", name)) : UPSTREAM[name];
  if (version === undefined) throw new Error(`nothing is measured against ${name}`);
  return { name, version, home: HOMES[maker] };
}

/** What floors and both makers use alike, from `peers`. */
export function sharedPackage(name: "ws" | "redis-4"): PackageAt {
  return { name, version: versionOf(join(HOMES.upstream, "node_modules", name)), home: HOMES.upstream };
}

function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}
