export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  /** The median: half of the values are at most this. */
  readonly p50: number;
  readonly max: number;
}

/** What a list of times has in common, to a tenth. @throws RangeError for an empty list */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((one, other) => one - other);
  const [min, max] = [sorted[0], sorted.at(-1)];
  const p50 = sorted[Math.ceil(sorted.length / 2) - 1];
  if (min === undefined || max === undefined || p50 === undefined) throw new RangeError("No values to summarize.");
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { count: sorted.length, min: tenths(min), mean: tenths(mean), p50: tenths(p50), max: tenths(max) };
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
