import { join } from "node:path";
import type { OutputOptions, Plugin } from "rolldown";
import { INTERNAL, type PackageBuild } from "./packages.ts";

/**
 * Puts the modules that some entries reach into one file. What Node reads of it is as little as can be: comments stand in the source map,
 * and exports, of which none changes, are values in place of a function each.
 * @param isEntry whether the one entry is the file
 */
export function wholeFiles(
  source: string,
  files: NonNullable<PackageBuild["whole"]>,
  isEntry: boolean,
): { readonly plugin: Plugin; readonly layout: OutputOptions } {
  const imported = new Map<string, readonly string[]>();
  const fileOf = new Map<string, string>();
  const reach = (id: string, file: string): void => {
    if (fileOf.has(id)) return;
    fileOf.set(id, file);
    imported.get(id)?.forEach((other) => reach(other, file));
  };
  const accessor =
    /^Object\.defineProperty\(exports, "(\S+)", \{\s+enumerable: true,\s+get: function\(\) \{\s+return (\S+);\s+\}\s+\}\)/gm;
  return {
    plugin: {
      name: "whole-files",
      resolveId(id) {
        const internal = internalOf(id);
        return internal === undefined ? null : { id: internal, external: true };
      },
      moduleParsed: ({ id, importedIds }) => void imported.set(id, importedIds),
      buildEnd() {
        for (const [file, entries] of Object.entries(files)) {
          for (const entry of entries) reach(join(source, `${entry}.ts`), file);
        }
      },
      generateBundle(_options, bundle) {
        for (const chunk of Object.values(bundle)) {
          if (chunk.type === "chunk") chunk.code = asAscii(chunk.code.replaceAll(accessor, "exports.$1 = $2"));
        }
      },
    },
    layout: {
      codeSplitting: isEntry
        ? false
        : { groups: [{ name: (id) => fileOf.get(id), debugName: "whole", minShareCount: 1 }] },
      chunkFileNames: "[name].js",
      externalLiveBindings: false,
      comments: false,
    },
  };
}

/** A source of one character beyond ASCII takes twice the memory, all of it. */
function asAscii(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** By what name a package's file takes what a sibling has under this one. */
export function internalOf(id: string): string | undefined {
  const sibling = Object.keys(INTERNAL).find((name) => INTERNAL[name]!.test(id));
  return sibling && `${sibling}/internal`;
}
