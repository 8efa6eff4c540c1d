import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { allowance, dollars, type Limit, price, summaryLine } from "../../../policy-pack/lib/free-tier/sums";
import { Quantity } from "../../../policy-pack/lib/quantity";
import { Truth } from "../../../policy-pack/lib/truth";
import { Value } from "../../../policy-pack/lib/value";
import { type Json, unknown } from "../../support/policy-harness";

const whole = fc.nat({ max: 1000 });
const quantities = fc.tuple(whole, fc.subarray(["a", "b", "c"])).map(([least, paths]) => new Quantity(least, paths));

describe("quantities", () => {
  test.prop([fc.array(quantities), whole])(
    "a sum is over a limit for sure only by what is known of it",
    (all, limit) => {
      const least = all.reduce((sum, one) => sum + one.least, 0);
      const paths = new Set(all.flatMap((one) => one.paths));
      const answer = Quantity.sum(all).exceeds(limit);
      expect(answer.answer).toBe(least > limit ? "yes" : paths.size > 0 ? "unknown" : "no");
      if (answer.answer === "unknown") expect(new Set(answer.paths)).toEqual(paths);
    },
  );

  test.prop([quantities, quantities, quantities])(
    "products distribute over sums, but for what a known nothing hides",
    (a, b, c) => {
      const [left, right] = [a.times(b.plus(c)), a.times(b).plus(a.times(c))];
      expect(left.least).toBe(right.least);
      if (!b.isZero() && !c.isZero()) expect(new Set(left.paths)).toEqual(new Set(right.paths));
    },
  );

  test.prop([quantities])("nothing times anything is nothing, and once is itself", (a) => {
    expect(a.times(Quantity.zero)).toEqual(Quantity.zero);
    expect(a.times(new Quantity(1)).exceeds(a.least).answer).toBe(a.exceeds(a.least).answer);
  });

  test.each<[Json, number, readonly string[]]>([
    [3, 3, []],
    ["3", 3, []],
    [-1, 0, []],
    ["many", 7, []],
    [null, 7, []],
    [unknown, 0, ["size"]],
  ])("%s in a property is %s", (raw, least, paths) => {
    const quantity = Quantity.of(Value.ofProps({ size: raw }).at("size"), 7);
    expect([quantity.least, quantity.paths]).toEqual([least, paths]);
  });

  test("a condition counts when it holds", () => {
    expect(Quantity.when(Truth.yes, 4)).toEqual(new Quantity(4));
    expect(Quantity.when(Truth.no, 4)).toEqual(Quantity.zero);
    expect(Quantity.when(Truth.unknown("a"), 4)).toEqual(new Quantity(0, ["a"]));
  });
});

describe("sums as text", () => {
  const limit: Limit = {
    what: "things",
    free: 10,
    offer: "first-year",
    plan: "credits",
    monthlyPrice: 0.5,
    priceText: "$0.50 each",
  };

  test("prices keep their digits, money has two", () => {
    expect([0.0104, 0.005, 0.1, 0.29, 3, 0.0000166667].map(price)).toEqual([
      "$0.0104",
      "$0.005",
      "$0.10",
      "$0.29",
      "$3.00",
      "$0.0000166667",
    ]);
    expect([0, 1234.5, 0.005].map(dollars)).toEqual(["$0.00", "$1,234.50", "$0.01"]);
  });

  test("what is beyond a limit is priced, and on credits all of it", () => {
    expect(summaryLine(new Quantity(12, ["a"]), limit)).toBe(
      "Free tier: at least 12 of 10 things; beyond it $1.00 a month ($0.50 each). On credits all of it takes $6.00 a month.",
    );
    expect(summaryLine(new Quantity(12), { ...limit, offer: "always" })).toBe(
      "Free tier: 12 of 10 things; beyond it $1.00 a month ($0.50 each).",
    );
  });

  test("an account with neither credits nor first year has what is always free", () => {
    const plans = ["credits", "legacy12", "always-free"] as const;
    expect(plans.map((plan) => allowance({ ...limit, plan }))).toEqual([10, 10, 0]);
    expect(plans.map((plan) => allowance({ ...limit, plan, offer: "always" }))).toEqual([10, 10, 10]);
  });
});
