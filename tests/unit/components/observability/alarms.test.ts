import { describe, expect, test } from "vitest";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { Alarm, type AlarmArgs } from "../../../../components/observability/alarm";
import { AlarmTopic, type AlarmTopicArgs } from "../../../../components/observability/alarm-topic";
import { percentOf } from "../../../../components/observability/metric";
import { devContext, devTags, record } from "../../../support/mocks";

const makeTopic = (change: Partial<AlarmTopicArgs> = {}) =>
  new AlarmTopic("lambda-efs-alarms", { context: devContext, encrypted: true, ...change });
const topicArn = "arn:aws:sns:us-east-1:123456789012:lambda-efs-alarms-dev";

describe("an alarm", () => {
  const build = (change: Partial<AlarmArgs> = {}) =>
    record(
      () =>
        new Alarm("lambda-efs-producer-errors", {
          context: devContext,
          topic: makeTopic({ encrypted: false }),
          metric: {
            namespace: "AWS/Lambda",
            name: "Errors",
            dimensions: { FunctionName: "f" },
            statistic: "Sum",
            periodSeconds: 300,
          },
          description: "The producer function failed.",
          runbook: "docs/runbooks/lambda-efs.md#producer-errors",
          comparison: ">",
          threshold: 0,
          periods: { evaluated: 3, breaching: 2 },
          treatMissingData: "notBreaching",
          ...change,
        }),
    );

  test("says what is wrong and what to do, and rings the topic when it starts and ends", async () => {
    const { recording } = await build();
    const arn = "arn:aws:mock:us-east-1:123456789012:lambda-efs-alarms-topic";
    expect(recording.named("lambda-efs-producer-errors-alarm").inputs).toEqual({
      name: "lambda-efs-producer-errors-dev",
      alarmDescription: "The producer function failed. Runbook: docs/runbooks/lambda-efs.md#producer-errors",
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: { FunctionName: "f" },
      statistic: "Sum",
      period: 300,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      treatMissingData: "notBreaching",
      alarmActions: [arn],
      okActions: [arn],
      region: "us-east-1",
      tags: devTags("observability"),
    });
  });

  test.each([
    [">=", "GreaterThanOrEqualToThreshold"],
    ["<", "LessThanThreshold"],
    ["<=", "LessThanOrEqualToThreshold"],
  ] as const)("compares with %s", async (comparison, comparisonOperator) => {
    const { recording } = await build({ comparison });
    expect(recording.named("lambda-efs-producer-errors-alarm").inputs).toMatchObject({ comparisonOperator });
  });

  test("watches a number computed from metrics", async () => {
    const sum = (name: string) =>
      ({
        namespace: "AWS/Lambda",
        name,
        dimensions: { FunctionName: "f" },
        statistic: "Sum",
        periodSeconds: 60,
      }) as const;
    const { recording } = await build({ metric: percentOf(sum("Errors"), sum("Invocations"), "Failed runs") });
    const { inputs } = recording.named("lambda-efs-producer-errors-alarm");
    const queried = (metricName: string) => ({
      namespace: "AWS/Lambda",
      metricName,
      dimensions: { FunctionName: "f" },
      stat: "Sum",
      period: 60,
    });
    expect(inputs.metricQueries).toEqual([
      {
        id: "watched",
        expression: "IF(whole > 0, 100 * FILL(part, 0) / whole, 0)",
        label: "Failed runs",
        returnData: true,
      },
      { id: "part", metric: queried("Errors") },
      { id: "whole", metric: queried("Invocations") },
    ]);
    expect(inputs).not.toHaveProperty("metricName");
    expect(inputs).not.toHaveProperty("period");
  });

  test("is refused without a sentence, a runbook, a threshold, fitting periods and one statistic", async () => {
    const metric = { namespace: "n", name: "m", dimensions: {}, periodSeconds: 90 };
    const building = build({
      description: "bad",
      runbook: "ask Bob",
      threshold: Number.NaN,
      periods: { evaluated: 1, breaching: 2 },
      metric,
    });
    await expect(building).rejects.toThrow(
      /description: is "bad".*runbook: is "ask Bob".*threshold: is NaN.*periods\.breaching: is 2.*metric: m has both or neither.*metric\.periodSeconds: is 90/s,
    );
  });
});

describe("an alarm topic", () => {
  test("takes messages of this account's alarms only, over TLS only", async () => {
    const { recording } = await record(makeTopic);
    expect(recording.document("lambda-efs-alarms-policy").Statement).toEqual([
      {
        Sid: "PublishAlarms",
        Effect: "Allow",
        Principal: { Service: ["cloudwatch.amazonaws.com"] },
        Action: ["sns:Publish"],
        Resource: [topicArn],
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*" },
        },
      },
      {
        Sid: "DenyWithoutTls",
        Effect: "Deny",
        Principal: "*",
        Action: ["sns:Publish"],
        Resource: [topicArn],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
  });

  test("encrypted, has a rotated key that CloudWatch may use", async () => {
    const { recording } = await record(makeTopic);
    expect(recording.named("lambda-efs-alarms-topic").inputs).toEqual({
      name: "lambda-efs-alarms-dev",
      kmsMasterKeyId: "lambda-efs-alarms-key-key-id",
      region: "us-east-1",
      tags: devTags("observability"),
    });
    expect(recording.named("lambda-efs-alarms-key").inputs).toMatchObject({
      enableKeyRotation: true,
      deletionWindowInDays: 14,
    });
    const [administer, publish, ...others] = recording.document("lambda-efs-alarms-key").Statement;
    expect(others).toEqual([]);
    expect(administer).toMatchObject({ Principal: { AWS: ["arn:aws:iam::123456789012:root"] } });
    expect(administer?.["Action"]).not.toContain("kms:Decrypt");
    expect(publish).toEqual({
      Sid: "PublishAlarms",
      Effect: "Allow",
      Principal: { Service: ["cloudwatch.amazonaws.com"] },
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: ["*"],
      Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
    });
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
  });

  test("takes the budgets of this account too, if asked", async () => {
    const { recording } = await record(() => makeTopic({ budgets: true }));
    expect(recording.document("lambda-efs-alarms-policy").Statement[1]).toEqual({
      Sid: "PublishBudgets",
      Effect: "Allow",
      Principal: { Service: ["budgets.amazonaws.com"] },
      Action: ["sns:Publish"],
      Resource: [topicArn],
      Condition: {
        StringEquals: { "aws:SourceAccount": "123456789012" },
        ArnLike: { "aws:SourceArn": "arn:aws:budgets::123456789012:*" },
      },
    });
    expect(recording.document("lambda-efs-alarms-key").Statement[1]).toMatchObject({
      Principal: { Service: ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] },
    });
  });

  test("not encrypted, has no key to pay for", async () => {
    const { recording } = await record(() => makeTopic({ encrypted: false }));
    expect(recording.resources.map(({ type }) => type)).toEqual([
      "llm:observability:AlarmTopic",
      "aws:sns/topicPolicy:TopicPolicy",
      "aws:sns/topic:Topic",
    ]);
  });

  test("writes to the mail address it is given", async () => {
    const { recording } = await record(() => makeTopic({ email: "ops@example.com" }));
    expect(recording.named("lambda-efs-alarms-email").inputs).toMatchObject({
      protocol: "email",
      endpoint: "ops@example.com",
    });
    await expect(record(() => makeTopic({ email: "ops" }))).rejects.toThrow("email: is not an e-mail address.");
  });
});
