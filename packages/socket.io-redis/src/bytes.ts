/** Whether there are bytes anywhere in a value, which JSON could not carry. */
export function containsBytes(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return true;
  if (Array.isArray(value)) return value.some(containsBytes);
  const { toJSON } = value as { toJSON?: unknown };
  // What it gives is what JSON would carry.
  if (typeof toJSON === "function") return containsBytes((toJSON as () => unknown).call(value));
  return Object.values(value).some(containsBytes);
}
