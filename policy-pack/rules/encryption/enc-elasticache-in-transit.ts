import { defineRule } from "../../lib/rule";

/** What names the larger thing that one belongs to, by type. A replication group's own `replicationGroupId` is its name. */
const joins: Readonly<Record<string, string>> = {
  "aws:elasticache/replicationGroup:ReplicationGroup": "globalReplicationGroupId",
  "aws:elasticache/cluster:Cluster": "replicationGroupId",
};

/**
 * enc-elasticache-in-transit: ElastiCache takes connections over TLS only
 *
 * Replication groups and clusters; mode `preferred`, which is for the way to TLS, lets clients in without it. Members
 * of a global datastore or of a replication group take over its setting. Undefined: violation.
 *
 * @severity high
 * @checkov CKV_AWS_30
 * @securityHub ElastiCache.5
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html
 */
export const rule = defineRule({
  id: "enc-elasticache-in-transit",
  family: "encryption",
  title: "ElastiCache takes connections over TLS only",
  severity: "high",
  why: "Without TLS passwords and cached data, such as sessions, go over the network in the clear.",
  fix: 'set `transitEncryptionEnabled: true`, and once all clients use TLS `transitEncryptionMode: "required"`.',
  checkov: ["CKV_AWS_30"],
  securityHub: ["ElastiCache.5"],
  page: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html",
  types: Object.keys(joins),
  check({ type, props }, report) {
    const encrypted = props.at("transitEncryptionEnabled");
    const mode = props.at("transitEncryptionMode");
    const inherits = props.at(joins[type] ?? type).hasContent();
    report.when(inherits.or(encrypted.isTrue()).not(), encrypted, "clients connect without TLS");
    report.when(encrypted.isTrue().and(mode.equals("preferred")), mode, "clients may still connect without TLS");
  },
});
