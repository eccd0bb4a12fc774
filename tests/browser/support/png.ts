/** Pictures made at test time: valid PNG files whose size is known, since their pixels are stored uncompressed. */
import { deflateSync } from "node:zlib";

/** Colour of one pixel, each part from 0 to 255. */
export type Paint = (x: number, y: number) => readonly [red: number, green: number, blue: number];

/** @param level 0 stores the pixels as they are: 3 bytes each. */
export function png(width: number, height: number, paint: Paint, level = 9): Buffer {
  const rows = Buffer.alloc((1 + 3 * width) * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    rows[at++] = 0; // no filter
    for (let x = 0; x < width; x++) for (const part of paint(x, y)) rows[at++] = part;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level })), chunk("IEND")]);
}

/** Noise that is the same in every run (xorshift). */
export function noise(seed = 1): Paint {
  let state = seed;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  };
  return () => [next(), next(), next()];
}

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** node:zlib has one only since Node 20.15 and 22.2, and under Bun not at all. */
function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
