// What a Socket keeps for later, and how much of it.

/** What `compress()`, `volatile` and `timeout()` say about the next emit. */
export interface Flags {
  compress?: boolean;
  volatile?: boolean;
  /** In ms. */
  timeout?: number;
}

/** How many events one Socket keeps until they can leave: those of `sendBuffer`, or with `retries` those that are not acknowledged. */
const MAX_EVENTS = 10_000;

/** How many bytes they may have together, as {@link weigh} counts them: 16 MiB. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * About how much an event takes: characters of text, bytes of binary, and 8 bytes for each value. Looks at every value once, and at no
 * contents, so that it costs a fraction of encoding it. 0 for what contains itself, which is refused when it is encoded.
 */
export function weigh(value: unknown): number {
  try {
    return 8 + bytesIn(value);
  } catch {
    return 0;
  }
}

function bytesIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  if (value instanceof Blob) return value.size;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
  let bytes = 0;
  for (const item of Object.values(value)) bytes += 8 + bytesIn(item);
  return bytes;
}

/** Why an event of that many bytes can't be kept beside `count` others of `kept` bytes together; undefined if it can. */
export function whyFull(name: unknown, bytes: number, count: number, kept: number): Error | undefined {
  if (count < MAX_EVENTS && kept + bytes <= MAX_BYTES) return undefined;
  return limitError(
    "ERR_BUFFER_FULL",
    name,
    bytes,
    `the buffer (${count}/${MAX_EVENTS} events, ${kept}/${MAX_BYTES} bytes)`,
  );
}

/** The error of an event that was not sent. It names the event and sizes, and nothing of the contents. */
export function limitError(
  code: "ERR_BUFFER_FULL" | "ERR_TOO_LARGE",
  name: unknown,
  bytes: number,
  limit: string,
): Error {
  return Object.assign(new Error(`"${String(name)}" (${bytes} bytes) exceeds ${limit}`), { code });
}
