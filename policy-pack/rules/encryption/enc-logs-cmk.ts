import { z } from "zod";
import { isCustomerKey, requireCmkSettings } from "../../lib/encryption/customer-key";
import { defineRule } from "../../lib/rule";

/**
 * enc-logs-cmk: Log groups are encrypted as configured
 *
 * CloudWatch encrypts every log, so without settings nothing can be wrong. With `requireCmk` each group names a key of
 * the customer's. Undefined: passes.
 *
 * @severity low
 * @checkov CKV_AWS_158
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export const rule = defineRule({
  id: "enc-logs-cmk",
  family: "encryption",
  title: "Log groups are encrypted as configured",
  severity: "low",
  why: "With AWS's keys whoever may read a log may decrypt it; a key of your own adds a permission, a record of each use, and a way to withdraw it.",
  fix: "set `kmsKeyId` to a key whose policy admits logs.<region>.amazonaws.com.",
  checkov: ["CKV_AWS_158"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
  unlessFree: "ft-kms-cmk",
  types: ["aws:cloudwatch/logGroup:LogGroup"],
  settings: z.strictObject(requireCmkSettings),
  check({ props }, report, { requireCmk }) {
    if (!requireCmk) return;
    const key = props.at("kmsKeyId");
    report.when(isCustomerKey(key).not(), key, "the log is encrypted with a key of AWS's");
  },
});
