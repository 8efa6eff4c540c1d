import { type FreePlan, freePlans } from "../../policy-pack/lib/free-tier/plan";
import { type Month, monthName, projection } from "./month";
import {
  isKnown,
  type Known,
  type Quantity,
  type QuantityId,
  quantities,
  quantityIds,
  type Readings,
} from "./quantities";

export { type FreePlan, freePlans };

/** Share of a limit from which someone is told. */
export const nearShare = 0.8;

/** `over`: more than the limit. `near`: from 80 % of it. `rising`: less, and more than the limit at the month's end. */
export type State = "ok" | "near" | "rising" | "over" | "unknown";

export interface Row {
  readonly id: QuantityId;
  readonly what: string;
  readonly limit: number;
  readonly state: State;
  readonly used?: number;
  readonly bound?: "least" | "most";
  readonly projected?: number;
  /** US dollars for what is beyond the limit now; on credits it takes those. */
  readonly beyondUsd?: number;
  /** Where it was read, or why it is not known. */
  readonly source: string;
}

export interface Report {
  /** Such as `2026-11`. */
  readonly month: string;
  readonly at: string;
  readonly plan: FreePlan;
  readonly rows: readonly Row[];
  /** US dollars of this month as Cost Explorer gives them, credits taken off. Undefined: not asked. */
  readonly billedUsd?: number;
}

/** The limit in an account of this plan: offers of the first year are none where they are over and there are no credits. */
export function limitOf({ limit, offer }: Quantity, plan: FreePlan): number {
  return offer === "first-year" && plan === "always-free" ? 0 : limit.value;
}

/** Holds what was read against the limits. */
export function assess(readings: Readings, month: Month, plan: FreePlan, billedUsd?: number): Report {
  return {
    month: monthName(month),
    at: month.now.toISOString(),
    plan,
    rows: quantityIds.map((id) => assessOne(id, readings, month, plan)),
    ...(billedUsd === undefined ? {} : { billedUsd }),
  };
}

function assessOne(id: QuantityId, readings: Readings, month: Month, plan: FreePlan): Row {
  const quantity: Quantity = quantities[id];
  const reading = readings[id];
  const limit = limitOf(quantity, plan);
  const common = { id, what: quantity.what, limit };
  if (!isKnown(reading)) return { ...common, state: "unknown", source: reading.unknown };
  const projected = projection(quantity.growth, reading, month);
  return {
    ...common,
    state: stateOf(reading, projected, limit),
    used: reading.used,
    ...(reading.bound === undefined ? {} : { bound: reading.bound }),
    ...(projected === undefined ? {} : { projected }),
    beyondUsd: Math.max(0, reading.used - limit) * quantity.price.value,
    source: reading.source,
  };
}

function stateOf({ used }: Known, projected: number | undefined, limit: number): State {
  if (used > limit) return "over";
  if (used > 0 && used >= nearShare * limit) return "near";
  return projected !== undefined && projected > limit ? "rising" : "ok";
}

export function isOver({ rows }: Report): boolean {
  return rows.some(({ state }) => state === "over");
}
