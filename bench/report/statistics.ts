/* What is made of the figures of all rounds. */

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of an even number the mean of the two in the middle; of none not a number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function summary(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The ratio of the medians, and the range of the ratios of the rounds: what was measured side by side. */
export function ratio(values: readonly number[], against: readonly number[]): Summary {
  const pairs = values.map((value, round) => value / against[round]!);
  return { median: median(values) / median(against), min: Math.min(...pairs), max: Math.max(...pairs) };
}
