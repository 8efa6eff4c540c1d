import { instanceType, isReplica } from "../../lib/databases";
import { defineRule } from "../../lib/rule";

/**
 * rel-rds-multi-az: Databases have a standby in a second zone
 *
 * Read replicas may do without. Clusters have their copies by their instances and are not judged. Undefined: violation,
 * as the default is one zone.
 *
 * @severity low
 * @checkov CKV_AWS_157
 * @securityHub RDS.5
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html
 */
export const rule = defineRule({
  id: "rel-rds-multi-az",
  family: "reliability",
  title: "Databases have a standby in a second zone",
  severity: "low",
  why: "With one zone the database is away as long as that zone, a failed host or a maintenance window lasts.",
  fix: "set `multiAz: true`. It doubles what instance and storage cost.",
  checkov: ["CKV_AWS_157"],
  securityHub: ["RDS.5"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html",
  unlessFree: "ft-rds-shape",
  types: [instanceType],
  check({ props }, report) {
    const multiAz = props.at("multiAz");
    report.when(multiAz.isTrue().or(isReplica(props)).not(), multiAz, "the database runs in one zone");
  },
});
