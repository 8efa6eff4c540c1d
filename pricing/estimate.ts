import type { FreePlan } from "../policy-pack/lib/free-tier/plan";
import { allowanceOf } from "./allowances";
import { costsNothing } from "./free";
import { combine, type Price, type Range, sum, times, zero } from "./price";
import { computePricers } from "./pricers/compute";
import { dataPricers } from "./pricers/data";
import { networkPricers } from "./pricers/network";
import { servicePricers } from "./pricers/services";
import { at, type Line, listAt, type PricedResource, type Pricer, type PricingContext, Unpriced } from "./resource";
import { usEast1 } from "./us-east-1";
import type { Usage } from "./usage";

const pricers: Readonly<Record<string, Pricer>> = {
  ...computePricers,
  ...networkPricers,
  ...dataPricers,
  ...servicePricers,
};

/** A part of the sum. All amounts are US dollars a month. */
export interface CostLine {
  /** `agents`, or `shared` for what is of no single system. */
  readonly system: string;
  readonly resource: string;
  readonly type: string;
  readonly urn: string;
  readonly item: string;
  readonly quantity: Range;
  readonly price: Price;
  /** Before allowances. */
  readonly usd: Range;
}

export interface Estimate {
  readonly lines: readonly CostLine[];
  /** What an account has for nothing, as far as it is used; to be taken off the lines. */
  readonly allowances: readonly { readonly unit: string; readonly free: number; readonly usd: Range }[];
  /** In the sum, as far as it is known, they are not. */
  readonly notPriced: readonly { readonly urn: string; readonly type: string; readonly why: string }[];
  readonly bySystem: ReadonlyMap<string, Range>;
  /** Lines less allowances. */
  readonly total: Range;
}

export interface EstimateOptions {
  readonly usage: Usage;
  /** Which offers the account has. Default: those that every account has for good. */
  readonly plan?: FreePlan;
}

/** What resources cost in a month of 730 hours, on demand, in us-east-1. */
export function estimate(resources: readonly PricedResource[], options: EstimateOptions): Estimate {
  const { usage, plan = "always-free" } = options;
  const parts = Map.groupBy(resources, ({ parent }) => parent);
  const parents = new Map(resources.map(({ urn, parent }) => [urn, parent]));
  const isWithin = ({ parent }: PricedResource, component: string): boolean => {
    for (let at: string | undefined = parent; at; at = parents.get(at)) if (at === component) return true;
    return false;
  };
  const context: PricingContext = {
    usage,
    line: (item, key, quantity) => ({ item, quantity, price: usEast1[key], key }),
    beside: (resource, type) =>
      onlyOne(resources.filter((each) => each.type === type && isWithin(each, resource.parent))),
  };
  const found: (Line & { readonly of: PricedResource })[] = [];
  const notPriced: { urn: string; type: string; why: string }[] = [];
  for (const resource of resources) {
    const { urn, type } = resource;
    if (!type.startsWith("aws:") || costsNothing(type)) continue;
    const pricer = pricers[type];
    const all = pricer?.(resource, context) ?? [new Unpriced("no pricer knows its type")];
    for (const line of all) {
      if (line instanceof Unpriced) notPriced.push({ urn, type, why: line.why });
      else found.push({ ...line, of: resource });
    }
  }
  const lines = found.map(({ of, item, quantity, price }) => ({
    ...{ system: systemOf(of, parts), resource: of.name, type: of.type, urn: of.urn, item, quantity, price },
    usd: times(quantity, price.usd),
  }));
  const allowances = allowancesOf(found, plan);
  return {
    lines,
    allowances,
    notPriced,
    bySystem: new Map([...Map.groupBy(lines, ({ system }) => system)].map(([system, all]) => [system, usdOf(all)])),
    total: combine(usdOf(lines), sum(allowances.map(({ usd }) => usd)), (all, free) => all - free),
  };
}

function onlyOne<T>(found: readonly T[]): T | undefined {
  return found.length === 1 ? found[0] : undefined;
}

function usdOf(lines: readonly CostLine[]): Range {
  return sum(lines.map(({ usd }) => usd));
}

function allowancesOf(lines: readonly Line[], plan: FreePlan): Estimate["allowances"] {
  return [...Map.groupBy(lines, ({ key }) => key)].flatMap(([key, all]) => {
    const free = allowanceOf(key, plan);
    const [first] = all;
    if (!free || !first) return [];
    const used = all.reduce((total, { quantity }) => combine(total, quantity, (a, b) => a + b), zero);
    const taken = combine(used, used, (quantity) => Math.min(quantity, free.value));
    return [{ unit: free.unit, free: free.value, usd: times(taken, first.price.usd) }];
  });
}

/** By its tag, or that of what it is made with. */
function systemOf(resource: PricedResource, parts: ReadonlyMap<string, readonly PricedResource[]>): string {
  const beside = parts.get(resource.parent) ?? [];
  return systemTag(resource) ?? beside.map(systemTag).find(Boolean) ?? "shared";
}

function systemTag({ inputs }: PricedResource): string | undefined {
  const listed = listAt(inputs, "tags").find((tag) => at(tag, "key") === "System");
  const value = at(inputs, "tags", "System") ?? at(listed, "value");
  return typeof value === "string" ? value : undefined;
}
