import { reportEveryone } from "../../lib/iam/resource-policies";
import { defineRule } from "../../lib/rule";

/**
 * lp-queue-topic-public: Queue and topic policies let in named principals only
 *
 * Allow with Principal "*", or for an account that is a pattern, in the policy of an SQS queue or an SNS topic. A
 * Condition excuses it if it names accounts, organisations, networks, or resources of an account, with an operator that
 * fails when the key is absent; one that only seems to (IfExists, ForAllValues, negated, a wildcard for the account,
 * 0.0.0.0/0) does not. Undefined: passes, as the default lets in the own account.
 *
 * @severity critical
 * @checkov CKV_AWS_168 CKV_AWS_387 CKV_AWS_169
 * @securityHub SQS.3 SNS.4
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
 */
export const rule = defineRule({
  id: "lp-queue-topic-public",
  family: "exposure",
  title: "Queue and topic policies let in named principals only",
  severity: "critical",
  why: "Anyone can then read or fill the queue, or send messages to all subscribers of the topic.",
  fix: 'name the service or role in Principal, and its source in a Condition such as { ArnEquals: { "aws:SourceArn": topicArn } }.',
  checkov: ["CKV_AWS_168", "CKV_AWS_387", "CKV_AWS_169"],
  securityHub: ["SQS.3", "SNS.4"],
  page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
  types: [
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:sqs/queue:Queue",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topic:Topic",
  ],
  check({ type, props }, report) {
    reportEveryone(props.at("policy"), report, type.startsWith("aws:sqs/") ? "use the queue" : "use the topic");
  },
});
