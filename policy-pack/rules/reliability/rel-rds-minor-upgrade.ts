import { setIf } from "../../lib/cure";
import { clusterInstanceType, instanceType } from "../../lib/databases";
import { defineRule } from "../../lib/rule";

/**
 * rel-rds-minor-upgrade: Databases take minor upgrades on their own
 *
 * Undefined: passes, as the default is on.
 *
 * @severity medium
 * @checkov CKV_AWS_226
 * @securityHub RDS.13
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html
 */
export const rule = defineRule({
  id: "rel-rds-minor-upgrade",
  family: "reliability",
  title: "Databases take minor upgrades on their own",
  severity: "medium",
  why: "Minor versions bring fixes of faults and of security holes, and nobody remembers to install them.",
  fix: "leave `autoMinorVersionUpgrade` out or set it to true; upgrades come in the maintenance window.",
  checkov: ["CKV_AWS_226"],
  securityHub: ["RDS.13"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html",
  types: [instanceType, clusterInstanceType],
  check({ props }, report) {
    const upgrades = props.at("autoMinorVersionUpgrade");
    report.when(upgrades.equals(false), upgrades, "minor upgrades are off");
  },
  remedy({ props }) {
    return setIf(props.at("autoMinorVersionUpgrade").equals(false), ["autoMinorVersionUpgrade"], true);
  },
});
