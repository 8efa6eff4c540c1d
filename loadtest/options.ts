import { UsageError } from "../automation/lib/exit";

const secondsIn = { s: 1, m: 60, h: 3600 } as const;

/** `90`, `90s`, `5m` or `1h` in seconds. @throws UsageError for anything else, and for nothing at all */
export function parseDuration(value: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)([smh])?$/.exec(value) ?? [];
  const seconds = Number(number) * secondsIn[unit as keyof typeof secondsIn];
  if (seconds > 0) return seconds;
  throw new UsageError(`"${value}" is no duration.`, "Write seconds, minutes or hours: 90s, 5m, 1h.");
}

/** @throws UsageError unless it is a whole number above 0 */
export function parseCount(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(`"${value}" is no number of what to count.`, "Write a whole number above 0.");
}

/** @throws UsageError unless it is a number above 0 */
export function parseRate(value: string): number {
  const rate = /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0;
  if (rate > 0) return rate;
  throw new UsageError(`"${value}" is no rate.`, "Write a number above 0, such as 0.5.");
}

/** The most requests that users start in a minute: as many as there would be if every answer came before the next request is due. */
export function requestsPerMinute(users: number, pacingSeconds: number): number {
  return Math.floor((users * 60) / pacingSeconds);
}
