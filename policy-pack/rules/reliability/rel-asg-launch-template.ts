import { defineRule } from "../../lib/rule";

/**
 * rel-asg-launch-template: Auto Scaling groups use launch templates
 *
 * Undefined: passes, a group without a launch configuration has a template.
 *
 * @severity medium
 * @checkov CKV_AWS_315
 * @securityHub AutoScaling.9
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-configurations.html
 */
export const rule = defineRule({
  id: "rel-asg-launch-template",
  family: "reliability",
  title: "Auto Scaling groups use launch templates",
  severity: "medium",
  why: "Launch configurations know no newer instance types, no versions and no mixed fleets, and new accounts cannot make any.",
  fix: "make an aws.ec2.LaunchTemplate and name it in `launchTemplate` in place of `launchConfiguration`.",
  checkov: ["CKV_AWS_315"],
  securityHub: ["AutoScaling.9"],
  page: "https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-configurations.html",
  types: ["aws:autoscaling/group:Group"],
  check({ props }, report) {
    const configuration = props.at("launchConfiguration");
    report.when(configuration.hasContent(), configuration, "the group uses a launch configuration");
  },
});
