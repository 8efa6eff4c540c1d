import { usdPerMillionTokens } from "../../components/inference/capacity";
import { hardware } from "../../components/inference/hardware";
import { type CostLine, type Estimate, estimate } from "../../pricing/estimate";
import { combine, type Range, sum } from "../../pricing/price";
import type { PricedResource } from "../../pricing/resource";
import type { CostSettings } from "./settings";

/** The region whose prices the table has. */
export const pricedRegion = "us-east-1";

export interface TokenLoad {
  readonly tokensPerMinute: number;
  /** That one instance manages, measured. */
  readonly tokensPerSecondOfInstance: number;
}

/** What one instance of a fleet with GPUs costs, and what tokens do at a load. */
export interface InferenceCost {
  readonly system: string;
  readonly instanceType: string;
  readonly usdPerHour: number;
  readonly usdPerMillionTokens?: number;
  readonly instances?: number;
}

/** All amounts are US dollars a month, but for those of inference. */
export interface CostReport {
  readonly stack: string;
  readonly region: string;
  readonly priced: Estimate;
  readonly inference: readonly InferenceCost[];
  /** What it costs as it is deployed now. */
  readonly before: Range;
  /** After less before. */
  readonly change: Range;
  readonly budgetUsd: number | undefined;
  /** How far the expected sum is over the budget; 0 within it. */
  readonly overUsd: number;
  readonly prices: { readonly used: number; readonly unverified: number; readonly dates: readonly string[] };
}

export interface CostQuestion {
  readonly stack: string;
  readonly region: string;
  readonly before: readonly PricedResource[];
  readonly after: readonly PricedResource[];
  readonly settings: CostSettings;
  readonly load?: TokenLoad;
}

export function costReport({ stack, region, before, after, settings, load }: CostQuestion): CostReport {
  const priced = estimate(after, settings);
  const now = estimate(before, settings).total;
  const { budgetUsd } = settings;
  const prices = new Set(priced.lines.map(({ price }) => price));
  return {
    stack,
    region,
    priced,
    inference: inferenceCosts(priced.lines, load),
    before: now,
    change: combine(priced.total, now, (then, was) => then - was),
    budgetUsd,
    overUsd: budgetUsd === undefined ? 0 : Math.max(0, priced.total.expected - budgetUsd),
    prices: {
      used: prices.size,
      unverified: [...prices].filter(({ verified }) => !verified).length,
      dates: [...new Set([...prices].map(({ date }) => date))].sort(),
    },
  };
}

/** What a system's lines come to. */
export function ofSystem(lines: readonly CostLine[]): Range {
  return sum(lines.map(({ usd }) => usd));
}

function inferenceCosts(lines: readonly CostLine[], load: TokenLoad | undefined): InferenceCost[] {
  const fleets = lines.filter(({ type, item }) => type === "aws:autoscaling/group:Group" && gpusOf(item) > 0);
  return fleets.map(({ system, item: instanceType, price: { usd: usdPerHour } }) => {
    if (!load) return { system, instanceType, usdPerHour };
    const { instances, usdPerMillionTokens: usd } = usdPerMillionTokens({ ...load, usdPerHour });
    return { system, instanceType, usdPerHour, instances, usdPerMillionTokens: usd };
  });
}

function gpusOf(type: string): number {
  return Object.entries(hardware).find(([name]) => name === type)?.[1].gpus ?? 0;
}
