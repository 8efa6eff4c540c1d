import { z } from "zod";
import { defineRule } from "../../lib/rule";

/**
 * log-loggroup-retention: Log groups expire their events
 *
 * `retentionInDays` is given and not 0, which means for ever. Groups of class DELIVERY keep events for two days whatever
 * is set. Undefined: violation.
 *
 * @severity medium
 * @checkov CKV_AWS_66
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
 */
export const rule = defineRule({
  id: "log-loggroup-retention",
  family: "logging",
  title: "Log groups expire their events",
  severity: "medium",
  why: "Events are kept for ever by default: the bill grows every month, and personal data outlives its purpose.",
  fix: "set `retentionInDays`, for example to 14 in development and 90 in production.",
  checkov: ["CKV_AWS_66"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
  types: ["aws:cloudwatch/logGroup:LogGroup"],
  settings: z.strictObject({
    // The values that AWS accepts up to a year:
    // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    remedyDays: z
      .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365])
      .default(30)
      .describe("Days that remediation sets"),
  }),
  check({ props }, report) {
    const retention = props.at("retentionInDays");
    const keepsForEver = retention.matches((days) => days === undefined || Number(days) === 0);
    const isDelivery = props.at("logGroupClass").equals("DELIVERY");
    report.when(keepsForEver.and(isDelivery.not()), retention, "events never expire");
  },
  remedy({ props }, { remedyDays }) {
    const forEver = props.at("retentionInDays").matches((days) => days === undefined || Number(days) === 0);
    const cures = forEver.and(props.at("logGroupClass").equals("DELIVERY").not());
    return cures.answer === "yes" ? [{ path: ["retentionInDays"], value: remedyDays }] : [];
  },
});
