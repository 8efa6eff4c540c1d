import { defineRule } from "../../lib/rule";

/**
 * tag-rds-copy-to-snapshot: RDS snapshots take the tags of their database
 *
 * `copyTagsToSnapshot` of instances and of clusters, which decide for their Aurora instances. Undefined: violation, as
 * the default is off.
 *
 * @severity low
 * @checkov CKV2_AWS_60 CKV_AWS_313
 * @securityHub RDS.17 RDS.16
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html
 */
export const rule = defineRule({
  id: "tag-rds-copy-to-snapshot",
  family: "tagging",
  title: "RDS snapshots take the tags of their database",
  severity: "low",
  why: "Snapshots outlive their database; without tags nobody can tell whose they are, and access by tag does not hold for them.",
  fix: "set `copyTagsToSnapshot: true`.",
  checkov: ["CKV2_AWS_60", "CKV_AWS_313"],
  securityHub: ["RDS.17", "RDS.16"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html",
  types: ["aws:rds/instance:Instance", "aws:rds/cluster:Cluster"],
  check({ props }, report) {
    const copies = props.at("copyTagsToSnapshot");
    report.when(copies.isTrue().not(), copies, "snapshots are made without tags");
  },
  remedy({ props }) {
    const copies = props.at("copyTagsToSnapshot").isTrue();
    return copies.answer === "no" ? [{ path: ["copyTagsToSnapshot"], value: true }] : [];
  },
});
