import { Rate, TokenBucket, type RateOptions } from "engine.io-parser/session";

export interface ConnectionRateOptions extends RateOptions {
  /**
   * How many addresses are remembered. With more, those that have been silent longest are forgotten, and have all their tokens again.
   * @default 10000
   */
  readonly maxAddresses?: number | undefined;
}

/** A key has so many characters at most, whatever the application takes for an address. */
const MAX_KEY_LENGTH = 64;

/** How fast each address may come: a bucket for each, of a bounded number of addresses. */
export class AddressRates {
  readonly #rate: Rate;
  readonly #maxAddresses: number;
  /** Those who came last are last. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: ConnectionRateOptions, name: string) {
    this.#rate = new Rate(options, name);
    this.#maxAddresses = options.maxAddresses ?? 10_000;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** @returns 0 if the address may connect; else in how many ms it may */
  take(address: string, now: number): number {
    const key = networkOf(address);
    const known = this.#buckets.get(key);
    const bucket = known ?? new TokenBucket(this.#rate);
    if (known === undefined) this.#makeRoom(now);
    else this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    return bucket.take(1, now);
  }

  /** Of those at the front, who have been silent longest: all who need not be remembered any more, and one who has to go. */
  #makeRoom(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (!bucket.isFull(now) && this.#buckets.size < this.#maxAddresses) return;
      this.#buckets.delete(key);
    }
  }
}

/**
 * Whom an address stands for: of IPv6 the first 64 bits, the least that a subscriber has; IPv4 in a form of IPv6 is IPv4. A copy: a part
 * of a header would keep the whole of it.
 */
export function networkOf(address: string): string {
  const [plain = ""] = address.slice(0, MAX_KEY_LENGTH).split("%");
  const network = plain.includes(":") ? networkOfGroups(groupsOf(plain)) : plain;
  return Buffer.from(network).toString();
}

function networkOfGroups(groups: readonly string[]): string {
  // RFC 4291, 2.5.5.2.
  const mapped = /^0:0:0:0:0:ffff:(\w+):(\w+)$/.exec(groups.join(":"));
  if (mapped === null) return groups.slice(0, 4).join(":");
  const bytes = mapped.slice(1).flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
  return bytes.join(".");
}

/** The eight groups of an IPv6 address, in their shortest form. */
function groupsOf(address: string): string[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) =>
    [0, 2].map((at) => (Number(bytes[at]) * 256 + Number(bytes[at + 1])).toString(16)).join(":"),
  );
  const [front = [], back] = hex.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const gap = back === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: gap }, () => "0"), ...(back ?? [])];
  return groups.map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""));
}
