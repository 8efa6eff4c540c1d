import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";

/**
 * lp-rds-public: Databases have no public address
 *
 * Undefined: passes, as the default is off.
 *
 * @severity critical
 * @checkov CKV_AWS_17
 * @securityHub RDS.2
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
 */
export const rule = defineRule({
  id: "lp-rds-public",
  family: "exposure",
  title: "Databases have no public address",
  severity: "critical",
  why: "A database that the internet can reach is one leaked password or one unpatched fault away from being read; the address costs money too.",
  fix: "set `publiclyAccessible: false`, and reach the database from within the VPC or through SSM port forwarding.",
  checkov: ["CKV_AWS_17"],
  securityHub: ["RDS.2"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
  types: ["aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance"],
  check({ props }, report) {
    const reachable = props.at("publiclyAccessible");
    report.when(reachable.isTrue(), reachable, "the database has a public address");
  },
  remedy({ props }) {
    return setIf(props.at("publiclyAccessible").isTrue(), ["publiclyAccessible"], false);
  },
});
