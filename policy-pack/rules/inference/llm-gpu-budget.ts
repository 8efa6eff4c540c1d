import { z } from "zod";
import { instanceTypes, launcherTypes, maxInstances } from "../../lib/fleet";
import { hoursPerMonth } from "../../lib/free-tier/limits";
import { dollars, sharesOf } from "../../lib/free-tier/sums";
import { acceleratorPrices, isAccelerated, pricesDate } from "../../lib/inference/accelerators";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { type StackResource, type StackView, written } from "../../lib/stack-view";
import type { Value } from "../../lib/value";

const budgetType = "aws:budgets/budget:Budget";
/** Months that a budget is for, by its time unit. */
const months: Readonly<Record<string, number>> = { DAILY: 12 / 365, MONTHLY: 1, QUARTERLY: 3, ANNUALLY: 12 };

/**
 * llm-gpu-budget: GPU capacity fits a budget
 *
 * What all GPU instances cost in a month, Auto Scaling groups at their largest size and their dearest type, is within the
 * largest cost budget of the stack, or the one of the config. Types without a known price need one in the config.
 * Undefined: violation, without a budget nobody is told.
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
    const total = Quantity.sum(shares.map(({ amount }) => amount));
    const budget = largestBudget(stack, monthlyBudget);
    const limit = budget.least > 0 ? `the largest budget has ${dollars(budget.least)}` : "there is no budget";
    let spent = 0;
    for (const { resource, amount } of shares) {
      const passes = spent <= budget.least && spent + amount.least > budget.least;
      spent += amount.least;
      const over = budget.paths.length > 0 ? new Quantity(0, budget.paths).exceeds(0) : total.exceeds(budget.least);
      if (passes)
        report.on(resource).when(over, "", `GPU instances may cost ${dollars(total.least)} a month, and ${limit}`);
      else if (total.least <= budget.least) report.on(resource).when(new Quantity(0, amount.paths).exceeds(0), "", "");
    }
  },
});

/** The largest amount a month that is told of; a budget that adjusts itself has none. */
function largestBudget(stack: StackView, given: number): Quantity {
  const amounts = stack.ofType(budgetType).map((budget) => {
    const timeUnit = written(budget, "timeUnit");
    const isOfCosts = written(budget, "budgetType").equals("COST");
    const amount = Quantity.of(written(budget, "limitAmount"), 0).times(Quantity.when(isOfCosts));
    if (timeUnit.isUnknown()) return new Quantity(0, amount.isZero() ? [] : [...amount.paths, timeUnit.path]);
    return amount.times(new Quantity(1 / (months[String(timeUnit.scalar())] ?? 1)));
  });
  return new Quantity(
    Math.max(given, ...amounts.map(({ least }) => least)),
    amounts.flatMap(({ paths }) => paths),
  );
}
