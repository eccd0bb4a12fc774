/* Two logs, and how to make what tells them apart smaller. Neither knows what is compared. */

export type Steps = readonly Readonly<Record<string, readonly string[]>>[];

/** The first place where two logs differ. */
export interface Difference {
  readonly step: number;
  readonly observer: string;
  readonly sides: readonly [readonly string[], readonly string[]];
}

export function compare(one: Steps, other: Steps): Difference | null {
  for (let step = 0; step < Math.max(one.length, other.length); step++) {
    for (const observer of new Set([...Object.keys(one[step] ?? {}), ...Object.keys(other[step] ?? {})])) {
      const sides = [one[step]?.[observer] ?? [], other[step]?.[observer] ?? []] as const;
      if (sides[0].join("\n") !== sides[1].join("\n")) return { step, observer, sides };
    }
  }
  return null;
}

/**
 * The shortest list that can be made by leaving elements out, in greater pieces first, as long as `isEnough` says so.
 * @param budget how often `isEnough` may be asked
 */
export async function shrink<T>(
  list: readonly T[],
  isEnough: (shorter: readonly T[]) => Promise<boolean>,
  budget = 300,
): Promise<readonly T[]> {
  let best = list;
  for (let size = Math.ceil(list.length / 2); size >= 1;) {
    let isShorter = false;
    for (let at = best.length - size; at > -size && budget > 0; at -= size) {
      const shorter = [...best.slice(0, Math.max(at, 0)), ...best.slice(at + size)];
      budget--;
      if (shorter.length < best.length && (await isEnough(shorter))) {
        best = shorter;
        isShorter = true;
      }
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!isShorter || budget <= 0) break;
  }
  return best;
}
