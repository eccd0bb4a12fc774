import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** "upstream" is 4.8.4 in peers/, "ours" is what packages/ was built into. */
export type Maker = "ours" | "upstream";

/** Which client: of either maker, or upstream's of an older release. */
export type ClientRelease = Maker | keyof typeof OLD_CLIENTS;

/** Which server. */
export type ServerRelease = Maker | keyof typeof OLD_SERVERS;

/** Names in peers/ of the older clients. */
const OLD_CLIENTS = { "upstream 2.5.0": "sioc2", "upstream 3.1.3": "sioc3" } as const;

/** Names in peers/ of the older servers. */
const OLD_SERVERS = { "upstream 2.5.1": "sio2", "upstream 3.1.2": "sio3" } as const;

/** Both makers offer one API, so our types describe upstream's modules too. */
export type ServerLibrary = typeof import("socket.io");
export type ClientLibrary = Pick<typeof import("socket.io-client"), "io" | "Manager" | "Socket">;

export interface LoadedPackage {
  readonly name: string;
  readonly version: string;
  /** Real path of the file that `require` runs: workspaces are reached through symbolic links. */
  readonly entry: string;
  /** Whether that very file is in the module cache, or the one that has all its code: so not only resolvable but running. */
  readonly loaded: boolean;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where a maker's packages must lie. */
export const homes: Record<Maker, string> = {
  ours: join(realpathSync(root), "packages"),
  upstream: join(realpathSync(root), "peers", "node_modules"),
};

const requires: Record<Maker, NodeJS.Require> = {
  ours: createRequire(join(root, "package.json")),
  upstream: createRequire(join(root, "peers", "package.json")),
};

export function loadServer(release: ServerRelease): ServerLibrary {
  const library = requires[makerOf(release)](serverName(release)) as ServerLibrary;
  // The module of 2.x is the class itself.
  return "Server" in library ? library : Object.assign(library, { Server: library });
}

export function loadClient(release: ClientRelease): ClientLibrary {
  const library = clientRequire(release)(clientName(release)) as ClientLibrary;
  // The module of 2.x is the function itself.
  return "io" in library ? library : Object.assign(library, { io: library });
}

/** The msgpack parser of a maker. */
export function loadParser(maker: Maker): typeof import("socket.io-msgpack-parser") {
  return requires[maker]("socket.io-msgpack-parser") as typeof import("socket.io-msgpack-parser");
}

/** The engine that a maker's server runs on. */
export function loadEngine(maker: Maker): typeof import("engine.io") {
  return createRequire(requires[maker].resolve("socket.io"))("engine.io") as typeof import("engine.io");
}

/** The engine that a maker's client runs on. */
export function loadEngineClient(maker: Maker): typeof import("engine.io-client") {
  return createRequire(requires[maker].resolve("socket.io-client"))(
    "engine.io-client",
  ) as typeof import("engine.io-client");
}

/** engine.io-client of the line that speaks revision 3: a constructor without types. */
export function loadEngineClient3(): unknown {
  return requires.upstream("eioc3");
}

/** Packages of an engine, and of the client of revision 3. */
export function enginePackages(maker: Maker): LoadedPackage[] {
  const engine = describe(createRequire(requires[maker].resolve("socket.io")), "engine.io");
  return [engine, describe(createRequire(engine.entry), "engine.io-parser")];
}

export function engineClient3Packages(): LoadedPackage[] {
  const client = describe(requires.upstream, "eioc3", "engine.io-client");
  return [client, describe(createRequire(client.entry), "engine.io-parser")];
}

/** Whose packages a release is made of. */
export function makerOf(release: ClientRelease | ServerRelease): Maker {
  return release === "ours" ? "ours" : "upstream";
}

function serverName(release: ServerRelease): string {
  return release in OLD_SERVERS ? OLD_SERVERS[release as keyof typeof OLD_SERVERS] : "socket.io";
}

function clientRequire(release: ClientRelease): NodeJS.Require {
  return requires[makerOf(release)];
}

function clientName(release: ClientRelease): string {
  return release in OLD_CLIENTS ? OLD_CLIENTS[release as keyof typeof OLD_CLIENTS] : "socket.io-client";
}

/**
 * The packages that a side consists of, each resolved from the package that requires it. npm links a workspace into any
 * dependent whose range it satisfies, and the workspaces bear upstream's names: only real paths tell who is running.
 */
export function serverPackages(release: ServerRelease): LoadedPackage[] {
  const server = describe(requires[makerOf(release)], serverName(release), "socket.io");
  const inServer = createRequire(server.entry);
  const engine = describe(inServer, "engine.io");
  return [
    server,
    engine,
    describe(createRequire(engine.entry), "engine.io-parser"),
    describe(inServer, "socket.io-parser"),
    describe(inServer, "socket.io-adapter"),
  ];
}

/** The same for the packages of a client. */
export function clientPackages(release: ClientRelease): LoadedPackage[] {
  const client = describe(clientRequire(release), clientName(release), "socket.io-client");
  const inClient = createRequire(client.entry);
  const engine = describe(inClient, "engine.io-client");
  return [
    client,
    engine,
    describe(createRequire(engine.entry), "engine.io-parser"),
    describe(inClient, "socket.io-parser"),
  ];
}

/** Files of a maker that this process has loaded. */
export function loadedFilesOf(maker: Maker): string[] {
  return Object.keys(requires[maker].cache)
    .map((file) => (existsSync(file) ? realpathSync(file) : file))
    .filter((file) => file.startsWith(homes[maker]));
}

/** @param alias what the package is called where it is required */
function describe(require: NodeJS.Require, alias: string, name: string = alias): LoadedPackage {
  const resolved = require.resolve(alias);
  const entry = realpathSync(resolved);
  const loaded = [resolved, entry, join(dirname(entry), "package.js")].some(
    (file) => require.cache[file] !== undefined,
  );
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { name: found, version } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string; version?: string };
    // Folders of ES modules hold a package.json that says only {"type": "module"}.
    if (found === name && version !== undefined) return { name, version, entry, loaded };
  }
  throw new Error(`no package.json of ${name} above ${entry}`);
}
