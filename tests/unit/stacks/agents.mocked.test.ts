import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { requiredTagKeys } from "../../../components/lib/tags";
import { readSettings, secretNames } from "../../../services/gateway/settings";
import { shape } from "../../../services/gateway/settings-variables";
import { gatewaySecretKeys, gatewayVariables } from "../../../stacks/agents-gateway";
import {
  devDefaults,
  inTheClear,
  madeUpSecret,
  type Registered,
  registered,
  unwrapped,
} from "../../support/registered";
import { devWith, named, prod } from "./agents-fixtures";
import { codeSha256 } from "./agents-mocks";

vi.mock("../../../components/serverless/bundle", async (original) =>
  (await import("./agents-mocks")).withoutBundling(original as never),
);
// A run of the program takes half a second, and a minute where twenty others want the processor.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let inDev: Registered;
let inProd: Registered;
beforeAll(async () => {
  inDev = await registered("agents", devDefaults);
  inProd = await registered("agents", prod);
});

const each = () => [inDev, inProd];
const script = (of: Registered, fleet: string) =>
  gunzipSync(Buffer.from(named(of, `${fleet}-template-launch-template`).userData, "base64")).toString();
const lines = (of: Registered, fleet: string) => script(of, fleet).split("\n");
const statements = ({ recording }: Registered, role: string): Record<string, Record<string, unknown>[]> =>
  Object.fromEntries(
    recording
      .ofType("aws:iam/rolePolicy:RolePolicy")
      .filter(({ parent }) => parent === role)
      .map(({ name, inputs }) => [inputs.name, recording.document(name).Statement]),
  );
const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:123456789012:${resource}`;

describe("every resource", () => {
  test("has a name after its parent, a parent, and all required tags if it takes tags", () => {
    for (const { recording } of each()) {
      expect(recording.resources.length).toBeGreaterThan(200);
      expect(recording.misnamed()).toEqual([]);
      expect(recording.orphans()).toEqual([]);
      expect(recording.untagged(requiredTagKeys)).toEqual([]);
    }
  });

  test("holds a secret as a secret only, and given ones too", async () => {
    const secrets = { agentsGeminiApiKey: "g3m1n1-k3y", agentsApiKeys: '[{"id":"team"}]', agentsDatadogApiKey: "d0g" };
    for (const { recording } of [...each(), await devWith({}, secrets)]) {
      const inputs = recording.resources.map((resource) => resource.inputs);
      expect(JSON.stringify(inputs)).toContain(madeUpSecret);
      const clear = JSON.stringify(inTheClear(inputs));
      for (const secret of [madeUpSecret, ...Object.values(secrets)]) expect(clear).not.toContain(secret);
    }
  });

  test("that stores data is protected in prod, and in dev goes with all that it holds", () => {
    const kept = ({ recording }: Registered) => recording.resources.filter((resource) => resource.protect);
    expect(kept(inProd).map(({ name }) => name)).toEqual([
      "agents-access-logs-bucket",
      "agents-cache-group",
      "agents-code-bucket",
      "agents-database-instance",
      "agents-results-bucket",
      "agents-weights-bucket",
    ]);
    expect(kept(inDev)).toEqual([]);
    expect(named(inDev, "agents-database-instance")).toMatchObject({ skipFinalSnapshot: true });
    expect(named(inProd, "agents-database-instance")).toMatchObject({
      multiAz: true,
      deletionProtection: true,
      instanceClass: "db.r6g.xlarge",
      finalSnapshotIdentifier: "agents-database-prod-final",
    });
  });
});

describe("the network", () => {
  test("is over two zones with one NAT gateway in dev, over three with one in each in prod", () => {
    const network = ({ recording }: Registered) => [
      recording.ofType("aws:ec2/subnet:Subnet").map(({ inputs }) => inputs.availabilityZone.at(-1)),
      recording.ofType("aws:ec2/natGateway:NatGateway").length,
    ];
    expect(network(inDev)).toEqual([["a", "b", "a", "b"], 1]);
    expect(network(inProd)).toEqual([["a", "b", "c", "a", "b", "c"], 3]);
  });

  test("lets nobody but the gateway's machines reach engines, database and Redis", () => {
    for (const { recording } of each()) {
      const into = (group: string) =>
        recording
          .ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
          .filter(({ inputs }) => inputs.securityGroupId === `${group}-sg-group-id`)
          .map(({ inputs }) => [inputs.referencedSecurityGroupId ?? inputs.cidrIpv4, inputs.fromPort, inputs.toPort]);
      const servers = "agents-servers-sg-group-id";
      expect(into("agents-engines")).toEqual([[servers, 8000, 8000]]);
      expect(into("agents-database")).toEqual([[servers, 5432, 5432]]);
      expect(into("agents-cache")).toEqual([[servers, 6379, 6379]]);
      expect(into("agents-servers")).toEqual([["agents-alb-sg-group-id", 3000, 3000]]);
    }
  });
});

describe("the engines", () => {
  test("are none to two in dev, woken by the queue, and two to eight p5 in prod", () => {
    const size = (of: Registered) => {
      const { minSize, maxSize, desiredCapacity } = named(of, "agents-engines-group");
      return [named(of, "agents-engines-template-launch-template").instanceType, minSize, maxSize, desiredCapacity];
    };
    expect(size(inDev)).toEqual(["g5.xlarge", 0, 2, 0]);
    expect(size(inProd)).toEqual(["p5.48xlarge", 2, 8, 2]);
    const wakes = ({ recording }: Registered) => recording.resources.filter(({ name }) => /wak/.test(name)).length;
    expect([wakes(inDev), wakes(inProd)]).toEqual([2, 0]);
  });

  test("follow the jobs that wait for each of them", () => {
    const { targetTrackingConfiguration: tracking } = named(inProd, "agents-engines-policies-per-instance");
    expect(tracking.targetValue).toBe(10);
    const [total, instances, ratio] = tracking.customizedMetricSpecification.metrics;
    expect(total.metricStat.metric).toEqual({
      namespace: "AWS/SQS",
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: [{ name: "QueueName", value: "agents-jobs-prod" }],
    });
    expect(instances.metricStat.metric.metricName).toBe("GroupInServiceInstances");
    expect(ratio.expression).toBe("total / instances");
  });

  test("start vLLM with the settings' values and a key of their own", () => {
    expect(lines(inDev, "agents-engines")).toEqual(
      expect.arrayContaining([
        "MODEL='microsoft/Phi-3-mini-4k-instruct'",
        "PORT='8000'",
        "API_KEY_PARAMETER='/agents/dev/engine-key'",
        "DRAIN_SECONDS='300'",
      ]),
    );
    expect(statements(inDev, "agents-engines-instance")["engine-key-read"]).toEqual([
      expect.objectContaining({
        Action: ["ssm:GetParameter"],
        Resource: [arn("ssm", "parameter/agents/dev/engine-key")],
      }),
    ]);
  });

  test("start in reserved capacity and with EFA if asked", async () => {
    const capacity = { kind: "block", id: "cr-0123456789abcdef0", zone: "us-east-1b" };
    const stack = await registered("agents", { ...prod, settings: { ...prod.settings, efa: true, capacity } });
    const template = named(stack, "agents-engines-template-launch-template");
    expect(template.networkInterfaces).toHaveLength(32);
    expect(template.instanceMarketOptions).toEqual({ marketType: "capacity-block" });
    expect(named(stack, "agents-engines-group").vpcZoneIdentifiers).toEqual(["agents-network-private-b-id"]);
  });
});

describe("the gateway's machines", () => {
  test("run the file that the launch template names by checksum, and find all else in a parameter", () => {
    const { bucket } = named(inDev, "agents-code-bucket");
    expect(lines(inDev, "agents-servers")).toEqual(
      expect.arrayContaining([
        `CODE_BUCKET='${bucket}'`,
        `CODE_KEY='gateway/${codeSha256}.js'`,
        `CODE_SHA256='${codeSha256}'`,
        "ENVIRONMENT_PARAMETER='/agents/dev/gateway-environment'",
        "PORT='3000'",
        "HEALTH_PATH='/api/health/ready'",
        "FLEET_GROUP='agents-engines-dev'",
        "REPLICA_NAMES='3'",
        "DATADOG_SECRET=''",
      ]),
    );
    expect(named(inDev, "agents-code-gateway")).toMatchObject({ key: `gateway/${codeSha256}.js` });
    for (const of of each())
      for (const fleet of ["agents-servers", "agents-engines"]) expect(script(of, fleet)).not.toContain(madeUpSecret);
  });

  test("start when the parameter, the code and the secret are there", () => {
    expect(inDev.recording.named("agents-servers-group").dependencies).toEqual(
      expect.arrayContaining([
        "agents-gateway-environment-parameter",
        "agents-code-gateway",
        "agents-gateway-version",
        "agents-servers-instance-database-secret-read",
      ]),
    );
  });

  test("have an environment of the gateway's own variables, without a secret", async () => {
    const everything = await devWith(
      { ollama: { url: "https://ollama.example.com/v1", model: "llama3.2:1b" } },
      { agentsDatadogApiKey: "d0g" },
    );
    const environment = (of: Registered) =>
      JSON.parse(named(of, "agents-gateway-environment-parameter").insecureValue) as Record<string, string>;
    expect(Object.keys(environment(everything)).sort()).toEqual([...gatewayVariables].sort());
    expect(environment(everything)).toMatchObject({ ENABLE_DATADOG: "true", OLLAMA_MODEL: "llama3.2:1b" });
    expect(() => readSettings({ ...environment(everything), ALLOW_ANONYMOUS: "true" })).not.toThrow();
    expect(Object.keys(shape)).toEqual(expect.arrayContaining([...gatewayVariables, ...gatewaySecretKeys]));
    expect(secretNames).toEqual(expect.arrayContaining([...gatewaySecretKeys]));
    expect(environment(inDev)).toEqual({
      HOST: "0.0.0.0",
      PORT: "3000",
      SHUTDOWN_GRACE_SECONDS: "290",
      REQUEST_TIMEOUT_SECONDS: "300",
      AWS_REGION: "us-east-1",
      LEAVING_FILE: "/var/lib/llm-stacks/leaving",
      VLLM_BASE_URLS: "http://replica-1:8000/v1,http://replica-2:8000/v1,http://replica-3:8000/v1",
      VLLM_MODEL: "phi-3-mini",
      DATABASE_URL: "postgres://agents-database-instance.rds.example.com:5432/gateway",
      DATABASE_SECRET_ID: arn("secretsmanager", "secret:rds!agents-database-instance-AbCdEf"),
      DATABASE_TLS: "verify",
      DATABASE_CA_FILE: "/etc/llm-stacks/rds-ca.pem",
      REDIS_URL: "rediss://agents-cache-group.cache.example.com:6379",
      JOBS_QUEUE_URL: "https://sqs.example.com/agents-jobs-queue",
      JOBS_VISIBILITY_SECONDS: "120",
      JOBS_KEEP_DAYS: "30",
      RESULTS_BUCKET: named(inDev, "agents-results-bucket").bucket,
      GATEWAY_SECRET_ID: "agents/dev/gateway",
      ENABLE_DATADOG: "false",
      DD_SERVICE: "llm-gateway",
      DD_ENV: "dev",
    });
    expect(inDev.outputs["gatewayEnvironment"]).toEqual(environment(inDev));
  });

  test("find callers', providers', Redis's and engines' keys in one secret; left out ones are absent", async () => {
    const keys = (of: Registered) => {
      const { secretString } = unwrapped(named(of, "agents-gateway-version")) as { secretString: string };
      return JSON.parse(secretString) as Record<string, string>;
    };
    const { API_KEYS = "", ...others } = keys(inDev);
    expect(JSON.parse(API_KEYS)).toEqual([
      { id: "default", sha256: createHash("sha256").update(madeUpSecret).digest("hex"), admin: true },
    ]);
    expect(others).toEqual({
      REDIS_AUTH_TOKEN: madeUpSecret,
      VLLM_API_KEY: madeUpSecret,
      WEBHOOK_SECRET: madeUpSecret,
    });
    const given = await devWith({}, { agentsGeminiApiKey: "g3m1n1", agentsApiKeys: '[{"id":"team"}]' });
    expect(Object.keys(keys(given)).sort()).toEqual([...gatewaySecretKeys].sort());
    expect(keys(given)).toMatchObject({ GEMINI_API_KEY: "g3m1n1", API_KEYS: '[{"id":"team"}]' });
    expect(given.outputs["apiKeyParameter"]).toBeUndefined();
    expect(inDev.outputs["apiKeyParameter"]).toBe("/agents/dev/api-key");
  });

  test("may do what the gateway does, and nothing else", () => {
    const allowed = Object.fromEntries(
      Object.entries(statements(inDev, "agents-servers-instance")).map(([purpose, list]) => [
        purpose,
        list.map((one) => [one["Action"], one["Resource"]]),
      ]),
    );
    const { bucket: code } = named(inDev, "agents-code-bucket");
    const { bucket: results } = named(inDev, "agents-results-bucket");
    const queue = arn("sqs", "agents-jobs-dev");
    const { "own-lifecycle": _own, "session-manager": _session, telemetry: _telemetry, ...own } = allowed;
    expect(own).toEqual({
      "gateway-environment-read": [[["ssm:GetParameter"], [arn("ssm", "parameter/agents/dev/gateway-environment")]]],
      "code-read-gateway": [
        [["s3:GetObject"], [`arn:aws:s3:::${code}/gateway/*`]],
        [["s3:ListBucket"], [`arn:aws:s3:::${code}`]],
      ],
      "database-secret-read": [
        [["secretsmanager:GetSecretValue"], [arn("secretsmanager", "secret:rds!agents-database-instance-AbCdEf")]],
      ],
      "gateway-secret-read": [
        [["secretsmanager:GetSecretValue"], [arn("secretsmanager", "secret:agents/dev/gateway-??????")]],
      ],
      "jobs-send": [[["sqs:SendMessage"], [queue]]],
      "jobs-consume": [
        [["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"], [queue]],
      ],
      "results-read-write-results": [[["s3:GetObject", "s3:PutObject"], [`arn:aws:s3:::${results}/results/*`]]],
      "find-engines": [[["autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances"], ["*"]]],
    });
  });

  test("run the Datadog agent where there is a key, and read it from a secret of its own", async () => {
    const stack = await devWith({ datadogSite: "datadoghq.eu" }, { agentsDatadogApiKey: "d0g-k3y" });
    expect(lines(stack, "agents-servers")).toEqual(
      expect.arrayContaining([
        "DATADOG_SECRET='agents/dev/datadog'",
        "DATADOG_SITE='datadoghq.eu'",
        "DATADOG_ENV='dev'",
        "DATADOG_SERVICE='llm-gateway'",
      ]),
    );
    expect(statements(stack, "agents-servers-instance")["datadog-secret-read"]).toEqual([
      expect.objectContaining({ Resource: [arn("secretsmanager", "secret:agents/dev/datadog-??????")] }),
    ]);
    expect(inDev.recording.resources.filter(({ name }) => name.includes("datadog"))).toEqual([]);
  });

  test("get the gateway's paths from the load balancer, and nothing else", () => {
    const rules = inDev.recording.ofType("aws:lb/listenerRule:ListenerRule").map(({ inputs }) => inputs.conditions);
    expect(rules).toEqual([
      [{ pathPattern: { values: ["/v1/*"] } }],
      [
        { pathPattern: { values: ["/api/health", "/api/health/*", "/openapi.json"] } },
        { httpRequestMethod: { values: ["GET"] } },
      ],
    ]);
    expect(named(inDev, "agents-alb-gateway")).toMatchObject({
      port: 3000,
      deregistrationDelay: 300,
      healthCheck: { path: "/api/health/live" },
    });
  });
});

describe("alarms", () => {
  const alarms = ({ recording }: Registered) =>
    recording
      .ofType("aws:cloudwatch/metricAlarm:MetricAlarm")
      .filter(({ inputs }) => /Runbook/.test(inputs.alarmDescription) && inputs.okActions)
      .map(({ inputs }) => inputs);

  test("ring for requests, jobs, scaling, database and Redis, each with its page of the runbook", () => {
    const names = (of: Registered, stack: string) =>
      alarms(of).map(({ name }) => name.replace(/^agents-/, "").replace(`-${stack}`, ""));
    const inBoth = [
      ...["backlog", "cache-cpu", "cache-evictions", "cache-memory"],
      ...["database-cpu", "database-memory", "database-storage", "errors", "failed-jobs"],
      ...["missing-instances", "queue-age", "slow-to-scale", "unhealthy-targets"],
    ];
    expect(names(inDev, "dev")).toEqual(inBoth);
    expect(names(inProd, "prod")).toEqual([...inBoth, "cache-replication"].sort());
    for (const { name, alarmDescription } of alarms(inProd))
      expect(alarmDescription).toContain(`docs/runbooks/agents.md#${name.slice("agents-".length, -"-prod".length)}`);
  });

  test("on the backlog divide by the engines that serve, and count all where none does", () => {
    const [backlog] = alarms(inProd).filter(({ name }) => name === "agents-backlog-prod");
    expect(backlog).toMatchObject({ threshold: 30, evaluationPeriods: 30, comparisonOperator: "GreaterThanThreshold" });
    expect(backlog.metricQueries[0].expression).toBe(
      "IF(FILL(serving, 0) < 1, FILL(waiting, 0), FILL(waiting, 0) / serving)",
    );
  });

  test("on storage ring at a tenth of what there is", () => {
    const [storage] = alarms(inProd).filter(({ name }) => name === "agents-database-storage-prod");
    expect(storage).toMatchObject({ threshold: 10 * 1024 ** 3, comparisonOperator: "LessThanThreshold" });
  });
});

test("the dashboard shows requests, jobs, engines, time to scale, database and Redis", () => {
  const { dashboardBody } = named(inProd, "agents-dashboard-dashboard");
  const text = typeof dashboardBody === "string" ? dashboardBody : JSON.stringify(dashboardBody);
  for (const title of [
    "Age of the oldest job (s)",
    "Jobs waiting for each engine",
    "Engines on their way",
    "Tokens per second",
    "Server errors per minute",
    "Connections",
    "Evicted keys",
  ])
    expect(text).toContain(title);
});
