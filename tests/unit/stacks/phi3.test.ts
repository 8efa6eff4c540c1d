import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { requiredTagKeys } from "../../../components/lib/tags";
import type { Recording } from "../../support/mocks";
import { script } from "../../support/phi3-properties";
import { devDefaults, inTheClear, madeUpSecret, type Registered, registered } from "../../support/registered";
import { seenInRecording } from "../../support/seen";
import { devWith, named, prod } from "./phi3-fixtures";

// What holds for every configuration is in phi3-properties.test.ts; here are the shipped ones, to the letter. What stands around the fleet:
// phi3-edge.test.ts.

// A run of the program takes half a second, and a minute where twenty others want the processor.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let inDev: Registered;
let inProd: Registered;
beforeAll(async () => {
  inDev = await registered("phi3", devDefaults);
  inProd = await registered("phi3", prod);
});
afterEach(() => vi.restoreAllMocks());

const firstStart = ({ recording }: Registered) => script(seenInRecording(recording));
const each = () => [inDev, inProd];

describe("every resource", () => {
  test("has a name after its parent, a parent, and all required tags if it takes tags", () => {
    for (const { recording } of each()) {
      expect(recording.resources.length).toBeGreaterThan(150);
      expect(recording.misnamed()).toEqual([]);
      expect(recording.orphans()).toEqual([]);
      expect(recording.untagged(requiredTagKeys)).toEqual([]);
    }
  });

  test("says what it costs and whose it is", () => {
    expect(named(inProd, "phi3-alb-load-balancer").tags).toMatchObject({
      Environment: "prod",
      Stack: "prod",
      System: "phi3",
      CostTier: "accelerated",
      Deployment: "phi3-prod",
    });
  });

  test("holds a secret as a secret only", () => {
    for (const { recording } of each()) {
      const inputs = recording.resources.map((resource) => resource.inputs);
      expect(JSON.stringify(inputs)).toContain(madeUpSecret);
      expect(JSON.stringify(inTheClear(inputs))).not.toContain(madeUpSecret);
    }
  });

  test("that stores data is protected in prod, and in dev goes with all that it holds", () => {
    const kept = ({ recording }: Registered) => recording.resources.filter((resource) => resource.protect);
    const buckets = ["phi3-access-logs-bucket", "phi3-page-files-bucket", "phi3-weights-bucket"];
    expect(kept(inProd).map(({ name }) => name)).toEqual(buckets);
    expect(kept(inDev)).toEqual([]);
    const forced = ({ recording }: Registered) => buckets.map((name) => recording.named(name).inputs.forceDestroy);
    expect([forced(inDev), forced(inProd)]).toEqual([
      [true, true, true],
      [false, false, false],
    ]);
  });
});

test("[phi3 11.2] the outputs name all that a client needs", () => {
  const { bucket } = named(inDev, "phi3-weights-bucket");
  expect(bucket).toMatch(/^phi3-weights-dev-[0-9a-f]{8}$/);
  expect(inDev.outputs).toEqual({
    apiUrl: "https://phi3-api-api.execute-api.example.com",
    apiKeyParameter: "/phi3/dev/api-key",
    pageUrl: "https://phi3-page-cdn-distribution.cloudfront.example.com",
    pageBucketName: named(inDev, "phi3-page-files-bucket").bucket,
    corsOrigin: "https://phi3-page-cdn-distribution.cloudfront.example.com",
    distributionId: "phi3-page-cdn-distribution-id",
    loadBalancerDns: "phi3-alb-load-balancer.elb.example.com",
    scheme: "http",
    listenerPort: 80,
    targetGroupArn: "arn:aws:mock:us-east-1:123456789012:phi3-alb-engine",
    groupName: "phi3-engines-dev",
    model: "phi-3-mini",
    weightsBucketName: bucket,
    weightsPrefix: "microsoft/Phi-3-mini-4k-instruct/f39ac1d28e925b323eae81227eaba4464caced4e",
    engineLogGroup: "/aws/ec2/phi3-engine-dev",
    systemLogGroup: "/aws/ec2/phi3-system-dev",
    dashboardUrl:
      "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/phi3-dashboard-dev",
    alarmTopicArn: "arn:aws:mock:us-east-1:123456789012:phi3-alarms-topic",
  });
  expect(inProd.outputs).toMatchObject({ scheme: "https", listenerPort: 443, groupName: "phi3-engines-prod" });
});

describe("[phi3 4.3] permissions", () => {
  const statements = ({ recording }: Registered, role: string) =>
    Object.fromEntries(
      recording
        .ofType("aws:iam/rolePolicy:RolePolicy")
        .filter(({ parent }) => parent === role)
        .map(({ name, inputs }) => [inputs.name, recording.document(name).Statement]),
    );

  test("of instances are their weights, their key, their group, their logs and metrics, and sessions", () => {
    const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:123456789012:${resource}`;
    const bucket = `arn:aws:s3:::${named(inDev, "phi3-weights-bucket").bucket}`;
    const prefix = "microsoft/Phi-3-mini-4k-instruct/f39ac1d28e925b323eae81227eaba4464caced4e";
    const statement = (Sid: string, Action: string[], Resource: string[], Condition?: object) => ({
      Sid,
      Effect: "Allow",
      Action,
      Resource,
      ...(Condition && { Condition }),
    });
    expect(statements(inDev, "phi3-engines-instance")).toEqual({
      "weights-read-microsoft-phi-3-mini-4k-instruct-f39ac1d28e925b323eae81227eaba4464caced4e": [
        statement("ReadObjects", ["s3:GetObject"], [`${bucket}/${prefix}/*`]),
        statement("ListObjects", ["s3:ListBucket"], [bucket], { StringLike: { "s3:prefix": `${prefix}/*` } }),
      ],
      "api-key-read": [statement("ReadSecret", ["ssm:GetParameter"], [arn("ssm", "parameter/phi3/dev/api-key")])],
      "own-lifecycle": [
        statement(
          "ReportToOwnGroup",
          [
            "autoscaling:CompleteLifecycleAction",
            "autoscaling:RecordLifecycleActionHeartbeat",
            "autoscaling:SetInstanceHealth",
          ],
          [arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/phi3-engines-dev")],
        ),
      ],
      "session-manager": [
        statement("Register", ["ssm:UpdateInstanceInformation"], [arn("ec2", "instance/*")]),
        statement(
          "OpenSessions",
          ["Control", "Data"]
            .flatMap((kind) => [`ssmmessages:Create${kind}Channel`, `ssmmessages:Open${kind}Channel`])
            .sort(),
          ["*"],
        ),
      ],
      telemetry: [
        statement("SendMetrics", ["cloudwatch:PutMetricData"], ["*"], {
          StringEquals: { "cloudwatch:namespace": "phi3" },
        }),
        statement(
          "WriteLogs",
          ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          [arn("logs", "log-group:/aws/ec2/phi3-engine-dev:*"), arn("logs", "log-group:/aws/ec2/phi3-system-dev:*")],
        ),
      ],
    });
    expect(inDev.recording.ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")).toEqual([]);
  });

  test("of what checks keys are the key and its own logs and traces", () => {
    const policies = statements(inDev, "phi3-api-key-function-execution");
    expect(Object.keys(policies).sort()).toEqual(["own-logs", "read-key", "tracing"]);
    expect(policies["read-key"]).toEqual([
      expect.objectContaining({
        Action: ["ssm:GetParameter"],
        Resource: ["arn:aws:ssm:us-east-1:123456789012:parameter/phi3/dev/api-key"],
      }),
    ]);
  });

  test("name exact actions", () => {
    for (const { recording } of each()) {
      const policies = recording.ofType("aws:iam/rolePolicy:RolePolicy");
      const actions = policies.flatMap(({ name }) =>
        recording.document(name).Statement.flatMap((statement) => statement["Action"] as string[]),
      );
      expect(actions.length).toBeGreaterThan(15);
      expect(actions.filter((action) => action.includes("*"))).toEqual([]);
    }
  });
});

describe("[phi3 4.1] instances", () => {
  test("are g5.xlarge from Amazon's image, 100 GB of encrypted gp3, tokens for their metadata", () => {
    expect(named(inDev, "phi3-engines-template-launch-template")).toMatchObject({
      instanceType: "g5.xlarge",
      imageId: "ami-0123456789abcdef0",
      blockDeviceMappings: [{ ebs: { volumeSize: 100, volumeType: "gp3", encrypted: "true" } }],
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
    });
    expect(named(inDev, "phi3-engines-template-launch-template").keyName).toBeUndefined();
  });

  test("start vLLM with the settings' values, and find key and weights by name", () => {
    const lines = firstStart(inDev).split("\n");
    for (const line of [
      "IMAGE='docker.io/vllm/vllm-openai@sha256:014a95f21c9edf6abe0aea6b07353f96baa4ec291c427bb1176dc7c93a85845c'",
      "MODEL='microsoft/Phi-3-mini-4k-instruct'",
      "REVISION='f39ac1d28e925b323eae81227eaba4464caced4e'",
      "SERVED_NAME='phi-3-mini'",
      "PORT='8000'",
      "MAX_MODEL_LEN='4096'",
      "GPU_MEMORY_UTILIZATION='0.9'",
      "API_KEY_PARAMETER='/phi3/dev/api-key'",
      "DRAIN_SECONDS='300'",
      // Nothing lies in the bucket of a new stack.
      "WEIGHTS_BUCKET=''",
      "HUB_FALLBACK='yes'",
    ]) {
      expect(lines).toContain(line);
    }
    expect(firstStart(inDev)).not.toContain(madeUpSecret);
  });

  test("take weights from the bucket once their manifest is configured", async () => {
    const manifest = "ab".repeat(32);
    const stack = await devWith({ model: { weightsManifestSha256: manifest, hubFallback: false } });
    expect(firstStart(stack).split("\n")).toEqual(
      expect.arrayContaining([
        `WEIGHTS_BUCKET='${named(stack, "phi3-weights-bucket").bucket}'`,
        `WEIGHTS_PREFIX='${stack.outputs["weightsPrefix"]}'`,
        `MANIFEST_SHA256='${manifest}'`,
        "HUB_FALLBACK='no'",
      ]),
    );
  });

  test("of a model that is not in the table start too, with a warning that nobody has checked its memory", async () => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const { recording } = await devWith({ model: { name: "someone/else" } });
    expect(recording.ofType("aws:autoscaling/group:Group")).toHaveLength(1);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(/^llm-stacks:phi3\.model\.name is someone\/else, .*g5\.xlarge.*4096 tokens/),
    ]);
    warn.mockClear();
    await devWith({});
    expect(warn).not.toHaveBeenCalled();
  });

  test("let administrators in if there are any", async () => {
    const stack = await devWith({ admin: { cidr: "198.51.100.0/24", keyName: "ops" } });
    expect(named(stack, "phi3-engines-template-launch-template").keyName).toBe("ops");
    const ssh = (of: Recording) =>
      of
        .ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        .filter(({ inputs }) => inputs.fromPort === 22);
    expect(ssh(stack.recording).map(({ inputs }) => [inputs.securityGroupId, inputs.cidrIpv4])).toEqual([
      ["phi3-engines-sg-group-id", "198.51.100.0/24"],
    ]);
    expect([...ssh(inDev.recording), ...ssh(inProd.recording)]).toEqual([]);
  });
});

describe("[phi3 4.2] the fleet", () => {
  test("grows above 70 % of its GPUs and with requests that wait, and shrinks below 30 %", () => {
    const alarm = (name: string) => named(inDev, `phi3-engines-policies-${name}-alarm`);
    expect(
      [alarm("busy"), alarm("idle")].map(({ comparisonOperator, threshold }) => [comparisonOperator, threshold]),
    ).toEqual([
      ["GreaterThanThreshold", 70],
      ["LessThanThreshold", 30],
    ]);
    expect(alarm("busy")).toMatchObject({ namespace: "phi3", metricName: "nvidia_smi_utilization_gpu" });
    const { targetValue } = named(inDev, "phi3-engines-policies-per-instance").targetTrackingConfiguration;
    expect(targetValue).toBe(5);
  });

  test("[phi3 12.1] [phi3 12.2] is one to two, off at night, in dev, and two to four at all hours in prod", () => {
    const size = (of: Registered) => {
      const { minSize, maxSize } = named(of, "phi3-engines-group");
      const schedules = of.recording.ofType("aws:autoscaling/schedule:Schedule").map(({ inputs }) => inputs);
      return { minSize, maxSize, schedules: schedules.map((each) => [each.recurrence, each.minSize, each.maxSize]) };
    };
    expect(size(inDev)).toEqual({
      minSize: 1,
      maxSize: 2,
      schedules: [
        ["0 7 * * MON-FRI", 1, 2],
        ["0 19 * * *", 0, 0],
      ],
    });
    expect(size(inProd)).toEqual({ minSize: 2, maxSize: 4, schedules: [] });
  });

  test("has time to fetch ten gigabytes before it is given up, and to end its requests", () => {
    expect(named(inDev, "phi3-engines-hold-until-healthy")).toMatchObject({
      heartbeatTimeout: 3600,
      defaultResult: "ABANDON",
    });
    expect(named(inDev, "phi3-engines-drain-before-termination")).toMatchObject({ heartbeatTimeout: 360 });
    expect(named(inDev, "phi3-alb-engine").deregistrationDelay).toBe(300);
  });
});

test("outside dev a name and its certificate are needed, and both are asked for at once", async () => {
  const refused = registered("phi3", { ...prod, settings: {} });
  await expect(refused).rejects.toThrow(/has 2 mistakes[\s\S]*phi3\.domain\.name[\s\S]*phi3\.domain\.certificateArn/);
});
