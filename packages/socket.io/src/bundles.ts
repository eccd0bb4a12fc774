import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One file of the client that is served. */
export interface Bundle {
  /** Where it is. */
  readonly file: string;
  readonly contentType: string;
}

/** The bundle that a URL asks for, below the prefix. An exact table: nothing a client writes in a URL becomes a path. */
export function bundleOf(url: string | undefined, prefix: string): Bundle | undefined {
  if (url === undefined || !url.startsWith(prefix)) return undefined;
  const end = url.indexOf("?");
  return BUNDLES.get(url.slice(prefix.length, end === -1 ? undefined : end));
}

/** The version is all that can change the files. */
export function bundleTag(): string {
  return `"${packageVersion()}"`;
}

/** Whether a client has the file already, by its `If-None-Match`. */
export function isKnown(ifNoneMatch: string | undefined): boolean {
  const tag = bundleTag();
  return ifNoneMatch === tag || ifNoneMatch === `W/${tag}`;
}

export const CACHE_CONTROL = "public, max-age=0";

/** This package is built into CommonJS files alone, so the folder of this one is known. */
const FOLDER = join(__dirname, "../client-dist");

const BUNDLES: ReadonlyMap<string, Bundle> = new Map(
  ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"].flatMap((name) => [
    [name, { file: join(FOLDER, name), contentType: "application/javascript; charset=utf-8" }],
    [`${name}.map`, { file: join(FOLDER, `${name}.map`), contentType: "application/json; charset=utf-8" }],
  ]),
);

let version: string | undefined;

function packageVersion(): string {
  return (version ??= (JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8")) as { version: string })
    .version);
}
