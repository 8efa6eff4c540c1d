import { z } from "zod";
import { groupType } from "../../lib/fleet";
import { creditTypes, firstYearTypes } from "../../lib/free-tier/limits";
import { type FreePlan, planSetting } from "../../lib/free-tier/plan";
import { launchTypes } from "../../lib/launches";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Value } from "../../lib/value";

/**
 * ft-ec2-type: EC2 instance types are those of the free tier
 *
 * Instances, Spot requests, launch templates and configurations, and the overrides of Auto Scaling groups. A template that
 * lets AWS choose by attributes has to list the allowed types. With the plan `always-free` no type is free. Undefined:
 * passes, the launch template has it.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-free-tier-usage.html
 */
export const rule = defineRule({
  id: "ft-ec2-type",
  family: "free-tier",
  title: "EC2 instance types are those of the free tier",
  severity: "high",
  why: "On an account's Free plan AWS refuses any other type, so the deployment fails; on every other plan it is billed by the hour.",
  fix: "set `instanceType` to t3.micro, or t4g.micro for arm64.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-free-tier-usage.html",
  types: [...launchTypes, groupType],
  settings: z.strictObject({
    plan: planSetting,
    creditTypes: z.array(z.string()).default(creditTypes).describe("Types that are eligible with the plan credits"),
    firstYearTypes: z.array(z.string()).default(firstYearTypes).describe("Types of the plan legacy12"),
  }),
  check(resource, report, settings) {
    const lists: Record<FreePlan, readonly string[]> = {
      credits: settings.creditTypes,
      legacy12: settings.firstYearTypes,
      "always-free": [],
    };
    const allowed = lists[settings.plan];
    const names = allowed.length > 0 ? `the free tier has ${allowed.join(", ")}` : "no type is free on this plan";
    for (const type of typesOf(resource)) {
      const isOther = type.matches((name) => name === undefined || !allowed.includes(String(name)));
      report.when(type.isSet().and(isOther), type, `the type is ${type.scalar()}, and ${names}`);
    }
    const requirements = resource.props.at("instanceRequirements");
    const unlisted = requirements.isSet().and(requirements.at("allowedInstanceTypes").isSet().not());
    report.when(unlisted, requirements, `AWS may choose any type, and ${names}`);
  },
});

function typesOf({ props }: ResourceView): readonly Value[] {
  const overrides = props.at("mixedInstancesPolicy", "launchTemplate", "overrides").elements();
  return [
    props.at("instanceType"),
    ...overrides.map((override) => override.at("instanceType")),
    ...props.at("instanceRequirements", "allowedInstanceTypes").elements(),
  ];
}
