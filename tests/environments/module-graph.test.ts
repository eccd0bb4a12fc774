/** Which files of ours a runtime or a bundler gets by `import`, by the conditions that it asks with. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { rolldown } from "rolldown";
import { CLIENT_PACKAGES, inInstallation, installation, ourFile } from "./support/installation.ts";

/** What is asked for besides `import` and `default`. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  "no condition": [],
  browser: ["browser"],
  "browser, while developing": ["browser", "module", "development"],
  "react-native": ["react-native"],
  deno: ["deno"],
  bun: ["bun"],
  worker: ["worker", "browser"],
};
const ENTRIES = CLIENT_PACKAGES.flatMap(entriesOf);

describe("every entry of the client's packages", () => {
  for (const [name, conditions] of Object.entries(CONDITIONS)) {
    test(`is ES modules throughout, ours alone, for: ${name}`, async () => {
      const modules = await graph(ENTRIES, conditions);
      assert.ok(modules.length > 40, `${modules.length} files`);
      for (const path of modules) {
        assert.ok(ourFile(path) !== null, `${path} is none of ours`);
        assert.ok(isEsModule(path), `${path} is CommonJS`);
      }
    });
  }

  test("is CommonJS below thin ES modules for: node, so that import and require give the same classes", async () => {
    const modules = await graph(ENTRIES, ["node"]);
    const kinds = new Map(modules.filter((path) => ourFile(path) !== null).map((path) => [path, isEsModule(path)]));
    const thin = [...kinds].filter(([, isModule]) => isModule).map(([path]) => path);
    for (const path of thin) assert.match(path, /node\.mjs$/);
    assert.ok(thin.length >= CLIENT_PACKAGES.length);
    assert.ok(kinds.size > 2 * thin.length);
  });
});

test("the check knows CommonJS when it sees it", async () => {
  const folder = join(installation(), "node_modules/engine.io-parser/build");
  assert.equal(isEsModule(join(folder, "cjs/index.js")), false);
  assert.equal(isEsModule(join(folder, "esm/index.js")), true);
});

/** The files that one reaches by import from these entries, each by its path. */
async function graph(entries: readonly string[], conditions: readonly string[]): Promise<string[]> {
  const modules: string[] = [];
  const start = "\0start";
  const build = await rolldown({
    input: start,
    cwd: installation(),
    platform: "neutral",
    // Neither the field `browser` nor `module`: in ours `exports` decides.
    resolve: { conditionNames: ["import", "default", ...conditions], mainFields: ["main"], aliasFields: [] },
    // Optional parts of `ws`, which it asks for in vain.
    external: (id) => isBuiltin(id) || ["bufferutil", "utf-8-validate"].includes(id),
    plugins: [
      {
        name: "graph",
        resolveId: (id) => (id === start ? id : null),
        load: (id) => (id === start ? entries.map((entry) => `import ${JSON.stringify(entry)};`).join("\n") : null),
        moduleParsed: ({ id }) => void (id !== start && !id.startsWith("\0") && modules.push(id)),
      },
    ],
    onLog: (_level, log) => {
      if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
    },
  });
  await build.generate({ format: "esm" });
  await build.close();
  return modules;
}

/** As Node decides, and by the text too: a file that is named an ES module may still ask for CommonJS. */
function isEsModule(path: string): boolean {
  const isCommonJs = /\brequire\(|\bmodule\.exports\b|\bexports\.[\w$]+ ?=/.test(
    withoutComments(readFileSync(path, "utf8")),
  );
  if (path.endsWith(".mjs")) return !isCommonJs;
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { type } = JSON.parse(readFileSync(manifest, "utf8")) as { type?: string };
    return type === "module" && !isCommonJs;
  }
  return false;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** "name", "name/debug" …: what can be imported and is code of the client (revision 3 is for servers). */
function entriesOf(name: string): string[] {
  const { exports } = inInstallation()(`${name}/package.json`) as { exports: Record<string, unknown> };
  return (
    Object.entries(exports)
      // What siblings require is CommonJS, under a name that nobody else uses.
      .filter(([path, target]) => typeof target === "object" && path !== "./v3" && path !== "./internal")
      .map(([path]) => join(name, path).replaceAll("\\", "/"))
  );
}
