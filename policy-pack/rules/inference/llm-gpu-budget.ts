import { z } from "zod";
import { instanceTypes, launcherTypes, maxInstances, templateOf } from "../../lib/fleet";
import { hoursPerMonth } from "../../lib/free-tier/limits";
import { dollars, sharesOf } from "../../lib/free-tier/sums";
import { acceleratorPrices, isAccelerated, pricesDate } from "../../lib/inference/accelerators";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { type StackResource, type StackView, written } from "../../lib/stack-view";
import { tagSets } from "../../lib/tagging/tag-sets";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

const budgetType = "aws:budgets/budget:Budget";
/** Months that a budget is for, by its time unit. */
const months: Readonly<Record<string, number>> = { DAILY: 12 / 365, MONTHLY: 1, QUARTERLY: 3, ANNUALLY: 12 };

/**
 * llm-gpu-budget: GPU capacity fits a budget
 *
 * What GPU instances cost in a month, Auto Scaling groups at their largest size and their dearest type, is within a cost
 * budget that they count in, or the one of the config: all of the stack, or those with the tag that the budget filters by.
 * Types without a known price need one in the config. Undefined: violation, without a budget nobody is told.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
 */
export const rule = defineRule({
  id: "llm-gpu-budget",
  family: "inference",
  title: "GPU capacity fits a budget",
  severity: "medium",
  why: "The largest size is what a loop, an attack or a mistake can spend; a budget below it was not meant, and without one it shows a month later.",
  fix: "lower `maxSize`, or add an aws.budgets.Budget with a limit that the largest size fits, or name the account's in the setting `monthlyBudget`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html",
  types: [],
  settings: z.strictObject({
    monthlyBudget: z.number().min(0).default(0).describe("A budget outside the stack, in $ a month; 0 for none"),
    hours: z
      .number()
      .min(0)
      .max(744)
      .default(hoursPerMonth)
      .describe("Hours of a month that the instances may run; fewer where schedules stop them"),
    hourlyPrices: z
      .record(z.string(), z.number().min(0))
      .default({})
      .describe(
        `$ an hour by instance type, over the pack's own of ${pricesDate} for us-east-1, of which not all are verified`,
      ),
  }),
  checkStack(stack, report, { monthlyBudget, hours, hourlyPrices }) {
    const unpriced: (readonly [StackResource, Value])[] = [];
    const shares = sharesOf(stack, launcherTypes, (launcher) => {
      const hourly = instanceTypes(stack, launcher).map((type) => {
        if (type.isUnknown()) return new Quantity(0, [type.path]);
        const name = String(type.scalar());
        if (!isAccelerated(name)) return Quantity.zero;
        const usd = hourlyPrices[name] ?? acceleratorPrices[name]?.usd;
        if (usd === undefined) unpriced.push([launcher, type]);
        return new Quantity(usd ?? 0);
      });
      const dearest = new Quantity(
        Math.max(0, ...hourly.map(({ least }) => least)),
        hourly.flatMap(({ paths }) => paths),
      );
      return dearest.times(maxInstances(launcher)).times(new Quantity(hours));
    });
    for (const [launcher, type] of unpriced) {
      const problem = `no price is known for ${type.scalar()}; give it in the setting hourlyPrices`;
      report.on(launcher).when(type.isSet(), type, problem);
    }
    const budgets = budgetsOf(stack, monthlyBudget).map((budget) => ({
      ...budget,
      total: Quantity.sum(shares.map(({ resource, amount }) => amount.times(Quantity.when(budget.covers(resource))))),
    }));
    const nobody = { limit: Quantity.zero, covers: () => Truth.no, total: Quantity.zero };
    for (const { resource, amount } of shares) {
      if (amount.isZero()) continue;
      const own = budgets.filter(({ covers }) => covers(resource).answer !== "no");
      const enough = Truth.any(own.map((budget) => budget.covers(resource).and(fits(budget, amount))));
      const { limit, total } = own.reduce(
        (one, other) => (other.limit.least > one.limit.least ? other : one),
        own[0] ?? nobody,
      );
      const text = limit.least > 0 ? `their largest budget has ${dollars(limit.least)}` : "they have no budget";
      const sum = Math.max(total.least, amount.least);
      report.on(resource).when(enough.not(), "", `GPU instances may cost ${dollars(sum)} a month, and ${text}`);
    }
  },
});

interface Budget {
  /** US dollars a month. */
  readonly limit: Quantity;
  /** Whether what a launcher starts counts in it. */
  covers(launcher: StackResource): Truth;
}

/** Whether all that counts in a budget fits it. What is not known of the others is noted at them. */
function fits({ limit, total }: Budget & { readonly total: Quantity }, { paths }: Quantity): Truth {
  if (limit.paths.length > 0 && !total.isZero()) return Truth.unknown(...limit.paths);
  return new Quantity(total.least, paths).exceeds(limit.least).not();
}

/** The budgets that tell of costs. One that adjusts itself has no amount. */
function budgetsOf(stack: StackView, given: number): readonly Budget[] {
  const outside: Budget = { limit: new Quantity(given), covers: () => Truth.of(given > 0) };
  return [
    outside,
    ...stack.ofType(budgetType).map((budget) => ({ limit: limitOf(budget), covers: coverOf(stack, budget) })),
  ];
}

function limitOf(budget: StackResource): Quantity {
  const timeUnit = written(budget, "timeUnit");
  const isOfCosts = written(budget, "budgetType").equals("COST");
  const amount = Quantity.of(written(budget, "limitAmount"), 0).times(Quantity.when(isOfCosts));
  if (timeUnit.isUnknown()) return new Quantity(0, amount.isZero() ? [] : [...amount.paths, timeUnit.path]);
  return amount.times(new Quantity(1 / (months[String(timeUnit.scalar())] ?? 1)));
}

/** By the tags that a budget filters by, written `user:Key$Value`. Its other filters are taken to let everything through. */
function coverOf(stack: StackView, budget: StackResource): Budget["covers"] {
  const filters = written(budget, "costFilters").elements();
  return (launcher) => {
    const template = templateOf(stack, launcher).resource;
    const tags = [launcher, ...(template ? [template] : [])].flatMap(tagSets).flatMap((set) => set.tags);
    const has = (filter: Value) => {
      if (filter.isUnknown()) return Truth.unknown(filter.path);
      const [, key, value = ""] = /^user:([^$]*)\$(.*)$/s.exec(String(filter.scalar())) ?? [];
      return Truth.any(tags.map((tag) => tag.keyIs((name) => name === key).and(tag.value.equals(value))));
    };
    return Truth.all(
      filters.map((filter) => {
        const isOther = filter.at("name").equals("TagKeyValue").not();
        return isOther.or(Truth.any(filter.at("values").elements().map(has)));
      }),
    );
  };
}
