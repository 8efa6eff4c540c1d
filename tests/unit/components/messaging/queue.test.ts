import { describe, expect, test } from "vitest";
import { ServiceRole } from "../../../../components/lib/service-role";
import { Queue, type QueueArgs } from "../../../../components/messaging/queue";
import { devContext, devTags, record } from "../../../support/mocks";

const arn = "arn:aws:sqs:us-east-1:123456789012:lambda-efs-jobs-dev";
const make = (args: Partial<QueueArgs> = {}) =>
  new Queue("lambda-efs-jobs", { context: devContext, visibilityTimeoutSeconds: 120, ...args });
const withRole = (grant: (queue: Queue, role: ServiceRole) => void) =>
  record(() => {
    const role = new ServiceRole("lambda-efs-worker", {
      context: devContext,
      trusts: "ec2.amazonaws.com",
      description: "Works",
    });
    grant(make(), role);
  });

describe("a queue", () => {
  test("is encrypted, takes messages over TLS only, and puts aside what fails five times", async () => {
    const { recording } = await record(make);
    const { policy: _policy, redrivePolicy, ...inputs } = recording.named("lambda-efs-jobs-queue").inputs;
    expect(inputs).toEqual({
      name: "lambda-efs-jobs-dev",
      visibilityTimeoutSeconds: 120,
      messageRetentionSeconds: 4 * 24 * 3600,
      receiveWaitTimeSeconds: 20,
      sqsManagedSseEnabled: true,
      tags: devTags("messaging"),
    });
    expect(JSON.parse(redrivePolicy)).toEqual({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:123456789012:lambda-efs-jobs-failed-dev",
      maxReceiveCount: 5,
    });
    expect(recording.document("lambda-efs-jobs-queue").Statement).toEqual([
      {
        Sid: "DenyWithoutTls",
        Effect: "Deny",
        Principal: "*",
        Action: ["sqs:*"],
        Resource: [arn],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
    expect(recording.named("lambda-efs-jobs-queue").dependencies).toEqual(["lambda-efs-jobs-failed-queue"]);
  });

  test("has a dead-letter queue that takes its messages and no other queue's", async () => {
    const { recording } = await record(make);
    const { redriveAllowPolicy, tags } = recording.named("lambda-efs-jobs-failed-queue").inputs;
    expect(JSON.parse(redriveAllowPolicy)).toEqual({ redrivePermission: "byQueue", sourceQueueArns: [arn] });
    expect(tags).toEqual(devTags("messaging"));
  });

  test("lets a grantee send, and nothing else", async () => {
    const { recording } = await withRole((queue, role) => queue.grantSend(role));
    expect(recording.document("lambda-efs-worker-jobs-send").Statement).toEqual([
      { Sid: "SendMessages", Effect: "Allow", Action: ["sqs:SendMessage"], Resource: [arn] },
    ]);
  });

  test("lets a grantee receive, keep and delete", async () => {
    const { recording } = await withRole((queue, role) => queue.grantConsume(role));
    expect(recording.document("lambda-efs-worker-jobs-consume").Statement).toEqual([
      {
        Sid: "ConsumeMessages",
        Effect: "Allow",
        Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
        Resource: [arn],
      },
    ]);
  });

  test("is measured by the minute", async () => {
    const { result } = await record(make);
    const metrics = [
      result.metricVisible(),
      result.metricInFlight(),
      result.metricAgeOfOldest(),
      result.metricSent(),
      result.metricDeleted(),
    ];
    expect(metrics.map(({ name, statistic }) => [name, statistic])).toEqual([
      ["ApproximateNumberOfMessagesVisible", "Maximum"],
      ["ApproximateNumberOfMessagesNotVisible", "Maximum"],
      ["ApproximateAgeOfOldestMessage", "Maximum"],
      ["NumberOfMessagesSent", "Sum"],
      ["NumberOfMessagesDeleted", "Sum"],
    ]);
    for (const { namespace, dimensions, periodSeconds } of metrics)
      expect({ namespace, dimensions, periodSeconds }).toEqual({
        namespace: "AWS/SQS",
        dimensions: { QueueName: "lambda-efs-jobs-dev" },
        periodSeconds: 60,
      });
  });

  test("is refused with all that SQS would not take, told together", async () => {
    const wrong = { visibilityTimeoutSeconds: 43_201, maxReceives: 0, retentionDays: 15 };
    await expect(record(() => make(wrong))).rejects.toThrow(
      /3 mistakes[\s\S]*visibilityTimeoutSeconds: is 43201[\s\S]*maxReceives: is 0[\s\S]*retentionDays: is 15/,
    );
  });
});
