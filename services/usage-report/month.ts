import type { Growth, Known } from "./quantities";

/** A month of AWS's bill, which is one in UTC, and how much of it is over. */
export interface Month {
  readonly start: Date;
  readonly end: Date;
  readonly now: Date;
}

const hour = 3_600_000;
/** Hours of a month below which its beginning says nothing of its end. */
const leastHours = 24;

export function monthOf(now: Date): Month {
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth();
  return { start: new Date(Date.UTC(year, month, 1)), end: new Date(Date.UTC(year, month + 1, 1)), now };
}

/** Such as `2026-11`. */
export function monthName({ start }: Month): string {
  return start.toISOString().slice(0, 7);
}

export function hoursOver({ start, now }: Month): number {
  return (now.getTime() - start.getTime()) / hour;
}

export function hoursLeft({ end, now }: Month): number {
  return (end.getTime() - now.getTime()) / hour;
}

/** Hours of this month since a time. */
export function hoursSince(time: Date, { start, now }: Month): number {
  return Math.max(0, (now.getTime() - Math.max(time.getTime(), start.getTime())) / hour);
}

/**
 * What a quantity will be at the end of the month, if it goes on as it does: hours grow by what runs now, sums as fast as they did, levels not at all.
 * @returns undefined on the first day for what grows with use
 */
export function projection(
  growth: Growth,
  { used, running }: Pick<Known, "used" | "running">,
  month: Month,
): number | undefined {
  if (growth === "level") return used;
  if (growth === "hours" && running !== undefined) return used + running * hoursLeft(month);
  const over = hoursOver(month);
  return over < leastHours ? undefined : (used * (over + hoursLeft(month))) / over;
}
