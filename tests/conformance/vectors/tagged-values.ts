const VIEWS: Readonly<Record<string, new (bytes: ArrayBuffer) => ArrayBufferView>> = {
  DataView,
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
};

/** The value that a tagged one stands for (tests/vectors/README.md, "Tagged values"). */
export function untag(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(untag);
  const tag = Object.keys(value).find((key) => key.startsWith("$"));
  if (tag !== undefined) return fromTag(tag, value as Record<string, unknown>);
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    // Defined, not assigned: a key may be "__proto__".
    Object.defineProperty(result, key, { value: untag(member), writable: true, enumerable: true, configurable: true });
  }
  return result;
}

/** True for an object tagged with `tag`. */
export function isTagged(value: unknown, tag: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, tag);
}

function fromTag(tag: string, tagged: Record<string, unknown>): unknown {
  const content = tagged[tag];
  switch (tag) {
    case "$bin":
      return Buffer.from(content as string, "hex");
    case "$arraybuffer":
      return exactBuffer(content as string);
    case "$view":
      return new VIEWS[content as string]!(exactBuffer(tagged["hex"] as string));
    case "$undefined":
      return undefined;
    case "$number":
      return Number(content);
    case "$date":
      return new Date(content as number);
    case "$toJSON":
      return { toJSON: () => untag(content) };
    case "$function":
      return () => {};
    case "$repeat":
      return (content as [string, number])[0].repeat((content as [string, number])[1]);
    case "$repeatHex":
      return Buffer.from((content as [string, number])[0].repeat((content as [string, number])[1]), "hex");
    default:
      throw new Error(`unknown tag ${tag}`);
  }
}

function exactBuffer(hex: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(hex, "hex")).buffer;
}
