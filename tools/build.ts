import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown, type OutputOptions, type RolldownBuild } from "rolldown";
import { forgetBuild, markBuilt, needsBuild } from "./changed.ts";
import { filesBelow } from "./files.ts";
import { shortNames } from "./mangling.ts";
import { browserFiles, workspaceSources } from "./module-resolution.ts";
import { bundles, packages, type BundleBuild, type PackageBuild } from "./packages.ts";
import { internalOf, wholeFiles } from "./whole-files.ts";

/**
 * Builds the packages: `npm run build`, or `npm run build -- engine.io-client` for some of them.
 * tsc writes the types, rolldown the JavaScript. `--no-types` leaves the types alone. `--changed` builds only what has
 * changed since its last build.
 */
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

const args = process.argv.slice(2);
const withTypes = !args.includes("--no-types");
const wanted = args.filter((arg) => !arg.startsWith("--"));
const chosen = packages
  .filter((pkg) => pkg.kind !== "manifest" && (wanted.length === 0 || wanted.includes(pkg.name)))
  .filter((pkg) => !args.includes("--changed") || needsBuild(pkg));

for (const pkg of chosen) {
  forgetBuild(pkg);
  clean(pkg);
}
for (const pkg of chosen) (pkg.wrappers ?? []).forEach((wrapper) => writeWrapperTypes(pkg, wrapper));
if (withTypes && chosen.length > 0) buildTypes(chosen);
for (const pkg of chosen) await buildModules(pkg);
for (const bundle of bundles) {
  if (chosen.some((pkg) => pkg.name === bundle.package)) await buildBundle(bundle);
}
if (chosen.some((pkg) => pkg.name === "socket.io")) copyServedBundles();
if (withTypes && !process.exitCode) chosen.forEach(markBuilt);

function clean(pkg: PackageBuild): void {
  const keepTypes = !withTypes;
  for (const dir of [pkg.cjs, pkg.cjsBrowser, ...(pkg.esm ?? []).map((e) => e.dir)]) {
    if (dir === undefined) continue;
    const path = join(root, "packages", pkg.name, dir);
    for (const file of filesBelow(path)) {
      if (!(keepTypes && isTypes(file))) rmSync(file);
    }
  }
  if (withTypes) rmSync(join(root, ".cache/tsc", `${pkg.name}.tsbuildinfo`), { force: true });
}

function buildTypes(list: readonly PackageBuild[]): void {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const projects = list.map((pkg) => join(root, "packages", pkg.name));
  const run = spawnSync(process.execPath, [tsc, "-b", ...projects], { stdio: "inherit" });
  if (run.status !== 0) process.exitCode = 1;
  for (const pkg of list) {
    const [main, ...others] = (pkg.esm ?? []).map((e) => e.dir);
    if (main === undefined) continue;
    // One source of types; each module folder carries its own copy, since its package.json says what `.d.ts` means.
    for (const dir of [pkg.cjs!, ...others]) copyTypes(packagePath(pkg, main), packagePath(pkg, dir));
  }
}

async function buildModules(pkg: PackageBuild): Promise<void> {
  const source = packagePath(pkg, "src");
  const sources = filesBelow(source).filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
  const inputs = sources.filter((file) => !file.endsWith("browser-entry.ts"));
  for (const [dir, browser] of [
    [pkg.cjs, false],
    [pkg.cjsBrowser, true],
  ] as const) {
    if (dir === undefined) continue;
    const whole = browser ? undefined : pkg.whole;
    const files =
      whole !== undefined && pkg.closed === true
        ? Object.values(whole)
            .flat()
            .map((entry) => join(source, `${entry}.ts`))
        : inputs;
    await write(files, source, packagePath(pkg, dir), "cjs", { browser, debug: !browser, whole });
    // A package whose CommonJS value is a function says so in an index.cjs of its own.
    const index = join(source, "index.cjs");
    if (existsSync(index)) cpSync(index, packagePath(pkg, dir, "index.js"));
  }
  for (const { dir, debug } of pkg.esm ?? []) {
    const target = packagePath(pkg, dir);
    await write(inputs, source, target, "esm", { browser: true, debug });
    writeFileSync(join(target, "package.json"), `${JSON.stringify({ type: "module", sideEffects: false })}\n`);
  }
  for (const wrapper of pkg.wrappers ?? []) writeWrapper(pkg, wrapper);
}

interface Flavour {
  readonly browser: boolean;
  readonly debug: boolean;
  /** See packages.ts. */
  readonly whole?: PackageBuild["whole"];
}

async function write(
  inputs: string[],
  source: string,
  dir: string,
  format: "cjs" | "esm",
  flavour: Flavour,
): Promise<void> {
  const oneFile = flavour.whole === undefined ? undefined : wholeFiles(source, flavour.whole, inputs.length === 1);
  const build = await rolldown({
    input: Object.fromEntries(
      inputs.map((file) => [relative(source, file).replace(/\.ts$/, "").split(sep).join("/"), file]),
    ),
    external: (id) =>
      !id.startsWith(".") && !id.startsWith("/") && !/^[A-Za-z]:/.test(id) && !(oneFile && internalOf(id)),
    platform: "neutral",
    treeshake: { moduleSideEffects: true },
    transform: { target: "es2022", define: { __DEBUG__: String(flavour.debug) } },
    plugins: [...(flavour.browser ? [browserFiles()] : []), ...(oneFile === undefined ? [] : [oneFile.plugin])],
    onLog: failOnWarning,
  });
  await build.write({
    dir,
    format,
    ...(oneFile?.layout ?? { preserveModules: true, preserveModulesRoot: source }),
    sourcemap: true,
    exports: "named",
    entryFileNames: "[name].js",
    esModule: true,
    strict: true,
  });
  await build.close();
}

async function buildBundle(bundle: BundleBuild): Promise<void> {
  const folder = join(root, "packages", bundle.package);
  const manifest = require(join(folder, "package.json")) as { version: string };
  const build = await rolldown({
    input: join(folder, bundle.entry),
    platform: "browser",
    transform: { target: "es2022", define: { __DEBUG__: String(bundle.debug) } },
    plugins: [browserFiles(), workspaceSources(bundle.parser)],
    onLog: failOnWarning,
  });
  const format = { format: bundle.format, name: bundle.globalName } as const;
  await build.write({
    ...format,
    file: join(folder, "dist", bundle.file),
    minify: bundle.minify && (await minification(build, format)),
    comments: { annotation: !bundle.minify, legal: true },
    sourcemap: true,
    banner: `/*! ${bundle.package} v${manifest.version} | MIT */`,
  });
  await build.close();
}

async function minification(build: RolldownBuild, format: OutputOptions): Promise<OutputOptions["minify"]> {
  const { output } = await build.generate(format);
  const cache = shortNames(output[0].code);
  const names = Object.keys(cache);
  if (names.length === 0) return true;
  return { compress: true, mangle: true, mangleProps: { include: new RegExp(`^(${names.join("|")})$`), cache } };
}

type Wrapper = NonNullable<PackageBuild["wrappers"]>[number];

function writeWrapper(pkg: PackageBuild, wrapper: Wrapper): void {
  const file = packagePath(pkg, wrapper.file);
  const names = Object.getOwnPropertyNames(require(packagePath(pkg, wrapper.over))).filter(
    (name) => !["__esModule", "default", "length", "name", "prototype", "arguments", "caller"].includes(name),
  );
  const over = relativeModule(file, packagePath(pkg, wrapper.over));
  writeFileSync(
    file,
    `// The same classes by import and by require: a thin module over the CommonJS build.\nimport cjs from "${over}";\n` +
      names.map((name) => `export const ${name} = cjs.${name};\n`).join("") +
      (wrapper.withDefault === true ? "export default cjs;\n" : ""),
  );
}

/** Before tsc runs: a package that depends on this one reads its types through them. */
function writeWrapperTypes(pkg: PackageBuild, wrapper: Wrapper): void {
  const file = packagePath(pkg, wrapper.file);
  const types = relativeModule(file, packagePath(pkg, wrapper.types)).replace(/\.d\.ts$/, ".js");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file.replace(/\.mjs$/, ".d.mts"),
    `export * from "${types}";\n` + (wrapper.withDefault === true ? `export { io as default } from "${types}";\n` : ""),
  );
}

/** The server carries the browser files that it serves. */
function copyServedBundles(): void {
  const from = join(root, "packages/socket.io-client/dist");
  const to = join(root, "packages/socket.io/client-dist");
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

function copyTypes(from: string, to: string): void {
  for (const file of filesBelow(from).filter(isTypes)) {
    if (file.endsWith(".d.mts")) continue;
    const target = join(to, relative(from, file));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(file, target);
  }
}

function isTypes(file: string): boolean {
  return file.endsWith(".d.ts") || file.endsWith(".d.mts");
}

function packagePath(pkg: PackageBuild, ...parts: string[]): string {
  return join(root, "packages", pkg.name, ...parts);
}

function relativeModule(from: string, to: string): string {
  const path = relative(dirname(from), to).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}

function failOnWarning(level: string, log: { message: string; code?: string }): void {
  if (level !== "warn") return;
  console.error(log.message);
  process.exitCode = 1;
}
