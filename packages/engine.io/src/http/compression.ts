import type { ZlibOptions } from "node:zlib";

export interface HttpCompressionOptions extends ZlibOptions {
  /**
   * Answers shorter than this are not compressed, in bytes.
   * @default 1024
   */
  threshold?: number;
  /**
   * Whether clients that accept `br` get it. It makes answers smaller than gzip does, and costs the server more.
   * @default false
   */
  brotli?: boolean;
}

export type ContentEncoding = "br" | "gzip" | "deflate";

/** Which of what is spoken here is preferred where the peer does not mind (protocols.md 1.14); Brotli only where it was asked for. */
const USUAL: readonly ContentEncoding[] = ["gzip", "deflate"];
const WITH_BROTLI: readonly ContentEncoding[] = ["br", ...USUAL];

/** What the peer likes best of what is spoken here; null if it accepts nothing of it. */
export function acceptedEncoding(
  acceptEncoding: string | string[] | undefined,
  { brotli }: HttpCompressionOptions,
): ContentEncoding | null {
  if (acceptEncoding === undefined) return null;
  const qualities = parseQualities(String(acceptEncoding));
  const others = qualities.get("*") ?? 0;
  let best: ContentEncoding | null = null;
  let bestQuality = 0;
  for (const encoding of brotli === true ? WITH_BROTLI : USUAL) {
    const quality = qualities.get(encoding) ?? others;
    if (quality > bestQuality) [best, bestQuality] = [encoding, quality];
  }
  return best;
}

/** Calls back with null if it can't be done. */
export function compress(
  body: string | Uint8Array,
  encoding: ContentEncoding,
  options: HttpCompressionOptions,
  callback: (compressed: Buffer | null) => void,
): void {
  const done = (error: Error | null, compressed: Buffer): void => callback(error === null ? compressed : null);
  // Not before something is compressed. It is part of Node.js: no file that could be missing.
  const { brotliCompress, constants, deflate, gzip } = require("node:zlib") as typeof import("node:zlib");
  if (encoding === "br") {
    const params = { [constants.BROTLI_PARAM_QUALITY]: brotliQuality(options) };
    brotliCompress(body, { params }, done);
  } else if (encoding === "gzip") {
    gzip(body, options, done);
  } else {
    deflate(body, options, done);
  }
}

/** Brotli's own default, 11, is for files that are compressed once: an answer would take a hundred times as long as with gzip. */
function brotliQuality({ level }: ZlibOptions): number {
  return level !== undefined && level >= 0 ? level : 4;
}

/** RFC 9110, 12.4.2 and 12.5.3: a list of `name;q=0.5`. */
function parseQualities(header: string): Map<string, number> {
  const qualities = new Map<string, number>();
  for (const part of header.split(",")) {
    const [name = "", ...parameters] = part.split(";");
    const q = parameters.map((text) => text.trim().toLowerCase()).find((text) => text.startsWith("q="));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    qualities.set(name.trim().toLowerCase(), quality >= 0 ? quality : 0);
  }
  return qualities;
}
