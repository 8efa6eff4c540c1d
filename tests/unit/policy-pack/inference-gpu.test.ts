import { describe, expect, test } from "vitest";
import { acceleratorPrices, isAccelerated } from "../../../policy-pack/lib/inference/accelerators";
import { type Resource, unknown } from "../../support/policy-harness";
import type { Props } from "./cases";
import { judge, pass, unverifiable, violation } from "./rules";

const template = "aws:ec2/launchTemplate:LaunchTemplate";
const instance = "aws:ec2/instance:Instance";

/** A group and the template that it starts from, as at preview. */
function fleet(instanceType: string, sizes: Props, name = "g"): readonly Resource[] {
  return [
    { type: template, name: `${name}-template`, props: { id: unknown, instanceType } },
    {
      type: "aws:autoscaling/group:Group",
      name,
      props: { name, launchTemplate: { id: unknown }, ...sizes },
      from: { launchTemplate: [`${name}-template`] },
    },
  ];
}

describe("accelerated types", () => {
  test.each([
    "g5.xlarge",
    "g4dn.metal",
    "g6e.48xlarge",
    "p5.48xlarge",
    "p4de.24xlarge",
    "trn1.32xlarge",
    "inf2.xlarge",
    "dl1.24xlarge",
    "gr6.4xlarge",
  ])("%s is one", (type) => expect(isAccelerated(type)).toBe(true));
  test.each(["t3.micro", "m7i-flex.large", "c7g.xlarge", "i4g.large", "gp3", "undefined"])("%s is none", (type) =>
    expect(isAccelerated(type)).toBe(false),
  );
  test("prices are for accelerated types, and say whether they are verified", () => {
    expect(Object.keys(acceleratorPrices).filter((type) => !isAccelerated(type))).toEqual([]);
    expect(acceleratorPrices["g5.xlarge"]).toEqual({ usd: 1.006, verified: true });
    expect(acceleratorPrices["inf2.xlarge"]).toEqual({ usd: 0.7582, verified: false });
  });
});

describe("llm-gpu-zero", () => {
  const id = "llm-gpu-zero";
  const stays = violation("minSize: no scheduled action and no policy takes the GPU instances to zero");
  const schedule = (props: Props): Resource => ({
    type: "aws:autoscaling/schedule:Schedule",
    name: "night",
    props: { autoscalingGroupName: "g", ...props },
  });
  const policy = (props: Props): Resource => ({
    type: "aws:autoscaling/policy:Policy",
    name: "policy",
    props: { autoscalingGroupName: "g", ...props },
  });
  const always = fleet("g5.xlarge", { minSize: 1, maxSize: 2 });
  const elastic = fleet("g5.xlarge", { minSize: 0, maxSize: 2 });

  test("refuses a group without either, and passes other types", async () => {
    expect(await judge(id, always)).toEqual(stays);
    expect(await judge(id, elastic)).toEqual(stays);
    expect(await judge(id, fleet("m7i.large", { minSize: 1, maxSize: 2 }))).toEqual(pass);
    expect(await judge(id, fleet("g5.xlarge", { minSize: 0, maxSize: 0 }))).toEqual(pass);
  });

  test.each<[string, Props, object]>([
    ["to zero", { desiredCapacity: 0, minSize: 0 }, pass],
    ["without sizes, which are zero", {}, pass],
    ["to one", { desiredCapacity: 1, minSize: 0 }, stays],
    ["of at least one", { desiredCapacity: 0, minSize: 1 }, stays],
    ["that leaves the capacity", { desiredCapacity: -1, minSize: 0 }, stays],
    ["of another group", { autoscalingGroupName: "other" }, stays],
  ])("a scheduled action %s", async (_, props, verdict) => {
    expect(await judge(id, [...always, schedule(props)])).toEqual(verdict);
  });

  test.each<[string, Props, object]>([
    ["takes one away", { adjustmentType: "ChangeInCapacity", scalingAdjustment: -1 }, pass],
    ["adds one", { adjustmentType: "ChangeInCapacity", scalingAdjustment: 1 }, stays],
    ["changes nothing", { adjustmentType: "ChangeInCapacity", scalingAdjustment: 0 }, stays],
    ["sets zero", { adjustmentType: "ExactCapacity", scalingAdjustment: 0 }, pass],
    ["sets one", { adjustmentType: "ExactCapacity", scalingAdjustment: 1 }, stays],
    ["has a step that takes away", { stepAdjustments: [{ scalingAdjustment: 1 }, { scalingAdjustment: -1 }] }, pass],
    ["tracks a target", { targetTrackingConfiguration: { targetValue: 1 } }, pass],
    ["tracks a target upwards only", { targetTrackingConfiguration: { disableScaleIn: true } }, stays],
    ["is of another group", { autoscalingGroupName: "other", scalingAdjustment: -1 }, stays],
    ["predicts", { predictiveScalingConfiguration: {} }, stays],
  ])("a policy that %s", async (_, props, verdict) => {
    expect(await judge(id, [...elastic, policy(props)])).toEqual(verdict);
  });

  test("a policy alone takes no group below its least size", async () => {
    expect(await judge(id, [...always, policy({ scalingAdjustment: -1 })])).toEqual(stays);
  });

  test("unknowns are noted, unless the answer does not hang on them", async () => {
    const open = fleet("g5.xlarge", { minSize: unknown, maxSize: 2 });
    expect(await judge(id, [...open, policy({ scalingAdjustment: -1 })])).toEqual(unverifiable("minSize"));
    expect(await judge(id, [...open, schedule({})])).toEqual(pass);
    expect(await judge(id, open)).toEqual({ ...stays });
    const untyped = [
      {
        type: "aws:autoscaling/group:Group",
        name: "g",
        props: { name: "g", minSize: 1, maxSize: 1, instanceType: unknown },
        from: { instanceType: ["g"] },
      },
    ];
    expect(await judge(id, untyped)).toEqual(unverifiable("instanceType"));
  });
});

describe("llm-gpu-budget", () => {
  const id = "llm-gpu-budget";
  const two = fleet("g5.xlarge", { minSize: 0, maxSize: 2 });
  const over = (money: string, limit: string) => violation(`GPU instances may cost ${money} a month, and ${limit}`);
  const budget = (limitAmount: string, timeUnit = "MONTHLY", budgetType = "COST"): Resource => ({
    type: "aws:budgets/budget:Budget",
    name: `budget-${limitAmount}`,
    props: { budgetType, limitAmount, limitUnit: "USD", timeUnit },
  });

  test("asks for a budget", async () => {
    expect(await judge(id, two)).toEqual(over("$1,468.76", "they have no budget"));
    expect(await judge(id, fleet("m7i.large", { maxSize: 2 }))).toEqual(pass);
    expect(await judge(id, fleet("g5.xlarge", { maxSize: 0 }))).toEqual(pass);
    expect(await judge(id, [])).toEqual(pass);
  });

  test("that the largest size fits", async () => {
    expect(await judge(id, [...two, budget("1500")])).toEqual(pass);
    expect(await judge(id, [...two, budget("1000"), budget("500")])).toEqual(
      over("$1,468.76", "their largest budget has $1,000.00"),
    );
    expect(await judge(id, two, { monthlyBudget: 1500 })).toEqual(pass);
    expect(await judge(id, [...two, budget("100")], { monthlyBudget: 1500 })).toEqual(pass);
  });

  test.each([
    ["50", "DAILY", pass],
    ["48", "DAILY", over("$1,468.76", "their largest budget has $1,460.00")],
    ["4500", "QUARTERLY", pass],
    ["17640", "ANNUALLY", pass],
    ["17000", "ANNUALLY", over("$1,468.76", "their largest budget has $1,416.67")],
  ])("a budget of %s %s", async (amount, unit, verdict) => {
    expect(await judge(id, [...two, budget(amount, unit)])).toEqual(verdict);
  });

  test("what a budget is of and for how long must be known, if it could be enough", async () => {
    const open = (props: Record<string, string>): Resource => ({
      ...budget("9999"),
      props: { ...budget("9999").props, ...props },
      from: Object.fromEntries(Object.keys(props).map((property) => [property, ["budget-9999"]])),
    });
    expect(await judge(id, [...two, open({ timeUnit: unknown })])).toEqual(unverifiable("timeUnit"));
    expect(await judge(id, [...two, open({ budgetType: unknown })])).toEqual(unverifiable("budgetType"));
    const usage = { ...open({ timeUnit: unknown }), props: { ...budget("9999", unknown, "USAGE").props } };
    expect(await judge(id, [...two, usage])).toEqual(over("$1,468.76", "they have no budget"));
  });

  test("a budget of usage is none", async () => {
    expect(await judge(id, [...two, budget("9999", "MONTHLY", "USAGE")])).toEqual(
      over("$1,468.76", "they have no budget"),
    );
  });

  test("all of the stack adds up, with the dearest type of each", async () => {
    const mixed: Resource = {
      type: "aws:autoscaling/group:Group",
      name: "mixed",
      props: {
        name: "mixed",
        maxSize: 1,
        mixedInstancesPolicy: {
          launchTemplate: { overrides: [{ instanceType: "g5.xlarge" }, { instanceType: "g5.2xlarge" }] },
        },
      },
    };
    const single = { type: instance, name: "i", props: { instanceType: "p5.48xlarge" } };
    expect(await judge(id, [mixed])).toEqual(over("$884.76", "they have no budget"));
    const text = "GPU instances may cost $41,063.96 a month, and their largest budget has $1,000.00";
    expect(await judge(id, [mixed, single, budget("1000")])).toEqual(violation(text, text));
  });

  test("hours and prices come from the config", async () => {
    expect(await judge(id, [...two, budget("443")], { hours: 220 })).toEqual(pass);
    expect(await judge(id, two, { hourlyPrices: { "g5.xlarge": 1 } })).toEqual(
      over("$1,460.00", "they have no budget"),
    );
  });

  test("what fits exactly fits, and the finding stands at all that do not fit together", async () => {
    const round = { hours: 100, hourlyPrices: { "g5.xlarge": 1 } };
    expect(await judge(id, [...two, budget("200")], round)).toEqual(pass);
    const both = [...two, ...fleet("g5.xlarge", { maxSize: 1 }, "second")];
    const text = "GPU instances may cost $300.00 a month, and their largest budget has $200.00";
    expect(await judge(id, [...both, budget("200")], round)).toEqual(violation(text, text));
    const open = fleet("g5.xlarge", { maxSize: unknown }, "open");
    expect(await judge(id, [...two, ...open, budget("200")], round)).toEqual(unverifiable("maxSize"));
  });

  test("a budget that filters by a tag is for what has it: the group, or its template's instances", async () => {
    const round = { hours: 100, hourlyPrices: { "g5.xlarge": 1 } };
    const tagged = (value: unknown, name: string) =>
      fleet("g5.xlarge", { maxSize: 2, tags: [{ key: "System", value, propagateAtLaunch: true }] as never }, name);
    const templated = fleet("g5.xlarge", { maxSize: 2 }, "b").map((each) =>
      each.type === template
        ? {
            ...each,
            props: { ...each.props, tagSpecifications: [{ resourceType: "instance", tags: { System: "b" } }] },
          }
        : each,
    );
    const filtered = (amount: string, ...values: readonly unknown[]): Resource => {
      const one = budget(amount);
      const costFilters = [
        { name: "Service", values: ["Amazon Elastic Compute Cloud - Compute"] },
        { name: "TagKeyValue", values: values as string[] },
      ];
      return { ...one, props: { ...one.props, costFilters }, from: { costFilters: [`budget-${amount}`] } };
    };
    const both = [...tagged("a", "a"), ...templated];
    expect(
      await judge(id, [...both, filtered("200", "user:System$a"), filtered("201", "user:System$b")], round),
    ).toEqual(pass);
    expect(
      await judge(id, [...both, filtered("200", "user:System$a"), filtered("199", "user:System$b")], round),
    ).toEqual(over("$200.00", "their largest budget has $199.00"));
    expect(await judge(id, [...both, filtered("300", "user:System$a", "user:System$b")], round)).toMatchObject({
      violations: Array(2).fill("GPU instances may cost $400.00 a month, and their largest budget has $300.00"),
    });
    expect(await judge(id, [...tagged("a", "a"), filtered("900", "user:Team$a")], round)).toEqual(
      over("$200.00", "they have no budget"),
    );
    expect(await judge(id, [...tagged("a", "a"), filtered("900", unknown)], round)).toEqual(
      unverifiable("costFilters[1].values[0]"),
    );
    expect(await judge(id, [...tagged(unknown, "a"), filtered("900", "user:System$a")], round)).toEqual(
      unverifiable("tags[0].value"),
    );
    expect(await judge(id, [...tagged("a", "a"), filtered("100", unknown), budget("200")], round)).toEqual(pass);
  });

  test("a type without a price needs one", async () => {
    const unpriced = fleet("p9.48xlarge", { maxSize: 1 });
    expect(await judge(id, unpriced)).toEqual(
      violation("instanceType: no price is known for p9.48xlarge; give it in the setting hourlyPrices"),
    );
    expect(await judge(id, unpriced, { hourlyPrices: { "p9.48xlarge": 1 } })).toEqual(
      over("$730.00", "they have no budget"),
    );
  });

  test("unknowns are noted", async () => {
    expect(await judge(id, [...fleet("g5.xlarge", { maxSize: unknown }), budget("5000")])).toEqual(
      unverifiable("maxSize"),
    );
    const open = { ...budget("1"), props: { budgetType: "COST", limitAmount: unknown }, from: { limitAmount: ["g"] } };
    expect(await judge(id, [...two, open])).toEqual(unverifiable("limitAmount"));
  });
});
