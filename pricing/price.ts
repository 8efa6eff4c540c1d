/** A number of a price list, with where it stands. */
export interface Price {
  /** US dollars for one `unit`. */
  readonly usd: number;
  /** What is counted, such as "hour" or "GB". */
  readonly unit: string;
  /** Where the number stands. For one that is not verified: where to look it up. */
  readonly source: string;
  /** Day on which it was read, or written down unread; ISO. */
  readonly date: string;
  /** Whether it was seen in the source. */
  readonly verified: boolean;
}

/** A number at little use, at the use that is expected, and at much. */
export interface Range {
  readonly low: number;
  readonly expected: number;
  readonly high: number;
}

export const zero: Range = { low: 0, expected: 0, high: 0 };

/** The same, whatever the use. */
export function always(value: number): Range {
  return { low: value, expected: value, high: value };
}

export function combine(one: Range, other: Range, how: (a: number, b: number) => number): Range {
  return {
    low: how(one.low, other.low),
    expected: how(one.expected, other.expected),
    high: how(one.high, other.high),
  };
}

export function times(range: Range, factor: number): Range {
  return combine(range, always(factor), (a, b) => a * b);
}

export function sum(ranges: readonly Range[]): Range {
  return ranges.reduce((all, one) => combine(all, one, (a, b) => a + b), zero);
}
