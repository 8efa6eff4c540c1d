import { z } from "zod";
import { type FreePlan, parseFreePlan } from "../../policy-pack/lib/free-tier/plan";
import { type Usage, usageSchema } from "../../pricing/usage";
import type { StackSettings } from "../lib/project";
import { UserError } from "../lib/user-error";

/** What a stack's config says of costs, under the namespace `cost`. */
export interface CostSettings {
  /** US dollars a month, for all systems of the stack; undefined for none. */
  readonly budgetUsd: number | undefined;
  readonly usage: Usage;
  readonly plan: FreePlan;
}

const budgetKey = "cost:budgetUsd";
const usageKey = "cost:usage";

/** @throws UserError naming what is wrong */
export function costSettings({ config = {} }: StackSettings): CostSettings {
  const budget = z.number().positive().optional().safeParse(config[budgetKey]);
  if (!budget.success) {
    throw new UserError(
      `${budgetKey} is ${JSON.stringify(config[budgetKey])}; expected US dollars a month, above 0.`,
      `Set it: pulumi config set ${budgetKey} 500`,
    );
  }
  const usage = usageSchema.safeParse(config[usageKey] ?? {});
  if (!usage.success) {
    const [issue] = usage.error.issues;
    throw new UserError(
      `${[usageKey, ...(issue?.path ?? [])].join(".")}: ${issue?.message}.`,
      "docs/costs.md lists what may stand there: each a map of low, expected and high.",
    );
  }
  const plan = parseFreePlan(config["policy:freePlan"] as string | undefined) ?? "always-free";
  return { budgetUsd: budget.data, usage: usage.data, plan };
}
