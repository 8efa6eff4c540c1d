import { beforeAll, describe, expect, test } from "vitest";
import { requiredTagKeys } from "../../../components/lib/tags";
import { buildSystems } from "../../../stacks/build";
import { parseStackConfig } from "../../../stacks/config";
import { type Recording, record, resolved } from "../../support/mocks";

const accountId = "123456789012";
function build(environment: string, settings: object = {}, more: Record<string, string> = {}) {
  const config = parseStackConfig(
    {
      "aws:region": "us-east-1",
      "llm-stacks:environment": environment,
      "llm-stacks:systems": '["lambda-efs"]',
      "llm-stacks:lambdaEfs": JSON.stringify(settings),
      ...more,
    },
    "llm-stacks",
    environment,
  );
  return record(() => buildSystems(config, accountId), { stack: environment });
}

let dev: Awaited<ReturnType<typeof build>>;
let prod: Awaited<ReturnType<typeof build>>;
beforeAll(async () => {
  dev = await build("dev");
  prod = await build("prod", { api: { corsOrigin: "https://app.example.com" } });
});

/** Every policy document that gives a role permissions. */
function identityStatements(recording: Recording): { Effect: string; Action: string[]; Resource: string[] }[] {
  return recording
    .ofType("aws:iam/rolePolicy:RolePolicy")
    .flatMap(
      ({ name }) => recording.document(name).Statement as { Effect: string; Action: string[]; Resource: string[] }[],
    );
}

describe("every resource", () => {
  test("has a name after its parent, a parent, and all required tags if it takes tags", () => {
    for (const { recording } of [dev, prod]) {
      expect(recording.misnamed()).toEqual([]);
      expect(recording.orphans()).toEqual([]);
      expect(recording.untagged(requiredTagKeys)).toEqual([]);
    }
  });

  test("has the tags of its stack and system", () => {
    const tags = prod.recording.named("lambda-efs-producer-function").inputs.tags;
    expect(tags).toMatchObject({
      Environment: "prod",
      Stack: "prod",
      System: "lambda-efs",
      CostTier: "pay-per-use",
      ManagedBy: "pulumi",
      Deployment: "lambda-efs-prod",
    });
  });
});

describe("permissions", () => {
  test("name exact actions, and every resource only where AWS knows no other", () => {
    for (const { recording } of [dev, prod]) {
      const allowed = identityStatements(recording).filter((statement) => statement.Effect === "Allow");
      expect(allowed.length).toBeGreaterThan(10);
      for (const action of allowed.flatMap((statement) => statement.Action)) expect(action).not.toContain("*");
      const anywhere = allowed.filter((statement) => statement.Resource.includes("*"));
      expect(anywhere.map((statement) => statement.Action)).toEqual([
        ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
      ]);
    }
  });

  test("[lambda-efs 7.3] of the producer in the bucket are reading all and writing models/", () => {
    const bucket = `arn:aws:s3:::${dev.recording.named("lambda-efs-data-bucket").inputs.bucket}`;
    const role = "lambda-efs-producer-execution";
    expect([
      ...dev.recording.document(`${role}-data-read`).Statement,
      ...dev.recording.document(`${role}-data-write-models`).Statement,
    ]).toEqual([
      { Sid: "ReadObjects", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${bucket}/*`] },
      { Sid: "ListObjects", Effect: "Allow", Action: ["s3:ListBucket"], Resource: [bucket] },
      { Sid: "WriteObjects", Effect: "Allow", Action: ["s3:PutObject"], Resource: [`${bucket}/models/*`] },
    ]);
  });

  test("[lambda-efs 7.3] of the consumer in the bucket are reading and writing outputs/", () => {
    const bucket = `arn:aws:s3:::${dev.recording.named("lambda-efs-data-bucket").inputs.bucket}`;
    const policies = dev.recording
      .ofType("aws:iam/rolePolicy:RolePolicy")
      .filter(({ parent, inputs }) => parent === "lambda-efs-consumer-execution" && inputs.name.startsWith("data-"));
    expect(policies.flatMap(({ name }) => dev.recording.document(name).Statement)).toEqual([
      {
        Sid: "ReadWriteObjects",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject"],
        Resource: [`${bucket}/outputs/*`],
      },
    ]);
  });
});

describe("the functions", () => {
  test("[lambda-efs 7.4] [lambda-efs 7.5] have the document's memory, time-out, mount and environment", () => {
    const bucket = dev.recording.named("lambda-efs-data-bucket").inputs.bucket;
    const variables = {
      EFS_MOUNT_PATH: "/mnt/efs",
      S3_BUCKET_NAME: bucket,
      ENABLE_S3_ARCHIVE: "true",
      CORS_ALLOW_ORIGIN: "*",
      LOG_LEVEL: "info",
    };
    const accessPoint = "arn:aws:mock:us-east-1:123456789012:lambda-efs-files-access-point";
    for (const [name, memorySize] of [
      ["producer", 1024],
      ["consumer", 2048],
    ]) {
      expect(dev.recording.named(`lambda-efs-${name}-function`).inputs).toMatchObject({
        memorySize,
        timeout: 300,
        environment: { variables },
        fileSystemConfig: { arn: accessPoint, localMountPath: "/mnt/efs" },
        vpcConfig: {
          subnetIds: ["lambda-efs-network-private-a-id", "lambda-efs-network-private-b-id"],
          securityGroupIds: ["lambda-efs-functions-group-id"],
        },
      });
    }
  });

  test("[lambda-efs 2.3] can open connections to S3 and the file system only", () => {
    const rules = dev.recording.ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule");
    const targets = rules.map(
      ({ inputs: { fromPort, toPort, ipProtocol, prefixListId, referencedSecurityGroupId } }) => [
        `${ipProtocol} ${fromPort}-${toPort}`,
        prefixListId ?? referencedSecurityGroupId,
      ],
    );
    expect(targets).toEqual([
      ["tcp 2049-2049", "lambda-efs-files-mount-targets-group-id"],
      ["tcp 443-443", "pl-lambda-efs-network-endpoints-s3"],
    ]);
  });

  test("[lambda-efs 2.3] let the file system be reached from them only", () => {
    const rules = dev.recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(
      rules.map(({ inputs }) => [inputs.securityGroupId, inputs.referencedSecurityGroupId, inputs.fromPort]),
    ).toEqual([["lambda-efs-files-mount-targets-group-id", "lambda-efs-functions-group-id", 2049]]);
  });
});

test("[lambda-efs 7.6] an upload to models/ invokes the producer", () => {
  expect(dev.recording.named("lambda-efs-data-notification").inputs.lambdaFunctions).toEqual([
    {
      id: "models",
      events: ["s3:ObjectCreated:*"],
      filterPrefix: "models/",
      lambdaFunctionArn: "arn:aws:mock:us-east-1:123456789012:lambda-efs-producer-function",
    },
  ]);
});

test("[lambda-efs 7.8] POST /ingest invokes the producer and POST /predict the consumer, on stage prod", () => {
  const uri = (route: string) => dev.recording.named(`lambda-efs-api-post-${route}-integration`).inputs.uri;
  expect([uri("ingest"), uri("predict")]).toEqual([
    "arn:aws:apigateway:invoke/lambda-efs-producer-function",
    "arn:aws:apigateway:invoke/lambda-efs-consumer-function",
  ]);
  expect(dev.recording.named("lambda-efs-api-stage").inputs.stageName).toBe("prod");
});

test("[lambda-efs 1.6] [lambda-efs 7.10] the outputs name all that a client needs", async () => {
  const outputs = await resolved(dev.result["lambdaEfs"]);
  const arn = "arn:aws:mock:us-east-1:123456789012:lambda-efs";
  expect(outputs).toEqual({
    apiUrl: "https://lambda-efs-api-stage.example.com/prod",
    apiKeyId: "lambda-efs-api-access-key-id",
    producerFunctionArn: `${arn}-producer-function`,
    producerFunctionName: "lambda-efs-producer-dev",
    producerLogGroup: "/aws/lambda/lambda-efs-producer-dev",
    consumerFunctionArn: `${arn}-consumer-function`,
    consumerFunctionName: "lambda-efs-consumer-dev",
    consumerLogGroup: "/aws/lambda/lambda-efs-consumer-dev",
    bucketName: dev.recording.named("lambda-efs-data-bucket").inputs.bucket,
    fileSystemId: "lambda-efs-files-file-system-id",
    accessPointId: "lambda-efs-files-access-point-id",
    accessPointArn: `${arn}-files-access-point`,
    deadLetterQueueUrl: "https://sqs.example.com/lambda-efs-failed-events-queue",
    alarmTopicArn: `${arn}-alarms-topic`,
  });
});

test("alarms watch errors, throttles and duration of both functions, lost uploads and the API, within the ten that are free", () => {
  const alarms = dev.recording.ofType("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs.name);
  expect(alarms).toEqual([
    "lambda-efs-api-server-errors-dev",
    "lambda-efs-consumer-errors-dev",
    "lambda-efs-consumer-slow-dev",
    "lambda-efs-consumer-throttles-dev",
    "lambda-efs-failed-events-waiting-dev",
    "lambda-efs-producer-errors-dev",
    "lambda-efs-producer-slow-dev",
    "lambda-efs-producer-throttles-dev",
  ]);
  expect(dev.recording.named("lambda-efs-producer-slow-alarm").inputs).toMatchObject({
    extendedStatistic: "p95",
    threshold: 240_000,
  });
});

describe("environments", () => {
  const protectedNames = (recording: Recording) =>
    recording.resources.filter((resource) => resource.protect).map(({ name }) => name);

  test("prod protects what stores data, backs it up, encrypts alarms and wants signed requests", () => {
    expect(protectedNames(prod.recording)).toEqual(["lambda-efs-data-bucket", "lambda-efs-files-file-system"]);
    expect(prod.recording.named("lambda-efs-data-bucket").inputs.forceDestroy).toBe(false);
    expect(prod.recording.named("lambda-efs-files-backup-policy").inputs.backupPolicy).toEqual({ status: "ENABLED" });
    expect(prod.recording.ofType("aws:kms/key:Key")).toHaveLength(1);
    expect(prod.recording.named("lambda-efs-api-post-ingest").inputs.authorization).toBe("AWS_IAM");
    expect(prod.recording.named("lambda-efs-producer-log-group").inputs.retentionInDays).toBe(90);
  });

  test("dev can be destroyed whole and costs nothing while idle", () => {
    expect(protectedNames(dev.recording)).toEqual([]);
    expect(dev.recording.named("lambda-efs-data-bucket").inputs.forceDestroy).toBe(true);
    const charged = ["aws:kms/key:Key", "aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip"];
    expect(charged.flatMap((type) => dev.recording.ofType(type))).toEqual([]);
    const endpoints = dev.recording.ofType("aws:ec2/vpcEndpoint:VpcEndpoint");
    expect(endpoints.map(({ inputs }) => inputs.vpcEndpointType)).toEqual(["Gateway"]);
  });
});

describe("settings", () => {
  test("leave out what is turned off", async () => {
    const { recording } = await build("dev", { flowLogs: false, tracing: false, api: { auth: "none" } });
    for (const type of ["aws:ec2/flowLog:FlowLog", "aws:apigateway/apiKey:ApiKey"])
      expect(recording.ofType(type)).toEqual([]);
    expect(recording.named("lambda-efs-api-stage").inputs.xrayTracingEnabled).toBe(false);
  });

  test("send alarms by mail and leave the account's logging role to another stack", async () => {
    const { recording } = await build(
      "dev",
      {},
      { "llm-stacks:alarmEmail": "ops@example.com", "llm-stacks:manageApiGatewayLogging": "false" },
    );
    expect(recording.named("lambda-efs-alarms-email").inputs.endpoint).toBe("ops@example.com");
    expect(recording.ofType("aws:apigateway/account:Account")).toEqual([]);
  });
});
