import { describe, expect, test } from "vitest";
import { buildPack } from "../../../policy-pack/build-pack";
import { isMarkedFree } from "../../../policy-pack/lib/cost-tier";
import { defineRule, type Rule } from "../../../policy-pack/lib/rule";
import { Value } from "../../../policy-pack/lib/value";
import { type Json, servePack, unknown } from "../../support/policy-harness";
import { development, today } from "./rules";

describe("what is marked as free", () => {
  const answer = (props: Record<string, Json>, provider: Record<string, Json> = {}) =>
    isMarkedFree({
      type: "a:b:C",
      urn: "",
      name: "it",
      props: Value.ofProps(props),
      provider: Value.ofProps(provider, "provider"),
    });

  test.each<[string, Record<string, Json>, Record<string, Json>, string]>([
    ["a tag free-tier", { tags: { CostTier: "free-tier" } }, {}, "yes"],
    ["a tag free", { tags: { CostTier: "free" } }, {}, "yes"],
    ["another tier", { tags: { CostTier: "always-on" } }, {}, "no"],
    ["another tag", { tags: { Tier: "free" } }, {}, "no"],
    ["no tags", {}, {}, "no"],
    ["an unknown tag", { tags: { CostTier: unknown } }, {}, "unknown"],
    ["unknown tags", { tags: unknown }, {}, "unknown"],
    ["tagsAll over tags", { tags: { Owner: "me" }, tagsAll: { Owner: "me", CostTier: "free" } }, {}, "yes"],
    ["tags under an unknown tagsAll", { tags: { CostTier: "free" }, tagsAll: unknown }, {}, "yes"],
    ["the provider's tag", {}, { defaultTags: { tags: { CostTier: "free" } } }, "yes"],
    ["the provider's tags as text", {}, { defaultTags: '{"tags":{"CostTier":"free"}}' }, "yes"],
    [
      "an own tag over the provider's",
      { tags: { CostTier: "always-on" } },
      { defaultTags: { tags: { CostTier: "free" } } },
      "no",
    ],
    [
      "a tag in a list",
      {
        tags: [
          { key: "a", value: "b" },
          { key: "CostTier", value: "free" },
        ],
      },
      {},
      "yes",
    ],
    ["another tier in a list", { tags: [{ key: "CostTier", value: "always-on" }] }, {}, "no"],
    ["another key in a list", { tags: [{ key: "Tier", value: "free" }] }, {}, "no"],
    ["an unknown value in a list", { tags: [{ key: "CostTier", value: unknown }] }, {}, "unknown"],
  ])("%s", (_, props, provider, expected) => {
    expect(answer(props, provider).answer).toBe(expected);
  });
});

describe("in the profiles", () => {
  const rule = (more: Partial<Rule>): Rule => ({
    ...defineRule({
      id: "ft-probe",
      family: "free-tier",
      title: "",
      severity: "high",
      why: "",
      fix: "",
      checkov: [],
      securityHub: [],
      page: "",
      types: ["a:b:C"],
    }),
    ...more,
  });
  const resource = (tier: string) => ({ type: "a:b:C", props: { tags: { CostTier: tier } } });

  test("a remedy touches what the rule judges and nothing else", async () => {
    const remedy = () => [{ path: ["size"], value: 1 }];
    for (const [profile, tiers] of [
      ["dev", ["free"]],
      ["free", ["free", "always-on", unknown]],
    ] as const) {
      const probe = rule({ remedy, check: () => undefined });
      const pack = await servePack(buildPack([probe], { ...development, profile }, today), { "ft-probe": "remediate" });
      for (const tier of ["free", "always-on", unknown]) {
        const cured = (await pack.remediate(resource(tier))).length === 1;
        expect(cured, `${profile} ${tier}`).toBe((tiers as readonly string[]).includes(tier));
      }
    }
  });

  test("a sum is told in free alone, as advice", async () => {
    const probe = rule({ checkStack: (_, report) => report.summary("3 of 10 used") });
    for (const [profile, said] of [
      ["dev", []],
      ["prod", []],
      ["free", [["advisory", "3 of 10 used"]]],
    ] as const) {
      const pack = await servePack(buildPack([probe], { ...development, profile }, today));
      expect((await pack.analyzeStack([])).map(({ level, message }) => [level, message])).toEqual(said);
    }
  });

  test("a stack rule can ask what it judges", async () => {
    const asked: string[] = [];
    const probe = rule({
      checkStack: (stack) => {
        for (const one of stack.resources) asked.push(stack.judges(one).answer);
      },
    });
    const resources = ["free", "always-on", unknown].map((tier, index) => ({ ...resource(tier), name: `r${index}` }));
    for (const profile of ["dev", "free"] as const) {
      await (await servePack(buildPack([probe], { ...development, profile }, today))).analyzeStack(resources);
    }
    expect(asked).toEqual(["yes", "no", "unknown", "yes", "yes", "yes"]);
  });
});
