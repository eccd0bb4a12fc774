import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

export interface PackedFile {
  /** Path inside the package. */
  readonly path: string;
  readonly content: Buffer;
}

const BLOCK = 512;

/** The files of a tarball that npm made: plain ustar, everything below "package/". */
export function readTarball(path: string): PackedFile[] {
  const tar = gunzipSync(readFileSync(path));
  const files: PackedFile[] = [];
  for (let at = 0; at < tar.length && tar[at] !== 0;) {
    const name = field(tar, at, 100);
    const size = Number.parseInt(field(tar, at + 124, 12), 8);
    const kind = field(tar, at + 156, 1);
    const prefix = field(tar, at + 345, 155);
    if (kind === "0" || kind === "") {
      const full = prefix === "" ? name : `${prefix}/${name}`;
      files.push({ path: full.replace(/^package\//, ""), content: tar.subarray(at + BLOCK, at + BLOCK + size) });
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function field(tar: Buffer, start: number, length: number): string {
  const bytes = tar.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? length : end).trim();
}
