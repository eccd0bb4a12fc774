import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { test } from "node:test";
import { root } from "../../tools/setup.mjs";

const DOCUMENTS = [
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...markdownOf("docs"),
  ...markdownOf("docs/decisions"),
];

/** They stand for any such file, are built, are to be written by the reader, or lie elsewhere. */
const NO_FILES = [
  ...["x.ts", "x.node.ts", "x.browser.ts", ".browser.ts", ".mjs"],
  ...["wrapper.mjs", "server.cjs", "client.mjs", "seed-guide.md"],
];

/** With slashes before them: `/tests/support/pair.ts`. */
const here = entriesOf(["packages", "apps", "bench", "docs", "peers", "tests", "tools", "package.json"]);

for (const document of DOCUMENTS) {
  test(`the files and folders that ${document} names are there`, () => {
    const text = readFileSync(join(root, document), "utf8");
    const links = [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, link]) => link!);
    const missing = links.filter((link) => !existsSync(join(root, dirname(document), link)));
    const names = [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code!.split(/[\s,]+/)).filter(isPath);
    assert.deepEqual([...missing, ...names.filter((name) => !isHere(name))], []);
  });
}

/** Of names that end otherwise, only those that begin with a folder of the repository: `socket.io/cluster` is for `require`. */
function isPath(word: string): boolean {
  if (/[<>*…:"'{$]/.test(word) || NO_FILES.some((name) => word === name || word.endsWith(`/${name}`))) return false;
  return /\.(ts|mts|mjs|cjs|json|md)$/.test(word) || /^(packages|apps|bench|docs|peers|tests|tools)\/./.test(word);
}

/** Also by the end of its path: "`transports/` of `engine.io`". */
function isHere(name: string): boolean {
  const end = `/${name.replace(/^(\.\.?\/)+|\/$/g, "")}`;
  return here.some((path) => path.endsWith(end));
}

function markdownOf(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `${folder}/${file}`);
}

function entriesOf(names: readonly string[], folder = root): string[] {
  return names.flatMap((name) => {
    const path = join(folder, name);
    const own = `/${relative(root, path).split(sep).join("/")}`;
    if (/\/(node_modules|\.[^/]*)$|^\/packages\/[^/]+\/(dist|build)$/.test(own)) return [];
    const entries = readdirSync(folder, { withFileTypes: true }).find((entry) => entry.name === name);
    return entries?.isDirectory() ? [own, ...entriesOf(readdirSync(path), path)] : [own];
  });
}
