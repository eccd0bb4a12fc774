/** Clients for the programs' servers: ours from the same installation, and upstream's. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { readFileSync, realpathSync } from "node:fs";
import type { TestContext } from "node:test";
import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import { clientPackages, homes, loadClient, type ClientLibrary, type Maker } from "../../interop/implementations.ts";
import { assertOurs, installation } from "./installation.ts";

export const MAKERS: readonly Maker[] = ["ours", "upstream"];

export interface Client {
  /** A connection of its own, closed after the test. */
  connect(t: TestContext, url: string, options?: Partial<ManagerOptions & SocketOptions>): Socket;
}

/** Loads a maker's client, once it is proven whose it is. */
export function clientOf(maker: Maker): Client {
  const library = maker === "ours" ? ourClient() : upstreamClient();
  return {
    connect(t, url, options) {
      const socket = library.io(url, { forceNew: true, ...options });
      t.after(() => void socket.disconnect());
      return socket;
    },
  };
}

/** Our client's module, out of the tarball. */
export function ourClient(): ClientLibrary {
  const require = createRequire(join(installation(), "package.json"));
  const library = require("socket.io-client") as ClientLibrary;
  const names = ["socket.io-client", "socket.io-parser", "engine.io-client", "engine.io-parser"];
  assertOurs(
    names.map((name) => {
      const entry = realpathSync(require.resolve(name));
      assert.ok(require.cache[entry] !== undefined, `${name} is loaded from ${entry}`);
      const folder = entry.slice(0, entry.indexOf(join("node_modules", name))) + join("node_modules", name);
      return { name, folder, version: manifestOf(folder).version };
    }),
  );
  return library;
}

function upstreamClient(): ClientLibrary {
  const library = loadClient("upstream");
  for (const { name, version, entry, loaded } of clientPackages("upstream")) {
    assert.ok(dirname(entry).startsWith(homes.upstream + sep), `${name} lies among upstream's: ${entry}`);
    assert.doesNotMatch(version, /^\d+\.100\./, name);
    assert.ok(loaded, `${name} is loaded`);
  }
  return library;
}

function manifestOf(folder: string): { version: string } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
}
