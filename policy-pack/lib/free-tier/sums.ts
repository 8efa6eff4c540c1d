import { Quantity } from "../quantity";
import type { StackReporter } from "../rule";
import type { StackResource, StackView } from "../stack-view";
import type { FreePlan } from "./plan";

/** What one resource uses of a limit. */
export interface Share {
  readonly resource: StackResource;
  readonly amount: Quantity;
}

/** A limit that a stack's resources share. */
export interface Limit {
  /** What is counted, such as "standard alarms". */
  readonly what: string;
  readonly free: number;
  /** `always`: every account has it. `first-year`: only an account in its first twelve months; on credits it spends them. */
  readonly offer: "always" | "first-year";
  readonly plan: FreePlan;
  /** US dollars a month for one more. */
  readonly monthlyPrice: number;
  /** The price as AWS gives it, such as "$0.0104 an hour". */
  readonly priceText: string;
}

/** What each resource of these types uses; nothing for what the rule does not judge in this profile. */
export function sharesOf(
  stack: StackView,
  types: readonly string[],
  measure: (resource: StackResource) => Quantity,
): readonly Share[] {
  return stack.ofType(...types).flatMap((resource) => {
    const judged = stack.judges(resource);
    if (judged.answer === "no") return [];
    const amount = measure(resource);
    // Whether it counts is not known, so it can only add to what is.
    if (judged.answer === "unknown") {
      return amount.isZero() ? [] : [{ resource, amount: new Quantity(0, [...amount.paths, ...judged.paths]) }];
    }
    return [{ resource, amount }];
  });
}

/** How much of it a plan allows: offers for the first year are none in an account that has neither them nor credits. */
export function allowance({ free, offer, plan }: Limit): number {
  return offer === "first-year" && plan === "always-free" ? 0 : free;
}

/**
 * Adds the shares up, says the sum, and finds fault with the resource that passes the limit. One finding, because the
 * resources are over it together. What could not be known is noted at the resource where it is.
 */
export function judgeLimit(report: StackReporter, shares: readonly Share[], limit: Limit): void {
  const total = Quantity.sum(shares.map(({ amount }) => amount));
  if (total.isZero()) return;
  report.summary(summaryLine(total, limit));
  const allowed = allowance(limit);
  const over = total.least > allowed;
  let used = 0;
  for (const { resource, amount } of shares) {
    const passes = over && used <= allowed && used + amount.least > allowed;
    used += amount.least;
    if (passes) report.on(resource).when(total.exceeds(allowed), "", overText(total, limit));
    else if (!over) report.on(resource).when(new Quantity(0, amount.paths).exceeds(0), "", "");
  }
}

function overText(total: Quantity, limit: Limit): string {
  const allowed = allowance(limit);
  const beyond = dollars((total.least - allowed) * limit.monthlyPrice);
  return `${amountText(total, limit)}, the limit is ${count(allowed)}: ${beyond} a month beyond it`;
}

/** "Free tier: 8 of 10 standard alarms; beyond it $0.00 a month ($0.10 each)." */
export function summaryLine(total: Quantity, limit: Limit): string {
  const allowed = allowance(limit);
  const atLeast = total.paths.length > 0 ? "at least " : "";
  const beyond = dollars(Math.max(0, total.least - allowed) * limit.monthlyPrice);
  const spent = dollars(total.least * limit.monthlyPrice);
  const credits = limit.offer === "first-year" && limit.plan === "credits";
  return (
    `Free tier: ${atLeast}${count(total.least)} of ${count(allowed)} ${limit.what}; beyond it ${beyond} a month ` +
    `(${limit.priceText}).${credits ? ` On credits all of it takes ${spent} a month.` : ""}`
  );
}

function amountText(total: Quantity, { what }: Limit): string {
  return `the stack has ${total.paths.length > 0 ? "at least " : ""}${count(total.least)} ${what}`;
}

/** US dollars for people: two digits. */
export function dollars(amount: number): string {
  return `$${twoDigits.format(amount)}`;
}

const twoDigits = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** A price as AWS writes it, with as many digits as it has. */
export function price(amount: number): string {
  return Number.isInteger(amount * 100) ? dollars(amount) : `$${amount}`;
}

export function count(amount: number): string {
  return amount.toLocaleString("en-US", { maximumFractionDigits: 2 });
}
