import { z } from "zod";
import { setIf } from "../../lib/cure";
import { clusterType, instanceType, isReplica } from "../../lib/databases";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Truth } from "../../lib/truth";

/**
 * rel-rds-backup: Databases are backed up every day
 *
 * Automated backups are kept for the configured days at least. Read replicas have their source's. Undefined: violation,
 * as an instance then has no backups at all and a cluster has them for one day.
 *
 * @severity high
 * @checkov CKV_AWS_133
 * @securityHub RDS.11
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
 */
export const rule = defineRule({
  id: "rel-rds-backup",
  family: "reliability",
  title: "Databases are backed up every day",
  severity: "high",
  why: "Without automated backups a dropped table is gone, and a mistake that is found after days cannot be undone.",
  fix: "set `backupRetentionPeriod: 7` or more, up to 35 days.",
  checkov: ["CKV_AWS_133"],
  securityHub: ["RDS.11"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html",
  types: [instanceType, clusterType],
  settings: z.strictObject({
    minDays: z.int().min(1).max(35).default(7).describe("Days that backups are kept at least"),
  }),
  check(resource, report, { minDays }) {
    const days = resource.props.at("backupRetentionPeriod");
    const kept = keptDays(resource.type, days.scalar());
    report.when(
      isTooShort(resource, minDays),
      days,
      `backups are kept for ${kept} days, at least ${minDays} are asked for`,
    );
  },
  remedy(resource, { minDays }) {
    return setIf(isTooShort(resource, minDays), ["backupRetentionPeriod"], minDays);
  },
});

function isTooShort({ type, props }: ResourceView, minDays: number): Truth {
  const short = props.at("backupRetentionPeriod").matches((days) => keptDays(type, days) < minDays);
  return short.and(isReplica(props).not());
}

function keptDays(type: string, days: unknown): number {
  const byDefault = type === clusterType ? 1 : 0;
  return Number(days ?? byDefault);
}
