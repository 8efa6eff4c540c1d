import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { LambdaFunction } from "../../../../components/serverless/lambda-function";
import { Schedule, type ScheduleArgs } from "../../../../components/serverless/schedule";
import { devContext, record } from "../../../support/mocks";

const build = (args: Partial<ScheduleArgs> = {}) =>
  record(() => {
    const target = new LambdaFunction("lambda-efs-report", {
      context: devContext,
      description: "Reports",
      code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset("exports.handler = () => 1") }),
      memoryMb: 128,
      timeoutSeconds: 3,
      environment: {},
      logRetentionDays: 7,
    });
    new Schedule("lambda-efs-daily", {
      context: devContext,
      description: "Each morning",
      expression: "cron(15 6 * * ? *)",
      target,
      ...args,
    });
  });

test("a schedule invokes its function, and may no other", async () => {
  const { recording } = await build();
  expect(recording.named("lambda-efs-daily-rule").inputs).toMatchObject({
    name: "lambda-efs-daily-dev",
    scheduleExpression: "cron(15 6 * * ? *)",
  });
  expect(recording.named("lambda-efs-daily-target").inputs).toMatchObject({
    rule: "lambda-efs-daily-dev",
    targetId: "report",
    retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 3600 },
  });
  expect(recording.named("lambda-efs-report-invoked-by-daily").inputs).toMatchObject({
    action: "lambda:InvokeFunction",
    principal: "events.amazonaws.com",
  });
});

test.each(["cron(15 6 * * ?)", "rate(0 days)", "daily"])("the expression %s is refused", async (expression) => {
  await expect(build({ expression })).rejects.toThrow(`expression: is "${expression}"`);
});
