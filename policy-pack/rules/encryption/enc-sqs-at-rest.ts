import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";
import type { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * enc-sqs-at-rest: SQS queues are encrypted
 *
 * A violation only where SQS's own encryption is turned off and no KMS key takes its place. Undefined: passes, as the
 * default is on.
 *
 * @severity high
 * @checkov CKV_AWS_27
 * @securityHub SQS.1
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
 */
export const rule = defineRule({
  id: "enc-sqs-at-rest",
  family: "encryption",
  title: "SQS queues are encrypted",
  severity: "high",
  why: "Messages of such a queue lie on disk in the clear, although encryption costs nothing and is on unless turned off.",
  fix: "remove `sqsManagedSseEnabled: false`, or set `kmsMasterKeyId`.",
  checkov: ["CKV_AWS_27"],
  securityHub: ["SQS.1"],
  page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html",
  types: ["aws:sqs/queue:Queue"],
  check({ props }, report) {
    const enabled = props.at("sqsManagedSseEnabled");
    report.when(isPlain(props), enabled, "encryption is turned off and there is no KMS key");
  },
  remedy: ({ props }) => setIf(isPlain(props), ["sqsManagedSseEnabled"], true),
});

function isPlain(props: Value): Truth {
  return props.at("sqsManagedSseEnabled").equals(false).and(props.at("kmsMasterKeyId").hasContent().not());
}
