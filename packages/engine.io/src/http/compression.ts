import { deflate, gzip, type ZlibOptions } from "node:zlib";

export interface HttpCompressionOptions extends ZlibOptions {
  /**
   * Answers shorter than this are not compressed, in bytes.
   * @default 1024
   */
  threshold?: number;
}

export type ContentEncoding = "gzip" | "deflate";

/** What the peer accepts of what is spoken here, gzip first (protocols.md 1.14). */
export function acceptedEncoding(acceptEncoding: string | string[] | undefined): ContentEncoding | null {
  if (acceptEncoding === undefined) return null;
  const qualities = parseQualities(String(acceptEncoding));
  const others = qualities.get("*") ?? 0;
  const gzipQuality = qualities.get("gzip") ?? others;
  const deflateQuality = qualities.get("deflate") ?? others;
  if (gzipQuality > 0 && gzipQuality >= deflateQuality) return "gzip";
  return deflateQuality > 0 ? "deflate" : null;
}

/** Calls back with null if it can't be done. */
export function compress(
  body: string | Uint8Array,
  encoding: ContentEncoding,
  options: HttpCompressionOptions,
  callback: (compressed: Buffer | null) => void,
): void {
  const run = encoding === "gzip" ? gzip : deflate;
  run(body, options, (error, compressed) => callback(error === null ? compressed : null));
}

/** RFC 9110, 12.5.3: a list of `name;q=0.5`. */
function parseQualities(header: string): Map<string, number> {
  const qualities = new Map<string, number>();
  for (const part of header.split(",")) {
    const [name = "", ...parameters] = part.split(";");
    const q = parameters.map((text) => text.trim()).find((text) => text.startsWith("q="));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    qualities.set(name.trim().toLowerCase(), quality >= 0 ? quality : 0);
  }
  return qualities;
}
