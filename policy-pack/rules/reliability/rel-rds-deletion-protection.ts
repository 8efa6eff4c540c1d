import { setIf } from "../../lib/cure";
import { clusterType, instanceType } from "../../lib/databases";
import { defineRule } from "../../lib/rule";

/**
 * rel-rds-deletion-protection: Databases cannot be deleted by mistake
 *
 * Undefined: violation, as the default is off.
 *
 * @severity medium
 * @checkov CKV_AWS_293 CKV_AWS_139
 * @securityHub RDS.8 RDS.7
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
 */
export const rule = defineRule({
  id: "rel-rds-deletion-protection",
  family: "reliability",
  title: "Databases cannot be deleted by mistake",
  severity: "medium",
  why: "One wrong update that replaces the database, or one call too many, takes the data with it.",
  fix: "set `deletionProtection: true`; to delete the database, first set it to false and update.",
  checkov: ["CKV_AWS_293", "CKV_AWS_139"],
  securityHub: ["RDS.8", "RDS.7"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
  types: [instanceType, clusterType],
  check({ props }, report) {
    const isProtected = props.at("deletionProtection");
    report.when(isProtected.isTrue().not(), isProtected, "the database can be deleted at once");
  },
  remedy({ props }) {
    return setIf(props.at("deletionProtection").isTrue().not(), ["deletionProtection"], true);
  },
});
