import { z } from "zod";
import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * enc-sns-at-rest: SNS topics are encrypted
 *
 * Any KMS key will do, AWS's own as well; but AWS services can publish with a key of the customer's alone, so nothing is
 * asked of what should cost nothing. Remediation needs `remedyKey`, as a wrong key loses what AWS services publish
 * without an error. Undefined: violation.
 *
 * @severity medium
 * @checkov CKV_AWS_26
 * @securityHub SNS.1
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
 */
export const rule = defineRule({
  id: "enc-sns-at-rest",
  family: "encryption",
  title: "SNS topics are encrypted",
  severity: "medium",
  why: "SNS encrypts no message unless it has a key to do it with.",
  fix: "set `kmsMasterKeyId`: `alias/aws/sns` is free, but where an AWS service publishes (alarms, S3, EventBridge) use a key whose policy lets it.",
  checkov: ["CKV_AWS_26"],
  securityHub: ["SNS.1"],
  page: "https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html",
  unlessFree: "ft-kms-cmk",
  types: ["aws:sns/topic:Topic"],
  settings: z.strictObject({
    remedyKey: z
      .string()
      .default("")
      .describe("Key that remediation sets, such as alias/aws/sns, to which no AWS service can publish; empty: none"),
  }),
  check({ props }, report) {
    const key = props.at("kmsMasterKeyId");
    report.when(key.hasContent().not(), key, "messages are not encrypted");
  },
  remedy({ props }, { remedyKey }) {
    const plain = props.at("kmsMasterKeyId").hasContent().not();
    return setIf(plain.and(Truth.of(remedyKey !== "")), ["kmsMasterKeyId"], remedyKey);
  },
});
