/** Vite, webpack and esbuild, each as an application is built with it: for production, with next to no configuration. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../../tools/setup.mjs";
import { inInstallation, installation } from "./installation.ts";

export type Bundler = (typeof BUNDLERS)[number];
export const BUNDLERS = ["Vite", "webpack", "esbuild"] as const;

/** What a bundler makes of one of the applications in tests/environments/app. */
export interface Built {
  /** The one script. */
  readonly script: string;
  /** Absolute paths of the modules that went in. */
  readonly modules: readonly string[];
}

/** A copy of the applications inside the installation: bundlers look for packages from there upwards. */
export function application(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(installation(), "app-"));
  cpSync(join(root, "tests/environments/app"), folder, { recursive: true });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function build(bundler: Bundler, folder: string, entry: string): Promise<Built> {
  return { Vite: withVite, webpack: withWebpack, esbuild: withEsbuild }[bundler](folder, entry);
}

async function withVite(folder: string, entry: string): Promise<Built> {
  interface Output {
    readonly output: readonly { type: string; code: string; moduleIds: readonly string[] }[];
  }
  const vite = (await import(pathToFileURL(viteModule()).href)) as { build(config: object): Promise<Output> };
  const page = join(folder, `${entry}.html`);
  writeFileSync(page, `<!doctype html><script type="module" src="./${entry}.js"></script>`);
  const { output } = await vite.build({
    root: folder,
    configFile: false,
    logLevel: "warn",
    build: { write: false, modulePreload: false, rolldownOptions: { input: page } },
  });
  const chunks = output.filter(({ type }) => type === "chunk");
  if (chunks.length !== 1) throw new Error(`Vite made ${chunks.length} scripts`);
  const [{ code, moduleIds }] = chunks as [Output["output"][number]];
  // Its own helpers have no files.
  return { script: code, modules: moduleIds.filter((id) => !id.startsWith("\0")) };
}

/** Vite is an ES module, which `require.resolve` of this Node does not find. */
function viteModule(): string {
  const manifest = inInstallation()("vite/package.json") as { exports: { ".": string } };
  return join(installation(), "node_modules/vite", manifest.exports["."]);
}

async function withWebpack(folder: string, entry: string): Promise<Built> {
  interface Module {
    readonly nameForCondition?: string;
    readonly modules?: readonly Module[];
  }
  interface Stats {
    hasErrors(): boolean;
    hasWarnings(): boolean;
    toString(): string;
    toJson(options: object): { modules: readonly Module[] };
  }
  type Webpack = (config: object, done: (error: Error | null, stats: Stats) => void) => void;
  const webpack = inInstallation()("webpack") as Webpack;
  const stats = await new Promise<Stats>((resolve, reject) => {
    webpack(
      {
        mode: "production",
        context: folder,
        entry: `./${entry}.js`,
        output: { path: folder, filename: `${entry}.webpack.js` },
        performance: false,
      },
      (error, result) => (error === null ? resolve(result) : reject(error)),
    );
  });
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
  const flat = (modules: readonly Module[]): string[] =>
    modules.flatMap(({ nameForCondition, modules: inner = [] }) => [nameForCondition ?? "", ...flat(inner)]);
  const { modules } = stats.toJson({
    all: false,
    modules: true,
    nestedModules: true,
    modulesSpace: Infinity,
    nestedModulesSpace: Infinity,
  });
  return {
    script: readFileSync(join(folder, `${entry}.webpack.js`), "utf8"),
    modules: [...new Set(flat(modules))].filter((path) => path !== ""),
  };
}

async function withEsbuild(folder: string, entry: string): Promise<Built> {
  interface Result {
    readonly outputFiles: readonly { text: string }[];
    readonly metafile: { readonly outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> };
  }
  const esbuild = inInstallation()("esbuild") as { build(options: object): Promise<Result> };
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: [`${entry}.js`],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: "out",
  });
  const [output] = Object.values(metafile.outputs);
  return {
    script: outputFiles[0]!.text,
    modules: Object.entries(output!.inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => join(folder, path)),
  };
}
