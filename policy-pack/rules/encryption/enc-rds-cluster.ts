import { defineRule } from "../../lib/rule";

/**
 * enc-rds-cluster: RDS clusters are encrypted
 *
 * Aurora, Multi-AZ and global clusters. A global cluster made of an existing one is encrypted as that is. Undefined:
 * violation, as the default is off; passes for `engineMode: "serverless"`, where it is on.
 *
 * @severity high
 * @checkov CKV_AWS_96
 * @securityHub RDS.27
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Overview.Encryption.html
 */
export const rule = defineRule({
  id: "enc-rds-cluster",
  family: "encryption",
  title: "RDS clusters are encrypted",
  severity: "high",
  why: "Storage, snapshots, backups and replicas of an unencrypted cluster are all readable to whoever gets a copy, and encryption can only be chosen when it is made.",
  fix: "set `storageEncrypted: true`. On an existing cluster this makes a new one: restore it from a snapshot with `kmsKeyId`.",
  checkov: ["CKV_AWS_96"],
  securityHub: ["RDS.27"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Overview.Encryption.html",
  types: ["aws:rds/cluster:Cluster", "aws:rds/globalCluster:GlobalCluster"],
  check({ props }, report) {
    const encrypted = props.at("storageEncrypted");
    const onByDefault = props
      .at("engineMode")
      .equals("serverless")
      .or(props.at("sourceDbClusterIdentifier").hasContent());
    const inherits = encrypted.isSet().not().and(onByDefault);
    report.when(encrypted.isTrue().or(inherits).not(), encrypted, "the cluster is not encrypted");
  },
});
