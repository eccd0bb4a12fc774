/** A secret that all servers of a cluster, and their emitters, share. */
export type SigningKey = string | Uint8Array;

/**
 * Signs what servers say to each other, by HMAC-SHA-256. Whoever can write to Redis, but does not know the key, can then make servers
 * do nothing: they drop what is not signed, forged, or said before.
 */
export interface SigningOptions {
  /** The key to sign with, which is accepted as well. At least 16 bytes; 32 random ones are right. */
  signWith: SigningKey;
  /** Further keys that are accepted, so that keys can be changed one server after the other. */
  accept?: readonly SigningKey[];
  /**
   * How old a message may be, in ms; clocks that differ count. After a restart, a server takes a recording that is younger once.
   * @default 60000
   */
  maxAgeMs?: number;
}

/** Why a message was dropped. */
export type Refusal = "unsigned" | "forged" | "stale" | "replayed";

const MIN_KEY_BYTES = 16;

/** @throws TypeError if a key is too short */
export function keysOf({ signWith, accept = [] }: SigningOptions): [Uint8Array, ...Uint8Array[]] {
  return [bytesOf(signWith), ...accept.map(bytesOf)];
}

function bytesOf(key: SigningKey): Uint8Array {
  const bytes = typeof key === "string" ? Buffer.from(key) : key;
  if (!(bytes instanceof Uint8Array) || bytes.length < MIN_KEY_BYTES) {
    throw new TypeError(`socket.io-redis: a key to sign with has at least ${MIN_KEY_BYTES} bytes`);
  }
  return bytes;
}
