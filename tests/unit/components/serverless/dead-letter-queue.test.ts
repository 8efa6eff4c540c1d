import { expect, test } from "vitest";
import { DeadLetterQueue } from "../../../../components/serverless/dead-letter-queue";
import { devContext, devTags, record } from "../../../support/mocks";

const arn = "arn:aws:sqs:us-east-1:123456789012:lambda-efs-failed-events-dev";
const make = () => new DeadLetterQueue("lambda-efs-failed-events", { context: devContext });

test("a dead-letter queue keeps encrypted messages for 14 days and takes them over TLS only", async () => {
  const { recording } = await record(make);
  const { policy: _policy, ...inputs } = recording.named("lambda-efs-failed-events-queue").inputs;
  expect(inputs).toEqual({
    name: "lambda-efs-failed-events-dev",
    messageRetentionSeconds: 14 * 24 * 3600,
    sqsManagedSseEnabled: true,
    tags: devTags("serverless"),
  });
  expect(recording.document("lambda-efs-failed-events-queue").Statement).toEqual([
    {
      Sid: "DenyWithoutTls",
      Effect: "Deny",
      Principal: "*",
      Action: ["sqs:*"],
      Resource: [arn],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ]);
});

test("its depth is the number of messages waiting", async () => {
  const { result } = await record(make);
  expect(result.metricDepth()).toEqual({
    namespace: "AWS/SQS",
    name: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: "lambda-efs-failed-events-dev" },
    statistic: "Maximum",
    periodSeconds: 300,
  });
});
