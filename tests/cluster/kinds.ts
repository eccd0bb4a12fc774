import assert from "node:assert/strict";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));
const inOurs = createRequire(join(root, "package.json"));
const inPeers = createRequire(join(root, "peers", "package.json"));

/** A release of the server with an adapter, as applications run it. */
export interface Kind {
  readonly name: string;
  /** What `require` is given for the server, the adapter and the clients of such servers, and where. */
  readonly server: string;
  readonly adapter: string;
  readonly client: string;
  readonly ours: boolean;
  /** Exact versions of server and adapter. */
  readonly versions: readonly [string, string];
  /** Major of Socket.IO: 2 has another API. */
  readonly generation: 2 | 3 | 4;
}

const kind = (
  name: string,
  server: string,
  adapter: string,
  client: string,
  versions: readonly [string, string],
  generation: 2 | 3 | 4,
): Kind => ({ name, server, adapter, client, ours: false, versions, generation });

export const OURS: Kind = {
  name: "ours",
  server: "socket.io",
  adapter: "socket.io-redis",
  client: "socket.io-client",
  ours: true,
  versions: ["4.100.0", "6.100.0"],
  generation: 4,
};

export const UPSTREAM: readonly Kind[] = [
  kind(
    "@socket.io/redis-adapter 8",
    "socket.io",
    "@socket.io/redis-adapter",
    "socket.io-client",
    ["4.8.4", "8.3.0"],
    4,
  ),
  kind("@socket.io/redis-adapter 7.2", "socket.io", "redis-adapter-7", "socket.io-client", ["4.8.4", "7.2.0"], 4),
  kind("socket.io-redis 6 on 3.1", "sio3", "sio-redis-6", "sioc3", ["3.1.2", "6.1.1"], 3),
  kind("socket.io-redis 5 on 2.5", "sio2", "sio-redis-5", "sioc2", ["2.5.1", "5.4.0"], 2),
];

// `any`: servers of four generations, whose modules have no type in common.
/* oxlint-disable typescript/no-explicit-any */
export interface Modules {
  readonly Server: any;
  readonly adapter: any;
  readonly connect: any;
}

export function load(kind: Kind): Modules {
  const require = kind.ours ? inOurs : inPeers;
  const server = require(kind.server);
  const client = require(kind.client);
  return { Server: server.Server ?? server, adapter: require(kind.adapter), connect: client.io ?? client };
}

/** Clients of the libraries that speak with Redis. */
export function loadRedis(name: "ioredis" | "ioredis-5" | "redis" | "redis-4" | "redis-3"): any {
  return inPeers(name);
}
/* oxlint-enable typescript/no-explicit-any */

/** Name, version and real path of what a kind loads. */
export function provenance(kind: Kind): { server: Provenance; adapter: Provenance } {
  const require = kind.ours ? inOurs : inPeers;
  return { server: describe(require.resolve(kind.server)), adapter: describe(require.resolve(kind.adapter)) };
}

interface Provenance {
  readonly version: string;
  readonly folder: string;
}

function describe(entry: string): Provenance {
  for (let folder = dirname(realpathSync(entry)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version?: string };
    if (version !== undefined) return { version, folder };
  }
  throw new Error(`${entry} belongs to no package`);
}

export const OURS_FOLDER = join(root, "packages");
export const PEERS_FOLDER = join(root, "peers", "node_modules");

/** What a kind loads is what it says, by version and real path. */
export function prove(kind: Kind): void {
  const { server, adapter } = provenance(kind);
  assert.deepEqual([server.version, adapter.version], kind.versions);
  for (const { folder } of [server, adapter]) {
    assert.ok(folder.startsWith((kind.ours ? OURS_FOLDER : PEERS_FOLDER) + sep), folder);
  }
}
