import { readFileSync } from "node:fs";
import { basename, join, relative, resolve, dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "./setup.mjs";

/**
 * Which source files a minified bundle's bytes come from: `npm run sizes`, or `npm run sizes -- socket.io.min.js`.
 *
 * Two columns: bytes as they stand in the bundle, and by how much the bundle's gzip would shrink without them. The second
 * column does not add up to the whole, since what files have in common is counted for none of them.
 */
interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

const wanted = process.argv[2] ?? "socket.io.esm.min.js";
const folder = wanted.startsWith("engine.io") ? "engine.io-client" : "socket.io-client";
const file = join(root, "packages", folder, "dist", wanted);
const code = readFileSync(file, "utf8");
const map = JSON.parse(readFileSync(`${file}.map`, "utf8")) as SourceMap;

const owners = ownersOf(code, map);
const total = gzip(code);
const rows = [...new Set(owners.flat())]
  .map((source) => {
    const others = withoutSource(source);
    return { source: nameOf(source), bytes: code.length - others.length, gzip: total - gzip(others) };
  })
  .sort((a, b) => b.bytes - a.bytes);
for (const row of rows) console.log(line(row.bytes, row.gzip, row.source));
console.log(line(code.length, total, basename(file)));

function withoutSource(source: number): string {
  return code
    .split("\n")
    .map((text, at) =>
      text
        .split("")
        .filter((_, column) => owners[at]![column] !== source)
        .join(""),
    )
    .join("\n");
}

function nameOf(source: number): string {
  const path = map.sources[source];
  return path === undefined ? "(wrapper)" : relative(join(root, "packages"), resolve(dirname(file), path));
}

function line(bytes: number, zipped: number, name: string): string {
  return `${String(bytes).padStart(7)} ${String(zipped).padStart(6)}  ${name}`;
}

function gzip(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}

/** For each line the source of each column; -1 where the map names none. Source maps: ECMA-426. */
function ownersOf(text: string, { mappings }: SourceMap): number[][] {
  const lines = text.split("\n").map((content) => Array.from<number>({ length: content.length }).fill(-1));
  let source = 0;
  for (const [at, segments] of mappings.split(";").entries()) {
    let column = 0;
    for (const segment of segments === "" ? [] : segments.split(",")) {
      const [columns = 0, sources] = decodeVlq(segment);
      column += columns;
      source += sources ?? 0;
      lines[at]?.fill(sources === undefined ? -1 : source, column);
    }
  }
  return lines;
}

function decodeVlq(segment: string): number[] {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = digits.indexOf(character);
    value += (digit & 31) * 2 ** shift;
    shift += 5;
    if (digit & 32) continue;
    values.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return values;
}
