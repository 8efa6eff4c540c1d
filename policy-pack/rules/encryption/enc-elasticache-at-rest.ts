import { defineRule } from "../../lib/rule";

/**
 * enc-elasticache-at-rest: ElastiCache is encrypted at rest
 *
 * A member of a global datastore takes over its encryption. Undefined: violation; passes for engine valkey, where it is
 * on.
 *
 * @severity high
 * @checkov CKV_AWS_29
 * @securityHub ElastiCache.4
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/at-rest-encryption.html
 */
export const rule = defineRule({
  id: "enc-elasticache-at-rest",
  family: "encryption",
  title: "ElastiCache is encrypted at rest",
  severity: "high",
  why: "Snapshots and what nodes write to disk hold the cached data in the clear, and encryption can only be chosen when the group is made.",
  fix: "set `atRestEncryptionEnabled: true`. On an existing group this makes a new one.",
  checkov: ["CKV_AWS_29"],
  securityHub: ["ElastiCache.4"],
  page: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/at-rest-encryption.html",
  types: ["aws:elasticache/replicationGroup:ReplicationGroup"],
  check({ props }, report) {
    const encrypted = props.at("atRestEncryptionEnabled");
    const onByDefault = props.at("engine").matches((name) => String(name).toLowerCase() === "valkey");
    const inherits = props.at("globalReplicationGroupId").hasContent();
    const fine = encrypted.isTrue().or(encrypted.isSet().not().and(onByDefault)).or(inherits);
    report.when(fine.not(), encrypted, "data is not encrypted at rest");
  },
});
