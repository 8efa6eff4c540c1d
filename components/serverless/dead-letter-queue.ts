import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import { denyWithoutTls, type Grantee, policyDocumentOf } from "../lib/iam";
import type { Metric } from "../observability/metric";

/** The longest that SQS keeps a message: 14 days. Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const longestRetentionSeconds = 1_209_600;

export interface DeadLetterQueueArgs extends ComponentArgs {
  /** ARN of the queue whose messages are put here, and of no other. Default: AWS services put events here by their role. */
  readonly source?: string;
}

/**
 * An SQS queue for events that could not be handled: encrypted (SSE-SQS), TLS only, kept for 14 days.
 *
 * Cost: $0.40 per million requests after the first million of each month.
 */
export class DeadLetterQueue extends Component {
  readonly name: string;
  /** Built from the name, so that policies on it can be read at preview. */
  readonly arn: string;
  readonly url: pulumi.Output<string>;
  readonly nodes: { readonly queue: aws.sqs.Queue };

  constructor(name: string, args: DeadLetterQueueArgs, opts?: pulumi.ComponentResourceOptions) {
    super("serverless", "DeadLetterQueue", name, args, opts);
    this.name = this.physicalName("queue");
    this.arn = arnOf(this.context, "sqs", this.name);
    const queue = new aws.sqs.Queue(
      this.childName("queue"),
      {
        name: this.name,
        messageRetentionSeconds: longestRetentionSeconds,
        sqsManagedSseEnabled: true,
        // In the queue's own arguments: as a resource of its own the policy would wait 25 s more after the queue.
        policy: policyDocumentOf([denyWithoutTls(["sqs:*"], [this.arn])]),
        redriveAllowPolicy:
          args.source && JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [args.source] }),
        tags: this.tags(),
      },
      { parent: this },
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

  /** The number of messages waiting: the greatest in each five minutes. */
  metricDepth(): Metric {
    return {
      namespace: "AWS/SQS",
      name: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: this.name },
      statistic: "Maximum",
      periodSeconds: 300,
    };
  }
}
