import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { requiredTagKeys } from "../../../components/lib/tags";
import type { Recording } from "../../support/mocks";
import { script, signals } from "../../support/phi3-properties";
import { type Configuration, madeUpSecret, type Registered, registered } from "../../support/registered";
import { seenInRecording } from "../../support/seen";

// What holds for every configuration is in phi3-properties.test.ts; here are the shipped ones, to the letter.

const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";
const dev: Configuration = {
  stack: "dev",
  environment: "dev",
  region: "us-east-1",
  accountId: "123456789012",
  alarmEmail: "ops@example.com",
  settings: {},
  secrets: {},
};
const prod: Configuration = {
  ...dev,
  stack: "prod",
  environment: "prod",
  settings: { domain: { name: "llm.example.com", certificateArn } },
};
const devWith = (settings: object) => registered("phi3", { ...dev, settings: { ...settings } });

let inDev: Registered;
let inProd: Registered;
beforeAll(async () => {
  inDev = await registered("phi3", dev);
  inProd = await registered("phi3", prod);
});
afterEach(() => vi.restoreAllMocks());

const named = ({ recording }: Registered, name: string) => recording.named(name).inputs;
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
      expect(JSON.stringify(inputs, withoutSecrets)).not.toContain(madeUpSecret);
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

function withoutSecrets(_key: string, value: unknown): unknown {
  return typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value ? "secret" : value;
}

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

describe("[phi3 2.2] security groups", () => {
  const open = ({ recording }: Registered, direction: "Ingress" | "Egress") =>
    Object.fromEntries(
      recording
        .ofType(`aws:vpc/securityGroup${direction}Rule:SecurityGroup${direction}Rule`)
        .map(({ name, inputs }) => [
          name.replace(/^phi3-/, ""),
          inputs.cidrIpv4 ?? inputs.prefixListId ?? inputs.referencedSecurityGroupId,
        ]),
    );

  test("with a certificate let everyone ask the load balancer, and it alone the instances", () => {
    expect(open(inProd, "Ingress")).toEqual({
      "alb-sg-from-anyone-tcp-443": "0.0.0.0/0",
      "alb-sg-from-anyone-tcp-80": "0.0.0.0/0",
      "alb-sg-from-api-link-tcp-443": "phi3-api-link-group-id",
      "engines-sg-from-alb-sg-tcp-8000": "phi3-alb-sg-group-id",
    });
  });

  test("without one let CloudFront and the API ask the load balancer, and nobody else", () => {
    expect(open(inDev, "Ingress")).toEqual({
      "alb-sg-from-cloudfront-tcp-80": "pl-cloudfront",
      "alb-sg-from-api-link-tcp-80": "phi3-api-link-group-id",
      "engines-sg-from-alb-sg-tcp-8000": "phi3-alb-sg-group-id",
    });
  });

  test("let instances out to AWS, image registries and package archives", () => {
    expect(open(inDev, "Egress")).toEqual({
      "alb-sg-to-engines-sg-tcp-8000": "phi3-engines-sg-group-id",
      "api-link-to-alb-sg-tcp-80": "phi3-alb-sg-group-id",
      "engines-sg-to-anyone-tcp-443": "0.0.0.0/0",
      "engines-sg-to-anyone-tcp-80": "0.0.0.0/0",
    });
  });
});

describe("the edge", () => {
  test("[phi3 5.1] [phi3 5.2] refuses all that is no route; redirects to HTTPS; asks instances every 30 s", () => {
    const forbidden = [{ type: "fixed-response", fixedResponse: expect.objectContaining({ statusCode: "403" }) }];
    expect(named(inDev, "phi3-alb-http").defaultActions).toEqual(forbidden);
    expect(named(inProd, "phi3-alb-https")).toMatchObject({
      port: 443,
      certificateArn,
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      defaultActions: forbidden,
    });
    expect(named(inProd, "phi3-alb-http").defaultActions).toEqual([
      { type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } },
    ]);
    expect(named(inDev, "phi3-alb-engine")).toMatchObject({
      port: 8000,
      healthCheck: { path: "/health", interval: 30, healthyThreshold: 2, unhealthyThreshold: 3 },
    });
    const rules = ["10", "20"].map((priority) => named(inProd, `phi3-alb-engine-rule-${priority}`));
    expect(rules.map(({ listenerArn }) => listenerArn)).toEqual(
      Array(2).fill("arn:aws:mock:us-east-1:123456789012:phi3-alb-https"),
    );
    expect(rules.map(({ conditions }) => conditions)).toEqual([
      [{ pathPattern: { values: ["/health", "/v1/models"] } }, { httpRequestMethod: { values: ["GET"] } }],
      [
        { pathPattern: { values: ["/v1/completions", "/v1/chat/completions"] } },
        { httpRequestMethod: { values: ["POST"] } },
      ],
    ]);
  });

  test("[phi3 7.1] the API's routes ask the load balancer through the VPC, for 30 s", () => {
    expect(named(inDev, "phi3-api-integration")).toMatchObject({
      connectionType: "VPC_LINK",
      integrationUri: "arn:aws:mock:us-east-1:123456789012:phi3-alb-http",
      timeoutMilliseconds: 30_000,
    });
    expect(named(inDev, "phi3-api-stage").defaultRouteSettings).toMatchObject({
      throttlingRateLimit: 50,
      throttlingBurstLimit: 100,
    });
  });

  test("[phi3 7.2] an address may ask a hundred times a minute, of CloudFront and of the load balancer", () => {
    for (const name of ["phi3-firewall-acl", "phi3-edge-firewall-acl"]) {
      const { rules } = named(inDev, name);
      const limits = (rules.value ?? rules).flatMap(
        (rule: { statement: { rateBasedStatement?: { limit: number; evaluationWindowSec: number } } }) => {
          const { limit, evaluationWindowSec } = rule.statement.rateBasedStatement ?? {};
          return limit === undefined ? [] : [[limit, evaluationWindowSec]];
        },
      );
      expect(limits.length).toBeGreaterThan(0);
      for (const limit of limits) expect(limit).toEqual([100, 60]);
    }
    expect(named(inDev, "phi3-page-cdn-distribution").webAclId).toBe(
      "arn:aws:mock:us-east-1:123456789012:phi3-edge-firewall-acl",
    );
  });

  const guards = ({ recording }: Registered) =>
    Object.fromEntries(
      recording
        .ofType("aws:apigatewayv2/route:Route")
        .map(({ inputs }) => [inputs.routeKey, inputs.authorizationType ?? "NONE"]),
    );

  test("[phi3 7.3] callers show a key, but where /health is asked", async () => {
    expect(guards(inDev)).toEqual({
      "GET /health": expect.any(String),
      "GET /v1/models": "CUSTOM",
      "POST /v1/chat/completions": "CUSTOM",
      "POST /v1/completions": "CUSTOM",
    });
    const { recording, outputs } = await devWith({ apiKey: false });
    expect(new Set(Object.values(guards({ ...inDev, recording })))).toEqual(new Set(["NONE"]));
    for (const type of ["aws:apigatewayv2/authorizer:Authorizer", "aws:lambda/function:Function"])
      expect(recording.ofType(type)).toEqual([]);
    expect(recording.ofType("aws:ssm/parameter:Parameter").map(({ name }) => name)).toEqual([
      "phi3-hop-proof-parameter",
    ]);
    expect(recording.ofType("aws:iam/rolePolicy:RolePolicy").map(({ inputs }) => inputs.name)).not.toContain(
      "api-key-read",
    );
    expect(outputs["apiKeyParameter"]).toBeUndefined();
  });

  test("[phi3 9.3] only the page's pages may call the API, or those of the site that is configured", async () => {
    const origins = (of: Registered) => named(of, "phi3-api-api").corsConfiguration.allowOrigins;
    expect(origins(inDev)).toEqual([inDev.outputs["pageUrl"]]);
    const stack = await devWith({ corsOrigin: "https://app.example.com" });
    expect(origins(stack)).toEqual(["https://app.example.com"]);
    expect(stack.outputs["corsOrigin"]).toBe("https://app.example.com");
  });

  test("[phi3 9.1] the page comes from a closed bucket, and its calls go to the load balancer, never cached", () => {
    const distribution = named(inDev, "phi3-page-cdn-distribution");
    expect(distribution.defaultCacheBehavior).toMatchObject({
      targetOriginId: "files",
      viewerProtocolPolicy: "redirect-to-https",
    });
    const calls = distribution.orderedCacheBehaviors.map(
      (each: { pathPattern: string; targetOriginId: string; cachePolicyId: string }) => [
        each.pathPattern,
        each.targetOriginId,
        each.cachePolicyId,
      ],
    );
    const uncached = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
    expect(calls).toEqual([
      ["/v1/*", "load-balancer", uncached],
      ["/health", "load-balancer", uncached],
    ]);
    const readers = inDev.recording
      .document("phi3-page-files-policy")
      .Statement.filter((statement) => statement["Effect"] === "Allow");
    expect(readers).toMatchObject([{ Principal: { Service: ["cloudfront.amazonaws.com"] }, Action: ["s3:GetObject"] }]);
    const { securityHeadersConfig } = named(inDev, "phi3-page-cdn-headers");
    expect(securityHeadersConfig.contentSecurityPolicy.contentSecurityPolicy).toMatch(/^default-src 'none';/);
  });
});

describe("[phi3 8.2] alarms", () => {
  const all = ({ recording }: Registered) =>
    recording.ofType("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);

  test("are latency, errors, requests that wait, instances that fail or are missing, and the API's errors", () => {
    expect(all(inDev).map(({ name }) => name)).toEqual([
      "phi3-api-server-errors-dev",
      "phi3-engines-busy-dev",
      "phi3-engines-idle-dev",
      "phi3-errors-dev",
      "phi3-latency-dev",
      "phi3-missing-instances-dev",
      "phi3-unhealthy-targets-dev",
      "phi3-waiting-requests-dev",
    ]);
    expect(named(inDev, "phi3-latency-alarm")).toMatchObject({
      metricName: "TargetResponseTime",
      extendedStatistic: "p99",
      threshold: 5,
      comparisonOperator: "GreaterThanThreshold",
    });
    expect(named(inDev, "phi3-errors-alarm").metricQueries[0].expression).toBe(
      "100 * (FILL(own, 0) + FILL(targets, 0)) / MAX([FILL(requests, 0) + FILL(own, 0), FILL(requests, 0) * 0 + 1])",
    );
    // Five waiting on each of the most instances.
    expect([inDev, inProd].map((stack) => named(stack, "phi3-waiting-requests-alarm").threshold)).toEqual([10, 20]);
  });

  test("say what is wrong; those that call someone say where it is written what to do", () => {
    expect(all(inDev).filter(({ alarmDescription }) => !alarmDescription)).toEqual([]);
    const calling = all(inDev).filter(({ okActions }) => okActions !== undefined);
    expect(calling).toHaveLength(6);
    const runbook = join(repoRoot, "docs/runbooks/phi3.md");
    expect(existsSync(runbook)).toBe(true);
    const headings = [...readFileSync(runbook, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    );
    for (const { alarmDescription, alarmActions } of calling) {
      expect(alarmActions).toEqual(["arn:aws:mock:us-east-1:123456789012:phi3-alarms-topic"]);
      const [, anchor] = /Runbook: docs\/runbooks\/phi3\.md#(\S+)$/.exec(alarmDescription) ?? [];
      expect(headings).toContain(anchor);
    }
  });

  test("go to the address that is configured, and nowhere without one", async () => {
    expect(named(inDev, "phi3-alarms-email")).toMatchObject({ protocol: "email", endpoint: "ops@example.com" });
    const { recording } = await registered("phi3", { ...dev, alarmEmail: undefined });
    expect(recording.ofType("aws:sns/topicSubscription:TopicSubscription")).toEqual([]);
  });
});

test("[phi3 8.3] the dashboard draws latency, throughput, GPUs, instances, cost, the API and the edge", () => {
  const group = "AutoScalingGroupName=phi3-engines-dev";
  const balancer = "LoadBalancer=app/phi3-alb-load-balancer";
  const serving = `AWS/AutoScaling GroupInServiceInstances ${group} Average`;
  const rate = (metric: string) => `FILL(sum, 0) / PERIOD(sum) with sum = ${metric}`;
  expect(signals(seenInRecording(inDev.recording)).map(({ what }) => what)).toEqual([
    ...["p50", "p95", "p99"].map((percentile) => `AWS/ApplicationELB TargetResponseTime ${balancer} ${percentile}`),
    rate(`AWS/ApplicationELB RequestCount ${balancer} Sum`),
    ...["ELB", "Target"].map((whose) => `AWS/ApplicationELB HTTPCode_${whose}_5XX_Count ${balancer} Sum`),
    rate(`phi3 vllm:generation_tokens_total ${group} Sum`),
    rate(`phi3 vllm:prompt_tokens_total ${group} Sum`),
    ...["running", "waiting"].map((what) => `phi3 vllm:num_requests_${what} ${group} Sum`),
    ...["Average", "Maximum"].map((statistic) => `phi3 vllm:kv_cache_usage_perc ${group} ${statistic}`),
    `phi3 nvidia_smi_utilization_gpu ${group} Average`,
    ...["used", "total"].map((what) => `phi3 nvidia_smi_memory_${what} ${group} Average`),
    `phi3 nvidia_smi_temperature_gpu ${group} Maximum`,
    `phi3 disk_used_percent ${group} Maximum`,
    `phi3 mem_used_percent ${group} Average`,
    serving,
    `AWS/AutoScaling GroupDesiredCapacity ${group} Average`,
    `serving * 1.006 with serving = ${serving}`,
    ...["p50", "p95", "p99"].map((percentile) => `AWS/ApiGateway Latency ApiId=phi3-api-api-id ${percentile}`),
    ...["Count", "4xx", "5xx"].map((count) => `AWS/ApiGateway ${count} ApiId=phi3-api-api-id Sum`),
    ...["Requests Sum", "4xxErrorRate Average", "5xxErrorRate Average"].map((signal) => {
      const [name, statistic] = signal.split(" ");
      return `AWS/CloudFront ${name} DistributionId=phi3-page-cdn-distribution-id Region=Global ${statistic}`;
    }),
    expect.stringMatching(/^AWS\/WAFV2 BlockedRequests .*phi3-edge-firewall-dev.* Sum$/),
    expect.stringMatching(/^AWS\/WAFV2 BlockedRequests .*phi3-firewall-dev.* Sum$/),
  ]);
});

describe("what it costs", () => {
  const limit = (of: Registered) => named(of, "phi3-budget-budget").limitAmount;

  test("is watched by a budget: the largest size around the clock, and a tenth", async () => {
    // 1.006 $ an hour, 730 hours a month, two or four instances.
    expect([limit(inDev), limit(inProd)]).toEqual(["1620", "3240"]);
    expect(limit(await devWith({ budgetUsdPerMonth: 200 }))).toBe("200");
  });

  test("is told by log groups that forget after 30 days", () => {
    const days = (of: Registered) =>
      of.recording.ofType("aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs.retentionInDays);
    expect(days(inDev)).toEqual(Array(7).fill(30));
    expect(days(inProd)).toEqual(Array(7).fill(30));
  });
});

test("outside dev a name and its certificate are needed, and both are asked for at once", async () => {
  const refused = registered("phi3", { ...prod, settings: {} });
  await expect(refused).rejects.toThrow(/has 2 mistakes[\s\S]*phi3\.domain\.name[\s\S]*phi3\.domain\.certificateArn/);
});
