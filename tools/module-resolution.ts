import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "rolldown";
import { packages } from "./packages.ts";
import { root } from "./setup.mjs";

/* Which file stands for a module, where it is not the one that its name says. */

/** `x.node.ts` stands for Node, `x.ts` beside it for browsers; `x.ts` for Node and `x.browser.ts` likewise. */
export function browserFiles(): Plugin {
  return {
    name: "browser-files",
    resolveId(id, importer) {
      if (importer === undefined || !id.startsWith(".")) return null;
      const path = resolve(dirname(importer), id.replace(/\.js$/, ".ts"));
      const candidates = [path.replace(/\.node\.ts$/, ".ts"), path.replace(/\.ts$/, ".browser.ts")];
      return candidates.find((candidate) => candidate !== path && existsSync(candidate)) ?? null;
    },
  };
}

/**
 * Bundles are made from the sources of all the packages inside them, so that dead code of all falls away.
 * @param parser stands in for socket.io-parser, whose subpaths stay
 */
export function workspaceSources(parser?: string): Plugin {
  return {
    name: "workspace-sources",
    resolveId(id) {
      const [name, ...rest] = (id === "socket.io-parser" && parser !== undefined ? parser : id).split("/");
      if (!packages.some((pkg) => pkg.name === name)) return null;
      const base = join(root, "packages", name!, "src", ...rest);
      return [`${base}.ts`, join(base, "index.ts")].find(existsSync) ?? null;
    },
  };
}
