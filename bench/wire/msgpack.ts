/** As much of msgpack as the packets of benches need: whole numbers, short text, short lists and objects. */
export function packed(value: unknown): Buffer {
  if (typeof value === "number") return value < 128 ? Buffer.from([value]) : uint32(value);
  if (typeof value === "string") return text(value);
  const isList = Array.isArray(value);
  const parts: unknown[] = isList ? value : Object.entries(value as object).flat();
  const count = isList ? parts.length : parts.length / 2;
  if (count > 15) throw new RangeError("more than benches need");
  return Buffer.concat([Buffer.from([(isList ? 0x90 : 0x80) | count]), ...parts.map(packed)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.from([0xce, 0, 0, 0, 0]);
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length > 255) throw new RangeError("more than benches need");
  return Buffer.concat([Buffer.from(bytes.length < 32 ? [0xa0 | bytes.length] : [0xd9, bytes.length]), bytes]);
}
