import { changesInPlace, launchTypes } from "../../lib/launches";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/** The switch of each type. */
const switches: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "aws:ec2/instance:Instance": ["monitoring"],
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest": ["monitoring"],
  "aws:ec2/launchTemplate:LaunchTemplate": ["monitoring", "enabled"],
  "aws:ec2/launchConfiguration:LaunchConfiguration": ["enableMonitoring"],
};
const configurationType = "aws:ec2/launchConfiguration:LaunchConfiguration";

/**
 * ft-ec2-monitoring: Instances have basic monitoring only
 *
 * Detailed monitoring sends seven metrics a minute, billed as custom metrics. Undefined: passes, but for launch
 * configurations, which turn it on.
 *
 * @severity low
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html
 */
export const rule = defineRule({
  id: "ft-ec2-monitoring",
  family: "free-tier",
  title: "Instances have basic monitoring only",
  severity: "low",
  why: "Detailed monitoring is seven custom metrics for each instance, $2.10 a month, and the ten free ones are used up by one and a half instances.",
  fix: "leave out `monitoring`, or set it to false; on a launch configuration set `enableMonitoring: false`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html",
  types: launchTypes,
  check(resource, report) {
    report.when(isDetailed(resource), switchOf(resource), "detailed monitoring is billed as seven custom metrics");
  },
  remedy(resource) {
    const path = switches[resource.type];
    if (!path || !changesInPlace(resource.type) || isDetailed(resource).answer !== "yes") return [];
    return [{ path, value: false }];
  },
});

function switchOf({ type, props }: ResourceView): Value {
  return props.at(...(switches[type] ?? []));
}

function isDetailed(resource: ResourceView): Truth {
  const value = switchOf(resource);
  const byDefault = resource.type === configurationType;
  return byDefault ? value.isSet().not().or(value.isTrue()) : value.isTrue();
}
