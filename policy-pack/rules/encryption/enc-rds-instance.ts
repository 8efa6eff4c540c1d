import { defineRule } from "../../lib/rule";

/**
 * enc-rds-instance: RDS instances are encrypted
 *
 * A replica of an instance in the same region is encrypted as that is, so it passes; one from another region needs a
 * key of its own. Undefined: violation, as the default is off.
 *
 * @severity high
 * @checkov CKV_AWS_16
 * @securityHub RDS.3
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html
 */
export const rule = defineRule({
  id: "enc-rds-instance",
  family: "encryption",
  title: "RDS instances are encrypted",
  severity: "high",
  why: "Storage, snapshots, backups and replicas of an unencrypted database are all readable to whoever gets a copy, and encryption can only be chosen when it is made.",
  fix: "set `storageEncrypted: true`, for a replica from another region `kmsKeyId`. On an existing instance this makes a new one: restore it from an encrypted copy of a snapshot.",
  checkov: ["CKV_AWS_16"],
  securityHub: ["RDS.3"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html",
  types: ["aws:rds/instance:Instance"],
  check({ props, provider }, report) {
    const source = props.at("replicateSourceDb");
    const region = props.at("region").scalar() ?? provider.at("region").scalar();
    const isReplica = source.hasContent();
    const inherits = source.matches((name) => sourceRegion(String(name), region) === region);
    const encrypted = props.at("storageEncrypted");
    const key = props.at("kmsKeyId");
    report.when(isReplica.or(encrypted.isTrue()).not(), encrypted, "the database is not encrypted");
    report.when(
      isReplica.and(inherits.or(key.hasContent()).not()),
      key,
      "a replica from another region is not encrypted without a key of its own",
    );
  },
});

/** The region in the ARN of a replica's source. Without ARN the source is in the replica's own region. */
function sourceRegion(source: string, own: unknown): unknown {
  return source.startsWith("arn:") ? source.split(":")[3] : own;
}
