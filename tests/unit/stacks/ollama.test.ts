import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { defaultOllamaBudget, idleUsdPerMonth } from "../../../stacks/ollama-cost";
import type { RecordedResource } from "../../support/mocks";
import { type Configuration, devDefaults, madeUpSecret, type Registered, registered } from "../../support/registered";

const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";
const prod: Configuration = {
  ...devDefaults,
  stack: "prod",
  environment: "prod",
  region: "eu-central-1",
  settings: {
    domain: { name: "origin.example.com", certificateArn: certificateArn.replace("us-east-1", "eu-central-1") },
    pageDomain: { name: "chat.example.com", certificateArn },
    databaseCidr: "10.20.0.0/24",
  },
  secrets: { ollamaDatabaseUrl: "postgresql://web-ui:s3cret@10.20.0.5/web-ui" },
};

let inDev: Registered;
let inProd: Registered;
beforeAll(async () => {
  inDev = await registered("ollama", devDefaults);
  inProd = await registered("ollama", prod);
});

const named = ({ recording }: Registered, name: string) => recording.named(name).inputs;
const script = ({ recording }: Registered) => {
  const { userData } = recording.named("ollama-servers-template-launch-template").inputs;
  return gunzipSync(Buffer.from(userData, "base64")).toString("utf8");
};
const statements = ({ recording }: Registered, name: string) =>
  recording.document(name).Statement.map(({ Action, Resource }) => ({ Action, Resource }));
const plain = (value: unknown) =>
  JSON.parse(JSON.stringify(value).replaceAll("4dabf18193072939515e22adb298388d", "secret"));

describe("[ollama 1.1] [ollama 1.2] [ollama 1.3] [ollama 1.4] names are the document's", () => {
  test.each([
    ["ollama-network-vpc", "tags.Name", "ollama-network-dev"],
    ["ollama-alb-load-balancer", "name", "ollama-alb-dev"],
    ["ollama-alb-tg", "name", "ollama-tg-dev"],
    ["ollama-alb-web-ui-tg", "name", "ollama-web-ui-tg-dev"],
    ["ollama-alb-sg-group", "name", "ollama-alb-sg-dev"],
    ["ollama-servers-sg-group", "name", "ollama-app-sg-dev"],
    ["ollama-servers-group", "name", "ollama-asg-dev"],
    ["ollama-servers-instance-role", "name", "ollama-ec2-role-dev"],
    ["ollama-servers-profile", "name", "ollama-ec2-profile-dev"],
    ["ollama-data-table-table", "name", "ollama-data-table-dev"],
    ["ollama-alerts-topic", "name", "ollama-alerts-dev"],
    ["ollama-app-log-group", "name", "/aws/ec2/ollama-app-dev"],
    ["ollama-service-log-group", "name", "/aws/ec2/ollama-service-dev"],
    ["ollama-servers-policies-busy-alarm", "name", "ollama-high-cpu-dev"],
    ["ollama-low-cpu-alarm", "name", "ollama-low-cpu-dev"],
    ["ollama-cdn-distribution", "comment", "Ollama and Open WebUI"],
  ])("%s", (name, property, value) => {
    expect(property.split(".").reduce((at, key) => at[key], named(inDev, name))).toBe(value);
  });

  test("the bucket's has a hash behind it, as bucket names are everyone's", () => {
    expect(named(inDev, "ollama-storage-bucket").bucket).toMatch(/^ollama-storage-dev-[0-9a-f]{8}$/);
  });
});

describe("requests", () => {
  const rules = ({ recording }: Registered) =>
    recording
      .ofType("aws:lb/listenerRule:ListenerRule")
      .map(({ inputs: { priority, conditions, actions } }) => ({
        priority,
        conditions: plain(conditions).value ?? conditions,
        actions,
      }))
      .sort((one, other) => one.priority - other.priority);

  test("go to Ollama with the key, get 403 without it, and go to Open WebUI where the paths are its own", () => {
    const toOllama = [{ type: "forward", targetGroupArn: "arn:aws:mock:us-east-1:123456789012:ollama-alb-tg" }];
    const found = rules(inDev);
    expect(found.map(({ priority }) => priority)).toEqual([10, 20, 30, 100]);
    expect(found.map(({ conditions }) => conditions[0].pathPattern.values)).toEqual([
      ["/api/generate", "/api/chat", "/api/tags", "/api/version"],
      ["/v1/*"],
      ["/api/generate", "/api/chat", "/api/tags", "/v1/*"],
      ["/*"],
    ]);
    const withKey = { httpHeader: { httpHeaderName: "Authorization", values: [`Bearer ${madeUpSecret}`] } };
    expect(found.map(({ conditions }) => conditions[1])).toEqual([withKey, withKey, undefined, undefined]);
    expect(found[0]?.actions).toEqual(toOllama);
    expect(found[1]?.actions).toEqual(toOllama);
    expect(found[2]?.actions[0]).toMatchObject({ type: "fixed-response", fixedResponse: { statusCode: "403" } });
    expect(found[3]?.actions[0].targetGroupArn).toMatch(/ollama-alb-web-ui-tg$/);
  });

  test("are health-checked by what fails with the application; a browser stays with its Open WebUI", () => {
    expect(named(inDev, "ollama-alb-tg")).toMatchObject({
      port: 11434,
      healthCheck: { path: "/api/version" },
      deregistrationDelay: 300,
      stickiness: { enabled: false },
    });
    expect(named(inDev, "ollama-alb-web-ui-tg")).toMatchObject({
      port: 8080,
      healthCheck: { path: "/health" },
      stickiness: { enabled: true },
    });
  });

  test("[ollama 1.7] through CloudFront live, but for Open WebUI's files", () => {
    const { orderedCacheBehaviors, defaultCacheBehavior } = named(inDev, "ollama-cdn-distribution");
    expect(orderedCacheBehaviors.map((each: { pathPattern: string }) => each.pathPattern)).toEqual([
      "/_app/immutable/*",
      "/static/*",
    ]);
    expect(defaultCacheBehavior).toMatchObject({
      viewerProtocolPolicy: "redirect-to-https",
      cachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    });
  });
});

describe("[ollama 4.1] instances", () => {
  test("start with the settings' values", () => {
    const text = script(inDev);
    for (const line of [
      "MODEL='llama3.2:1b'",
      "MODEL_DIGEST='baf6a787fdffd633537aa2eb51cfd54cb93ff08e28040095462bb63daf552878'",
      "CONTEXT_TOKENS='4096'",
      "PARALLEL_REQUESTS='2'",
      "GROUP_NAME='ollama-asg-dev'",
      "METRICS_NAMESPACE='ollama'",
      "SECRET_KEY_PARAMETER='/ollama/dev/session-key'",
      "ADMIN_PASSWORD_PARAMETER='/ollama/dev/admin-password'",
      "DATABASE_URL_PARAMETER=''",
      "WEB_UI_URL=''",
      "BACKUP_TABLE='ollama-data-table-dev'",
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(text).toMatch(/^WEB_UI_IMAGE='ghcr\.io\/open-webui\/open-webui@sha256:9cd136ef[0-9a-f]+'$/m);
  });

  test("with a database take its URL from a parameter, and reach it and nothing else beside 80 and 443", () => {
    expect(script(inProd).split("\n")).toContain("DATABASE_URL_PARAMETER='/ollama/prod/database-url'");
    expect(script(inProd).split("\n")).toContain("WEB_UI_URL='https://chat.example.com'");
    expect(script(inProd)).not.toContain("s3cret");
    const out = (all: Registered) =>
      all.recording
        .ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        .filter(({ parent }) => parent === "ollama-servers-sg")
        .map(({ inputs }) => [inputs.fromPort, inputs.toPort, inputs.cidrIpv4]);
    expect(out(inDev)).toEqual([
      [443, 443, "0.0.0.0/0"],
      [80, 80, "0.0.0.0/0"],
    ]);
    expect(out(inProd)).toContainEqual([5432, 5432, "10.20.0.0/24"]);
    expect(out(inProd)).toHaveLength(3);
  });

  test("have time to boot before the hook gives them up", () => {
    const { heartbeatTimeout } = named(inDev, "ollama-servers-hold-until-healthy");
    const [, healthSeconds] = /HEALTH_TIMEOUT_SECONDS='(\d+)'/.exec(script(inDev)) ?? [];
    expect(heartbeatTimeout).toBeGreaterThanOrEqual(Number(healthSeconds) + 1200);
  });

  test("[ollama 6.4] may read their secrets, uploads and archive, and write what they save", () => {
    const policies = inDev.recording
      .ofType("aws:iam/rolePolicy:RolePolicy")
      .filter(({ parent }) => parent === "ollama-servers-instance")
      .map(({ name }) => name.replace("ollama-servers-instance-", ""));
    expect(policies).toEqual([
      "admin-password-read",
      "data-table-read-update",
      "own-lifecycle",
      "session-key-read",
      "session-manager",
      "storage-read-uploads",
      "storage-read-versions-web-ui",
      "storage-write-uploads",
      "storage-write-web-ui",
      "telemetry",
    ]);
    const bucket = `arn:aws:s3:::${inDev.outputs["bucketName"]}`;
    expect(statements(inDev, "ollama-servers-instance-storage-write-web-ui")).toEqual([
      { Action: ["s3:PutObject"], Resource: [`${bucket}/web-ui/*`] },
    ]);
    expect(statements(inDev, "ollama-servers-instance-data-table-read-update")).toEqual([
      {
        Action: ["dynamodb:GetItem", "dynamodb:UpdateItem"],
        Resource: ["arn:aws:dynamodb:us-east-1:123456789012:table/ollama-data-table-dev"],
      },
    ]);
  });

  test("with a database have no archive, and no permission for one", () => {
    const names = inProd.recording.resources.map(({ name }) => name);
    expect(names).toContain("ollama-servers-instance-database-url-read");
    expect(names.filter((name) => /instance-(?:data-table|storage-.*web-ui)/.test(name))).toEqual([]);
  });
});

describe("[ollama 5.5] alarms", () => {
  const alarms = ({ recording }: Registered): RecordedResource[] =>
    recording.ofType("aws:cloudwatch/metricAlarm:MetricAlarm");

  test("are the document's nine, and what else fails", () => {
    expect(
      alarms(inDev)
        .map(({ inputs }) => inputs.name.replace(/^ollama-(.*)-dev$/, "$1"))
        .sort(),
    ).toEqual([
      "edge-errors",
      "errors",
      "high-cpu",
      "high-memory",
      "idle",
      "inference-failures",
      "low-cache-hit-rate",
      "low-cpu",
      "missing-instances",
      "table-throttling",
      "unhealthy-targets",
      "unhealthy-web-ui",
      "upload-failures",
    ]);
  });

  test.each([
    [
      "ollama-servers-policies-busy-alarm",
      { comparisonOperator: "GreaterThanThreshold", threshold: 40, metricName: "CPUUtilization" },
    ],
    ["ollama-low-cpu-alarm", { comparisonOperator: "LessThanThreshold", threshold: 30, metricName: "CPUUtilization" }],
    [
      "ollama-high-memory-alarm",
      {
        comparisonOperator: "GreaterThanThreshold",
        threshold: 80,
        metricName: "mem_used_percent",
        namespace: "ollama",
      },
    ],
    ["ollama-upload-failures-alarm", { threshold: 0, metricName: "BackupFailures", statistic: "Sum" }],
  ])("%s", (name, expected) => {
    expect(named(inDev, name)).toMatchObject(expected);
  });

  test("on CloudFront are in us-east-1, with a topic there that mails to the same address", () => {
    const edge = ["ollama-low-cache-hit-rate-alarm", "ollama-edge-errors-alarm"];
    for (const name of edge) {
      expect(named(inProd, name)).toMatchObject({ region: "us-east-1" });
      expect(named(inProd, name).alarmActions[0]).toMatch(/ollama-edge-alerts-topic$/);
      expect(named(inDev, name).alarmActions[0]).toMatch(/ollama-alerts-topic$/);
    }
    expect(named(inProd, "ollama-edge-alerts-topic").region).toBe("us-east-1");
    expect(named(inProd, "ollama-edge-alerts-email").endpoint).toBe("ops@example.com");
    expect(named(inProd, "ollama-high-memory-alarm").region).toBe("eu-central-1");
  });
});

test("[ollama 5.3] the dashboard has every family of metrics", () => {
  const body = JSON.parse(named(inDev, "ollama-dashboard-dashboard").dashboardBody);
  const shown = new Set<string>();
  for (const { properties } of body.widgets) {
    for (const [namespace, name] of properties.metrics ?? []) {
      if (typeof namespace === "string") shown.add(`${namespace} ${name}`);
    }
  }
  expect([...shown]).toEqual(
    expect.arrayContaining([
      "AWS/EC2 CPUUtilization",
      "AWS/EC2 NetworkIn",
      "AWS/EC2 NetworkOut",
      "ollama mem_used_percent",
      "ollama disk_used_percent",
      "AWS/ApplicationELB RequestCount",
      "AWS/ApplicationELB TargetResponseTime",
      "AWS/ApplicationELB HTTPCode_Target_5XX_Count",
      "AWS/AutoScaling GroupInServiceInstances",
      "AWS/AutoScaling GroupPendingInstances",
      "AWS/DynamoDB ConsumedReadCapacityUnits",
      "AWS/DynamoDB ConsumedWriteCapacityUnits",
      "AWS/DynamoDB WriteThrottleEvents",
      "AWS/S3 AllRequests",
      "AWS/S3 5xxErrors",
      "AWS/S3 BucketSizeBytes",
      "AWS/CloudFront Requests",
      "AWS/CloudFront CacheHitRate",
      "AWS/CloudFront 5xxErrorRate",
      "ollama InferenceLatency",
      "ollama ModelLoadTime",
    ]),
  );
});

describe("[ollama 10.3] the budget", () => {
  const small = {
    instanceTypes: ["t3.medium" as const],
    nat: "single" as const,
    availabilityZones: ["a", "b"],
    size: { min: 1, max: 1 },
  };

  test("is what the largest size costs, and a fifth", () => {
    expect(named(inDev, "ollama-budget-budget").limitAmount).toBe(String(defaultOllamaBudget(small)));
    // 30.37 + 10.10 + 36.50 + 16.43 + 7.30 + 19 + 8 + 3 + 2.10
    expect(idleUsdPerMonth(small, 1)).toBeCloseTo(132.8, 1);
    expect(defaultOllamaBudget(small)).toBe(160);
  });

  test("grows with the largest size, gateways and the dearest type", () => {
    const large = { ...small, nat: "per-az" as const, instanceTypes: ["t3.medium" as const, "c5.large" as const] };
    expect(idleUsdPerMonth(large, 2) - idleUsdPerMonth(small, 1)).toBeCloseTo(2 * 62.05 - 30.368 + 10.1 + 36.5, 2);
  });
});
