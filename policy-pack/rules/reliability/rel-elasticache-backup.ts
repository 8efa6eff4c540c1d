import { z } from "zod";
import { cacheClusterType, keepsData, replicationGroupType, serverlessCacheType } from "../../lib/caches";
import { setIf } from "../../lib/cure";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Truth } from "../../lib/truth";

/**
 * rel-elasticache-backup: Caches with data are backed up every day
 *
 * Snapshots of Redis and Valkey are kept for the configured days at least. Memcached has none, and the nodes of a
 * replication group have the group's. Undefined: violation, as the default is none.
 *
 * @severity medium
 * @checkov CKV_AWS_134
 * @securityHub ElastiCache.1
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-automatic.html
 */
export const rule = defineRule({
  id: "rel-elasticache-backup",
  family: "reliability",
  title: "Caches with data are backed up every day",
  severity: "medium",
  why: "Sessions, queues and conversations that live in the cache only are lost with a node that fails.",
  fix: "set `snapshotRetentionLimit: 1` or more days.",
  checkov: ["CKV_AWS_134"],
  securityHub: ["ElastiCache.1"],
  page: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-automatic.html",
  types: [replicationGroupType, cacheClusterType, serverlessCacheType],
  settings: z.strictObject({
    minDays: z.int().min(1).max(35).default(1).describe("Days that snapshots are kept at least"),
  }),
  check(resource, report, { minDays }) {
    const days = resource.props.at("snapshotRetentionLimit");
    report.when(
      isTooShort(resource, minDays),
      days,
      `snapshots are kept for ${days.scalar() ?? 0} days, at least ${minDays} are asked for`,
    );
  },
  remedy(resource, { minDays }) {
    return setIf(isTooShort(resource, minDays), ["snapshotRetentionLimit"], minDays);
  },
});

function isTooShort(resource: ResourceView, minDays: number): Truth {
  const short = resource.props.at("snapshotRetentionLimit").matches((days) => Number(days ?? 0) < minDays);
  return short.and(keepsData(resource));
}
