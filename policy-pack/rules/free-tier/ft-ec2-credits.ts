import { changesInPlace, launchTypes } from "../../lib/launches";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Truth } from "../../lib/truth";

/**
 * ft-ec2-credits: Burstable instances don't buy CPU credits
 *
 * T3, T3a and T4g start with unlimited credits, T2 does not. An instance with a launch template may have them from there,
 * where they are judged. Undefined: violation, but for T2.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
 */
export const rule = defineRule({
  id: "ft-ec2-credits",
  family: "free-tier",
  title: "Burstable instances don't buy CPU credits",
  severity: "medium",
  why: "T3 and T4g buy what they use over their baseline, $0.05 and $0.04 for each vCPU hour, also where the instance itself is free.",
  fix: 'set `creditSpecification: { cpuCredits: "standard" }`.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html",
  types: launchTypes.filter((type) => type !== "aws:ec2/launchConfiguration:LaunchConfiguration"),
  check(resource, report) {
    const credits = resource.props.at("creditSpecification", "cpuCredits");
    report.when(isUnlimited(resource), credits, "CPU credits over the baseline are bought");
  },
  remedy(resource) {
    if (!changesInPlace(resource.type) || isUnlimited(resource).answer !== "yes") return [];
    return [{ path: ["creditSpecification", "cpuCredits"], value: "standard" }];
  },
});

function isUnlimited({ props }: ResourceView): Truth {
  const type = props.at("instanceType");
  const credits = props.at("creditSpecification", "cpuCredits");
  const isBurstable = type.matches((name) => /^t\d/.test(String(name)));
  const isOn = type.matches((name) => /^t[3-9]/.test(String(name)));
  const onByDefault = credits.isSet().not().and(props.at("launchTemplate").isSet().not()).and(isOn);
  const chosen = credits.matches((mode) => mode !== undefined && mode !== "standard");
  return isBurstable.and(chosen.or(onByDefault));
}
