import { describe, expect, test } from "vitest";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { devTags, record } from "../../../support/mocks";
import { makeFunction } from "./fixtures";

const name = "lambda-efs-producer";
const role = `${name}-execution`;

describe("[lambda-efs 7.4] a function", () => {
  test("has memory, time-out, network, mount, log group and environment as told", async () => {
    const { recording } = await record(() => makeFunction());
    const { code: _code, ...inputs } = recording.named(`${name}-function`).inputs;
    expect(inputs).toEqual({
      name: "lambda-efs-producer-dev",
      description: "Produces",
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      role: `arn:aws:mock:us-east-1:123456789012:${role}-role`,
      memorySize: 1024,
      timeout: 300,
      environment: { variables: { EFS_MOUNT_PATH: "/mnt/efs" } },
      vpcConfig: {
        subnetIds: ["lambda-efs-network-private-a-id", "lambda-efs-network-private-b-id"],
        securityGroupIds: ["lambda-efs-functions-group-id"],
      },
      fileSystemConfig: {
        arn: "arn:aws:mock:us-east-1:123456789012:lambda-efs-files-access-point",
        localMountPath: "/mnt/efs",
      },
      loggingConfig: { logFormat: "JSON", logGroup: "/aws/lambda/lambda-efs-producer-dev" },
      tracingConfig: { mode: "Active" },
      tags: devTags("serverless"),
    });
  });

  test("waits for its permissions, its log group and the mount targets", async () => {
    const { recording } = await record(() => makeFunction());
    expect(recording.named(`${name}-function`).dependencies).toEqual(
      expect.arrayContaining([
        `${name}-log-group`,
        `${role}-AWSLambdaVPCAccessExecutionRole`,
        `${role}-files-mount`,
        "lambda-efs-files-mount-target-a",
        "lambda-efs-files-mount-target-b",
      ]),
    );
  });

  test("keeps its log for a while", async () => {
    const { recording } = await record(() => makeFunction());
    expect(recording.named(`${name}-log-group`).inputs).toEqual({
      name: "/aws/lambda/lambda-efs-producer-dev",
      retentionInDays: 14,
      tags: devTags("serverless"),
    });
  });

  test("tags all that can be tagged and names children after their parents", async () => {
    const { recording } = await record(() => makeFunction());
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
    expect(recording.misnamed()).toEqual([]);
    expect(recording.orphans()).toEqual([]);
  });

  test("can stand outside of any VPC, with nothing for callers that don't wait", async () => {
    const { recording } = await record(() =>
      makeFunction({ mount: undefined, network: undefined, asyncFailures: undefined, tracing: false }),
    );
    expect(recording.named(`${name}-function`).inputs.vpcConfig).toBeUndefined();
    const ofRole = recording.resources.filter(({ parent }) => parent === role).map((each) => each.name);
    expect(ofRole).toEqual([`${role}-own-logs`, `${role}-role`]);
    expect(recording.ofType("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")).toEqual([]);
  });

  test("needs a network for a mount", async () => {
    await expect(record(() => makeFunction({ network: undefined }))).rejects.toThrow("network: is not given");
  });

  test("can do without mount and tracing, and reserve concurrency", async () => {
    const { recording } = await record(() =>
      makeFunction({ mount: undefined, tracing: false, reservedConcurrency: 5 }),
    );
    const { inputs } = recording.named(`${name}-function`);
    expect(inputs).toMatchObject({ tracingConfig: { mode: "PassThrough" }, reservedConcurrentExecutions: 5 });
    expect(inputs).not.toHaveProperty("fileSystemConfig");
    const names = recording.resources.map((resource) => resource.name);
    expect(names).not.toContain(`${role}-tracing`);
    expect(names).not.toContain(`${role}-files-mount`);
  });
});

describe("[lambda-efs 7.1] [lambda-efs 7.2] its role", () => {
  test("has exactly these inline policies", async () => {
    const { recording } = await record(() => makeFunction());
    const policies = recording.ofType("aws:iam/rolePolicy:RolePolicy").filter((each) => each.parent === role);
    const statements = policies.map((each) => [each.inputs.name, ...recording.document(each.name).Statement]);
    const logGroup = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/lambda-efs-producer-dev:*";
    expect(statements).toEqual([
      [
        "failed-events-send",
        {
          Sid: "SendMessages",
          Effect: "Allow",
          Action: ["sqs:SendMessage"],
          Resource: ["arn:aws:sqs:us-east-1:123456789012:lambda-efs-failed-events-dev"],
        },
      ],
      [
        "files-mount",
        {
          Sid: "MountFileSystem",
          Effect: "Allow",
          Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
          Resource: ["arn:aws:mock:us-east-1:123456789012:lambda-efs-files-file-system"],
          Condition: {
            StringEquals: {
              "elasticfilesystem:AccessPointArn": "arn:aws:mock:us-east-1:123456789012:lambda-efs-files-access-point",
            },
          },
        },
      ],
      [
        "no-network-calls",
        {
          Sid: "DenyNetworkCallsToCode",
          Effect: "Deny",
          Action: [
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DetachNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
          ],
          Resource: ["*"],
          Condition: {
            ArnEquals: {
              "lambda:SourceFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:lambda-efs-producer-dev",
            },
          },
        },
      ],
      [
        "own-logs",
        {
          Sid: "WriteOwnLogs",
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: [logGroup],
        },
      ],
      [
        "tracing",
        {
          Sid: "SendTraces",
          Effect: "Allow",
          Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
          Resource: ["*"],
        },
      ],
    ]);
  });

  test("can be taken on by Lambda only and has AWS's policy for functions in a VPC", async () => {
    const { recording } = await record(() => makeFunction());
    expect(recording.document(`${role}-role`, "assumeRolePolicy").Statement).toEqual([
      { Sid: "Assume", Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com"] }, Action: ["sts:AssumeRole"] },
    ]);
    expect(recording.named(`${role}-AWSLambdaVPCAccessExecutionRole`).inputs.policyArn).toBe(
      "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
    );
  });
});

test("events it failed on are tried again and then go to the queue", async () => {
  const { recording } = await record(() => makeFunction());
  expect(recording.named(`${name}-async-failures`).inputs).toEqual({
    functionName: "lambda-efs-producer-dev",
    maximumRetryAttempts: 2,
    maximumEventAgeInSeconds: 21_600,
    destinationConfig: {
      onFailure: { destination: "arn:aws:mock:us-east-1:123456789012:lambda-efs-failed-events-queue" },
    },
  });
});

test("a caller may invoke it from its source only", async () => {
  const { recording } = await record(() =>
    makeFunction().allowInvoke("uploads", { principal: "s3.amazonaws.com", sourceArn: "arn:s3", sourceAccount: "1" }),
  );
  expect(recording.named(`${name}-invoked-by-uploads`).inputs).toEqual({
    action: "lambda:InvokeFunction",
    function: "lambda-efs-producer-dev",
    principal: "s3.amazonaws.com",
    sourceArn: "arn:s3",
    sourceAccount: "1",
  });
});

test("its metrics are Lambda's, for this function", async () => {
  const { result } = await record(() => makeFunction());
  const dimensions = { FunctionName: "lambda-efs-producer-dev" };
  const common = { namespace: "AWS/Lambda", dimensions, periodSeconds: 300 };
  expect([result.metricErrors(), result.metricThrottles(), result.metricDurationP95()]).toEqual([
    { ...common, name: "Errors", statistic: "Sum" },
    { ...common, name: "Throttles", statistic: "Sum" },
    { ...common, name: "Duration", extendedStatistic: "p95" },
  ]);
});

test("all mistakes in its arguments are told together", async () => {
  const building = record(() => makeFunction({ memoryMb: 64, timeoutSeconds: 901, reservedConcurrency: -1 }));
  await expect(building).rejects.toThrow(
    /memoryMb: is 64; give a whole number from 128 to 10240.*timeoutSeconds: is 901.*reservedConcurrency: is -1/s,
  );
});
