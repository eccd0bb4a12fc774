import type { PackedFile } from "./tarball.ts";

export interface ReleaseManifest {
  name?: string;
  version?: string;
  license?: string;
  repository?: { url?: string };
  engines?: { node?: string };
  dependencies?: Record<string, string>;
  main?: string;
  module?: string;
  types?: string;
  browser?: Record<string, string>;
  exports?: unknown;
}

/** What is wrong with a package that is about to be released. `ours`: the versions of our packages. */
export function releaseFaults(files: readonly PackedFile[], ours: ReadonlyMap<string, string>): string[] {
  const manifestFile = files.find((file) => file.path === "package.json");
  if (manifestFile === undefined) return ["package.json is missing"];
  const manifest = JSON.parse(manifestFile.content.toString()) as ReleaseManifest;
  return [
    ...files.flatMap(fileFaults),
    ...manifestFaults(manifest, ours),
    ...["README.md", "LICENSE"].filter((name) => !has(files, name)).map((name) => `${name} is missing`),
    ...namedFiles(manifest)
      .filter((path) => !has(files, path))
      .map((path) => `package.json names ${path}, which is not in the package`),
  ];
}

const UNWANTED: readonly [RegExp, string][] = [
  [/(^|\/)src\/|(?<!\.d)\.[cm]?ts$/, "is source code"],
  [/(^|\/)(test|tests|__tests__)\/|\.test\./, "is a test"],
  [/(^|\/)(\.env|\.npmrc|id_rsa)|\.(pem|key|p12)$/, "may hold a secret"],
  [/\.tsbuildinfo$|(^|\/)\.cache\//, "belongs to the build"],
];

const SECRETS = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\bnpm_[A-Za-z0-9]{36}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36}\b/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /_authToken\s*=/,
];

function fileFaults({ path, content }: PackedFile): string[] {
  const text = content.toString("latin1");
  const faults = UNWANTED.filter(([pattern]) => pattern.test(path)).map(([, what]) => `${path} ${what}`);
  if (SECRETS.some((pattern) => pattern.test(text))) faults.push(`${path} holds something like a secret`);
  if (path.endsWith(".map")) faults.push(...mapFaults(path, content));
  return faults;
}

/** Sources are not in the package, so a map has to carry them; and it must not tell where they lay when it was made. */
function mapFaults(path: string, content: Buffer): string[] {
  const map = JSON.parse(content.toString()) as { sources: (string | null)[]; sourcesContent?: (string | null)[] };
  return map.sources.flatMap((source, i) => {
    const faults: string[] = [];
    if (typeof map.sourcesContent?.[i] !== "string") faults.push(`${path} lacks the text of ${source}`);
    if (source !== null && /^(\/|[A-Za-z]:|file:)/.test(source))
      faults.push(`${path} names the absolute path ${source}`);
    return faults;
  });
}

function manifestFaults(manifest: ReleaseManifest, ours: ReadonlyMap<string, string>): string[] {
  const faults: string[] = [];
  if (manifest.license !== "MIT") faults.push("package.json: license is not MIT");
  if (manifest.repository?.url === undefined) faults.push("package.json: repository is missing");
  if (manifest.engines?.node !== ">=20.19") faults.push("package.json: engines.node is not >=20.19");
  for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
    const version = ours.get(name);
    if (version !== undefined && range !== version)
      faults.push(`package.json: ${name} ${range} is not exactly ${version}`);
  }
  return faults;
}

/** Every file that the manifest points to. */
function namedFiles({ main, module, types, browser, exports }: ReleaseManifest): string[] {
  const paths = [main, module, types, ...Object.entries(browser ?? {}).flat(), ...leaves(exports)];
  return [...new Set(paths.filter((path) => path !== undefined).map((path) => path.replace(/^\.\//, "")))];
}

function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [];
}

function has(files: readonly PackedFile[], path: string): boolean {
  return files.some((file) => file.path === path);
}
