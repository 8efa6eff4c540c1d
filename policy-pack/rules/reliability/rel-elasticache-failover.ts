import { replicationGroupType } from "../../lib/caches";
import { defineRule } from "../../lib/rule";

/**
 * rel-elasticache-failover: Replication groups survive the loss of a zone
 *
 * Automatic failover is on, and the nodes stand in more than one zone. Both need two nodes at least. Undefined:
 * violation, as both are off by default.
 *
 * @severity low
 * @checkov CKV2_AWS_50
 * @securityHub ElastiCache.3
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html
 */
export const rule = defineRule({
  id: "rel-elasticache-failover",
  family: "reliability",
  title: "Replication groups survive the loss of a zone",
  severity: "low",
  why: "When the only primary fails, writes fail until somebody promotes a replica or AWS has replaced the node.",
  fix: "set `automaticFailoverEnabled: true`, `multiAzEnabled: true` and `numCacheClusters: 2` or more.",
  checkov: ["CKV2_AWS_50"],
  securityHub: ["ElastiCache.3"],
  page: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html",
  unlessFree: "ft-elasticache-node",
  types: [replicationGroupType],
  check({ props }, report) {
    const failover = props.at("automaticFailoverEnabled");
    report.when(failover.isTrue().not(), failover, "no replica takes over when the primary fails");
    const multiAz = props.at("multiAzEnabled");
    report.when(multiAz.isTrue().not(), multiAz, "all nodes may stand in one zone");
  },
});
