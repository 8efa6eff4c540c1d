/** How much the backend logs in a day: arithmetic, for the documentation and its test. */

export interface Load {
  /** People at it all day. */
  readonly users: number;
  /** Each asks once in so many seconds while it waits, as the page does. */
  readonly pollSeconds: number;
  /** FIRs that one person gets in an hour. */
  readonly firsPerHour: number;
  /** Share of requests and FIRs that fail. */
  readonly errorShare: number;
}

export interface LineSizes {
  /** Of a request or an FIR that went well, as CloudWatch counts it. */
  readonly successBytes: number;
  readonly errorBytes: number;
}

/** Bytes of a day: one in `sample` successes, all errors. */
export function bytesPerDay(load: Load, sizes: LineSizes, sample: number): number {
  const { users, pollSeconds, firsPerHour, errorShare } = load;
  const requests = users * (86_400 / pollSeconds);
  const firs = users * 24 * firsPerHour;
  const events = requests + firs;
  return events * (errorShare * sizes.errorBytes + ((1 - errorShare) * sizes.successBytes) / sample);
}

/** The load that the system is made for: the document's stress test, five people, around the clock, each waiting all the time. */
export const statedLoad: Load = { users: 5, pollSeconds: 2, firsPerHour: 40, errorShare: 0.1 };

/** Longest lines that the tests have seen, rounded up. */
export const lineSizes: LineSizes = { successBytes: 450, errorBytes: 1000 };

/** CloudWatch's free 5 GB a month, spread over 30 days. */
export const freeBytesPerDay = 170_000_000;
