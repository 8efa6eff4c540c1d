import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import { denyWithoutTls, type Grantee, policyDocumentOf } from "../lib/iam";
import { wholeNumber } from "../lib/validation";
import type { Metric } from "../observability/metric";
import { DeadLetterQueue } from "../serverless/dead-letter-queue";

export interface QueueArgs extends ComponentArgs {
  /**
   * Seconds in which whoever receives a message has it alone, 0 to 43,200. A message that is neither deleted nor extended by then is given out again: work that takes
   * longer extends it while it goes on.
   */
  readonly visibilityTimeoutSeconds: number;
  /** Times that a message is given out before it is put aside, 1 to 1,000. Default 5. */
  readonly maxReceives?: number;
  /** Days that a message waits for someone to receive it, 1 to 14. Default 4. */
  readonly retentionDays?: number;
}

/** A consumer that finds nothing waits so long for a message: fewer empty, billed answers. It is the longest that SQS takes. */
const longPollSeconds = 20;
const daySeconds = 86_400;

/**
 * An SQS queue with a dead-letter queue: encrypted (SSE-SQS), TLS only. Messages come at least once and in no order, so consumers must know a message again.
 *
 * Cost: $0.40 per million requests after the first million of each month (us-east-1).
 */
export class Queue extends Component {
  readonly name: string;
  /** Built from the name, so that policies on it can be read at preview. */
  readonly arn: string;
  readonly url: pulumi.Output<string>;
  /** Where messages go that nobody could handle. */
  readonly deadLetters: DeadLetterQueue;
  readonly nodes: { readonly queue: aws.sqs.Queue };

  constructor(name: string, args: QueueArgs, opts?: pulumi.ComponentResourceOptions) {
    super("messaging", "Queue", name, args, opts);
    const { visibilityTimeoutSeconds, maxReceives = 5, retentionDays = 4 } = args;
    this.check([
      wholeNumber("visibilityTimeoutSeconds", visibilityTimeoutSeconds, 0, 43_200, "seconds"),
      wholeNumber("maxReceives", maxReceives, 1, 1000, "times"),
      wholeNumber("retentionDays", retentionDays, 1, 14, "days"),
    ]);
    this.name = this.physicalName("queue");
    this.arn = arnOf(this.context, "sqs", this.name);
    this.deadLetters = new DeadLetterQueue(
      this.childName("failed"),
      { ...this.inherited(), source: this.arn },
      { parent: this },
    );
    const queue = new aws.sqs.Queue(
      this.childName("queue"),
      {
        name: this.name,
        visibilityTimeoutSeconds,
        messageRetentionSeconds: retentionDays * daySeconds,
        receiveWaitTimeSeconds: longPollSeconds,
        sqsManagedSseEnabled: true,
        redrivePolicy: JSON.stringify({ deadLetterTargetArn: this.deadLetters.arn, maxReceiveCount: maxReceives }),
        // In the queue's own arguments: as a resource of its own the policy would wait 25 s more after the queue.
        policy: policyDocumentOf([denyWithoutTls(["sqs:*"], [this.arn])]),
        tags: this.tags(),
      },
      // The redrive policy names the other queue by a plain text, which makes no dependency.
      { parent: this, dependsOn: [this.deadLetters.nodes.queue] },
    );
    this.nodes = { queue };
    this.url = queue.url;
    this.registerOutputs({ url: this.url });
  }

  /** Lets the grantee send messages. Action: `sqs:SendMessage`. */
  grantSend(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-send`, [
      { sid: "SendMessages", actions: ["sqs:SendMessage"], resources: [this.arn] },
    ]);
  }

  /**
   * Lets the grantee receive messages, keep them while it works, delete them, and see how many wait. Actions: `sqs:ReceiveMessage`, `sqs:DeleteMessage`,
   * `sqs:ChangeMessageVisibility`, `sqs:GetQueueAttributes`.
   */
  grantConsume(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-consume`, [
      {
        sid: "ConsumeMessages",
        actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
        resources: [this.arn],
      },
    ]);
  }

  /** Messages that wait: the most in each minute. SQS sends nothing while a queue is unused for six hours. */
  metricVisible(): Metric {
    return this.metric("ApproximateNumberOfMessagesVisible", "Maximum", "waiting");
  }

  /** Messages that consumers work on: the most in each minute. */
  metricInFlight(): Metric {
    return this.metric("ApproximateNumberOfMessagesNotVisible", "Maximum", "being worked on");
  }

  /** Seconds that the oldest message has waited: the most in each minute. */
  metricAgeOfOldest(): Metric {
    return this.metric("ApproximateAgeOfOldestMessage", "Maximum", "age of the oldest (s)");
  }

  /** Messages that came in, in each minute. */
  metricSent(): Metric {
    return this.metric("NumberOfMessagesSent", "Sum", "sent");
  }

  /** Messages that were done, in each minute. */
  metricDeleted(): Metric {
    return this.metric("NumberOfMessagesDeleted", "Sum", "done");
  }

  private metric(name: string, statistic: Metric["statistic"], label: string): Metric {
    return {
      namespace: "AWS/SQS",
      name,
      dimensions: { QueueName: this.name },
      statistic,
      periodSeconds: 60,
      label,
    };
  }
}
