/**
 * What holds for every stack with ollama, whatever its environment, size, zones, region and names. Judged on what the program registers; the engine's own tests say
 * what the local AWS made of it (tests/engine/stacks).
 */
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameLimits } from "../../../components/lib/names";
import { requiredTagKeys } from "../../../components/lib/tags";
import { ConfigError } from "../../../stacks/config";
import { ollamaSchema } from "../../../stacks/ollama-settings";
import { systems } from "../../../stacks/systems";
import { isTaggable, type RecordedResource } from "../../support/mocks";
import {
  everywhere,
  inferenceConfigurations,
  inTheClear,
  madeUpSecret,
  type Registered,
  registered,
  unwrapped,
} from "../../support/registered";

const databaseUrl = "postgresql://web-ui:Pa55-of-the-database@10.99.0.7/web-ui";
const hex = fc.constantFrom(..."0123456789abcdef");
const digest = fc.string({ unit: hex, minLength: 64, maxLength: 64 });

/** Settings that are ollama's own: a model, an instance type that holds it, sizes that its database allows. */
function settingsIn() {
  const model = fc.record(
    {
      name: fc.constantFrom("llama3.2:1b", "qwen2.5:0.5b", "library/mistral:7b-instruct_q4"),
      digest,
      contextTokens: fc.integer({ min: 512, max: 4096 }),
      parallelRequests: fc.integer({ min: 1, max: 2 }),
    },
    { requiredKeys: ["name", "digest"] },
  );
  const size = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).map(([one, other]) => ({
    min: Math.min(one, other),
    max: Math.max(one, other),
  }));
  const own = fc.record(
    {
      model,
      schedules: fc.constant([]),
      instanceTypes: fc.constantFrom(["t3.medium"], ["t4g.large"], ["c5.large", "c6i.xlarge", "m5.large"]),
      snapChannel: fc.constantFrom("latest/stable", "0.20/candidate"),
      admin: fc.record({
        cidr: fc.constantFrom("203.0.113.0/24", "198.51.100.7/32"),
        keyName: fc.constant("ollama-key"),
      }),
      logRetentionDays: fc.constantFrom(14, 30, 90),
      spot: fc.constant({ onDemandBase: 0 }),
      longestGenerationSeconds: fc.integer({ min: 120, max: 900 }),
    },
    { requiredKeys: ["model", "schedules"] },
  );
  return fc.tuple(own, size, fc.boolean()).map(([settings, sizes, database]) => ({
    settings: database
      ? { ...settings, size: sizes, databaseCidr: "10.99.0.0/24" }
      : { ...settings, size: { min: 1, max: 1 } },
    secrets: (database ? { ollamaDatabaseUrl: databaseUrl } : {}) as Record<string, string>,
  }));
}

const configurations = inferenceConfigurations(settingsIn);
const forAll = everywhere("ollama", configurations);

const custom = ({ recording }: Registered): RecordedResource[] =>
  recording.resources.filter((resource) => resource.custom);
const ofType = ({ recording }: Registered, type: string): RecordedResource[] => recording.ofType(type);
const settingsOf = ({ configuration }: Registered) => {
  const { environment, region, settings, secrets } = configuration;
  return ollamaSchema({ environment, region, secrets: new Set(Object.keys(secrets)) }).parse(settings);
};

function scriptOf(all: Registered): string {
  const [template] = ofType(all, "aws:ec2/launchTemplate:LaunchTemplate");
  return gunzipSync(Buffer.from(template?.inputs.userData, "base64")).toString("utf8");
}

interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource?: string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
  readonly Principal?: unknown;
}

function documentsIn({ inputs }: RecordedResource, property: string): Statement[] {
  return JSON.parse(String(unwrapped(inputs[property]))).Statement;
}

/** Names that are unique within what they belong to, such as a group's policies. */
const namedWithin = [
  "aws:autoscaling/policy:Policy",
  "aws:autoscaling/lifecycleHook:LifecycleHook",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:s3/bucketMetric:BucketMetric",
];

test("[ollama P1] every resource is named ollama, and no two of a kind have one name", () =>
  forAll((all) => {
    const seen = new Set<string>();
    for (const { name: logical, type, inputs } of custom(all)) {
      expect(logical).toMatch(/^ollama-/);
      const tagged = inputs.tags?.Name;
      if (tagged !== undefined) expect(tagged).toMatch(/^ollama-/);
      const name = namedWithin.includes(type)
        ? undefined
        : (inputs.name ?? (type === "aws:s3/bucket:Bucket" ? inputs.bucket : undefined));
      if (name === undefined) continue;
      expect(name).toMatch(
        /^(?:\/ollama\/|\/aws\/(?:ec2|vpc[a-z-]*)\/ollama-|\/vpc\/[a-z-]*ollama|aws-waf-logs-ollama-|alias\/ollama-|ollama-)/,
      );
      expect(seen).not.toContain(`${type} ${inputs.region} ${name}`);
      seen.add(`${type} ${inputs.region} ${name}`);
    }
    expect(seen.size).toBeGreaterThan(30);
    const [balancer] = ofType(all, "aws:lb/loadBalancer:LoadBalancer");
    expect(balancer?.inputs.name.length).toBeLessThanOrEqual(nameLimits.loadBalancer);
    for (const { inputs } of ofType(all, "aws:lb/targetGroup:TargetGroup")) {
      expect(inputs.name.length).toBeLessThanOrEqual(nameLimits.targetGroup);
    }
  }));

describe("[ollama P4] settings", () => {
  test("stand under ollama, have English names in camel case, and nothing else is taken", () => {
    expect(systems.ollama.configKey).toBe("ollama");
    for (const key of systems.ollama.secretKeys) expect(key).toMatch(/^ollama[A-Z][A-Za-z]+$/);
    const known = Object.keys(ollamaSchema({ environment: "dev", region: "us-east-1", secrets: new Set() }).parse({}));
    for (const key of known) expect(key).toMatch(/^[a-z]+(?:[A-Z][a-z]+)*$/);
    expect(known.length).toBeGreaterThan(15);
  });

  test("of an unknown name are refused by it", () =>
    fc.assert(
      fc.asyncProperty(
        configurations,
        fc.stringMatching(/^(?:terraform|crud|education)[A-Z][a-z]{1,8}$/),
        async (configuration, key) => {
          const wrong = { ...configuration, settings: { ...configuration.settings, [key]: "x" } };
          await expect(registered("ollama", wrong)).rejects.toThrow(ConfigError);
          await expect(registered("ollama", wrong)).rejects.toThrow(`llm-stacks:ollama.${key} is not a setting`);
        },
      ),
      { numRuns: 10 },
    ));

  test("all have a default in dev", () => {
    const parsed = ollamaSchema({ environment: "dev", region: "us-east-1", secrets: new Set() }).safeParse({});
    expect(parsed.error).toBeUndefined();
  });
});

test("[ollama P5] every taggable resource says project, environment, stack, system, manager and service", () =>
  forAll((all) => {
    const { environment, stack } = all.configuration;
    // A group has its tags as a list, looked at below.
    const taggable = custom(all).filter(({ type }) => isTaggable(type) && type !== "aws:autoscaling/group:Group");
    expect(taggable.length).toBeGreaterThan(60);
    for (const { name, inputs } of taggable) {
      expect(Object.keys(inputs.tags ?? {}), name).toEqual(expect.arrayContaining([...requiredTagKeys]));
      expect(inputs.tags).toMatchObject({
        Project: "llm-stacks",
        Environment: environment,
        Stack: stack,
        System: "ollama",
        ManagedBy: "pulumi",
      });
    }
    const [group] = ofType(all, "aws:autoscaling/group:Group");
    const passedOn = group?.inputs.tags.filter((tag: { propagateAtLaunch: boolean }) => tag.propagateAtLaunch);
    expect(passedOn.map((tag: { key: string }) => tag.key)).toEqual(expect.arrayContaining([...requiredTagKeys]));
    const [template] = ofType(all, "aws:ec2/launchTemplate:LaunchTemplate");
    for (const { tags } of template?.inputs.tagSpecifications ?? []) {
      expect(Object.keys(tags)).toEqual(expect.arrayContaining([...requiredTagKeys]));
    }
  }));

test("[ollama P6] outputs have names in camel case, are never empty, and name what is ollama's", () =>
  forAll(({ outputs }) => {
    expect(Object.keys(outputs).sort()).toEqual([
      "adminEmail",
      "adminPasswordParameter",
      "alarmTopicArn",
      "apiKeyParameter",
      "apiTargetGroupArn",
      "appLogGroup",
      "bucketName",
      "dashboardUrl",
      "distributionId",
      "groupName",
      "listenerPort",
      "loadBalancerDns",
      "model",
      "ollamaUrl",
      "scheme",
      "serviceLogGroup",
      "tableName",
      "webUiTargetGroupArn",
    ]);
    for (const [key, value] of Object.entries(outputs)) {
      expect(key).toMatch(/^[a-z]+(?:[A-Z][a-z]+)*$/);
      expect(["string", "number"]).toContain(typeof value);
      expect(String(value)).not.toBe("");
    }
    for (const key of ["groupName", "tableName", "bucketName"]) expect(outputs[key]).toMatch(/^ollama-/);
    expect(outputs["dashboardUrl"]).toMatch(/#dashboards\/dashboard\/ollama-/);
  }));

test("[ollama P8] user data installs Ollama from the channel and pulls the model by its digest", () =>
  forAll((all) => {
    const { model, snapChannel } = settingsOf(all);
    const lines = scriptOf(all).split("\n");
    expect(lines).toContain(`SNAP_CHANNEL='${snapChannel}'`);
    expect(lines).toContain(`MODEL='${model.name}'`);
    expect(lines).toContain(`MODEL_DIGEST='${model.digest}'`);
    expect(lines).toContain(`CONTEXT_TOKENS='${model.contextTokens}'`);
    expect(lines.map((line) => line.trim())).toContain('retry 5 snap install ollama --channel="$SNAP_CHANNEL"');
    const steps = lines.flatMap((line) => /^step "([^"]+)"/.exec(line)?.[1] ?? []);
    const place = (step: string) => steps.indexOf(step);
    expect(place("ollama")).toBeGreaterThan(0);
    expect(place("ollama")).toBeLessThan(place("model"));
    expect(place("model")).toBeLessThan(place("health gate"));
    expect(place("open webui")).toBeLessThan(place("health gate"));
  }));

test("[ollama P20] log groups are named for their instances, end with their stack, and forget", () =>
  forAll((all) => {
    const { stack } = all.configuration;
    const groups = ofType(all, "aws:cloudwatch/logGroup:LogGroup");
    const names = groups.map(({ inputs }) => inputs.name);
    expect(names).toEqual(expect.arrayContaining([`/aws/ec2/ollama-app-${stack}`, `/aws/ec2/ollama-service-${stack}`]));
    expect([all.outputs["appLogGroup"], all.outputs["serviceLogGroup"]]).toEqual([
      `/aws/ec2/ollama-app-${stack}`,
      `/aws/ec2/ollama-service-${stack}`,
    ]);
    for (const { inputs } of groups) expect(inputs.retentionInDays).toBe(settingsOf(all).logRetentionDays);
  }));

test("[ollama P21] every log of an instance goes to a group of the stack, which the instance may write to", () =>
  forAll((all) => {
    const [, agent = ""] =
      /printf '%s\\n' '(\{[^']*\})' \| put \/etc\/llm-stacks\/agent\.json/.exec(scriptOf(all)) ?? [];
    const { logs, metrics } = JSON.parse(agent);
    const collected: { file_path: string; log_group_name: string }[] = logs.logs_collected.files.collect_list;
    const files = Object.fromEntries(collected.map((each) => [each.file_path.split("/").at(-1), each.log_group_name]));
    const { appLogGroup: app, serviceLogGroup: service } = all.outputs;
    expect(files).toEqual({
      "boot.log": service,
      "ready.log": service,
      "watch.log": service,
      "ollama.log": service,
      "probe.log": service,
      "backup.log": service,
      "web-ui.log": app,
    });
    const made = ofType(all, "aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs.name);
    expect(made).toEqual(expect.arrayContaining([app, service]));
    const telemetry = documentsIn(all.recording.named("ollama-servers-instance-telemetry"), "policy");
    const writes = telemetry.find(({ Action }) => Action.includes("logs:PutLogEvents"));
    expect(writes?.Resource?.map((arn) => arn.replace(/^.*:log-group:(.*):\*$/, "$1")).sort()).toEqual([app, service]);
    expect(metrics.namespace).toBe("ollama");
  }));

test("[ollama P22] every alarm tells a topic of its region, says what to do, and mails where an address is given", () =>
  forAll((all) => {
    const { region, alarmEmail } = all.configuration;
    const topics = ofType(all, "aws:sns/topic:Topic");
    const alarms = ofType(all, "aws:cloudwatch/metricAlarm:MetricAlarm");
    expect(alarms).toHaveLength(13);
    for (const { name, inputs } of alarms) {
      const told = topics.filter((topic) => inputs.alarmActions.some((arn: string) => arn.endsWith(`:${topic.name}`)));
      expect(told, name).toHaveLength(1);
      expect(told[0]?.inputs.region ?? region, name).toBe(inputs.region ?? region);
      expect(inputs.alarmDescription, name).toMatch(/Runbook: docs\/runbooks\/ollama\.md#[a-z-]+$/);
      expect(inputs.treatMissingData, name).toBe("notBreaching");
    }
    const mails = ofType(all, "aws:sns/topicSubscription:TopicSubscription");
    expect(mails.map(({ inputs }) => [inputs.protocol, inputs.endpoint])).toEqual(
      alarmEmail === undefined ? [] : topics.map(() => ["email", alarmEmail]),
    );
    expect(topics).toHaveLength(region === "us-east-1" ? 1 : 2);
  }));

/** What AWS can't restrict to a resource. */
const resourceless = /^(?:ssmmessages:|cloudwatch:PutMetricData$)/;

test("[ollama P26] roles may do what is named, on what is the stack's", () =>
  forAll((all) => {
    const { accountId, stack } = all.configuration;
    const policies = ofType(all, "aws:iam/rolePolicy:RolePolicy");
    expect(policies.length).toBeGreaterThan(5);
    for (const policy of policies) {
      for (const { Effect, Action, Resource = [], Condition } of documentsIn(policy, "policy")) {
        expect(Effect).toBe("Allow");
        for (const action of Action) expect(action).toMatch(/^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/);
        for (const resource of Resource) {
          if (resource !== "*") {
            expect(resource).toMatch(new RegExp(`ollama|:${accountId}:instance/\\*$`));
            if (resource.includes("ollama")) expect(resource).toContain(stack);
            continue;
          }
          for (const action of Action) expect(action).toMatch(resourceless);
          if (Action.includes("cloudwatch:PutMetricData")) {
            expect(Condition).toEqual({ StringEquals: { "cloudwatch:namespace": "ollama" } });
          }
        }
      }
    }
    expect(ofType(all, "aws:iam/rolePolicyAttachment:RolePolicyAttachment")).toEqual([]);
    for (const role of ofType(all, "aws:iam/role:Role")) {
      for (const { Action, Principal } of documentsIn(role, "assumeRolePolicy")) {
        expect(Action).toEqual(["sts:AssumeRole"]);
        expect(JSON.stringify(Principal)).toMatch(/^\{"Service":\["[a-z0-9-]+\.amazonaws\.com"\]\}$/);
      }
    }
  }));

test("[ollama P27] all that is stored is encrypted", () =>
  forAll((all) => {
    const buckets = ofType(all, "aws:s3/bucket:Bucket");
    const encryption = ofType(
      all,
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    );
    expect(buckets).toHaveLength(2);
    expect(encryption.map(({ inputs }) => inputs.bucket).sort()).toEqual(
      buckets.map(({ name }) => `${name}-id`).sort(),
    );
    for (const { inputs } of encryption) {
      expect(inputs.rules[0].applyServerSideEncryptionByDefault.sseAlgorithm).toBe("AES256");
    }
    const [table] = ofType(all, "aws:dynamodb/table:Table");
    expect(table?.inputs).toMatchObject({
      serverSideEncryption: { enabled: true },
      pointInTimeRecovery: { enabled: true },
    });
    const [template] = ofType(all, "aws:ec2/launchTemplate:LaunchTemplate");
    for (const { ebs } of template?.inputs.blockDeviceMappings ?? [{}]) expect(ebs?.encrypted).toBe("true");
    const parameters = ofType(all, "aws:ssm/parameter:Parameter");
    expect(parameters.length).toBeGreaterThanOrEqual(4);
    for (const { inputs } of parameters) expect(inputs.type).toBe("SecureString");
    const encrypted = settingsOf(all).encryptAlarms;
    for (const { inputs } of ofType(all, "aws:sns/topic:Topic")) {
      expect(inputs.kmsMasterKeyId === undefined).toBe(!encrypted);
    }
  }));

test("[ollama P28] all that travels is encrypted, but for dev's way from CloudFront to a load balancer without a certificate", () =>
  forAll((all) => {
    const { environment } = all.configuration;
    const { domain } = settingsOf(all);
    const listeners = Object.fromEntries(
      ofType(all, "aws:lb/listener:Listener").map(({ inputs }) => [inputs.port, inputs]),
    );
    const [distribution] = ofType(all, "aws:cloudfront/distribution:Distribution");
    const [origin] = unwrapped(distribution?.inputs.origins) as { customOriginConfig: object }[];
    const open = ofType(all, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").filter(
      ({ parent }) => parent === "ollama-alb-sg",
    );
    if (domain) {
      expect(listeners[443]).toMatchObject({ protocol: "HTTPS", certificateArn: domain.certificateArn });
      expect(listeners[443].sslPolicy).toMatch(/^ELBSecurityPolicy-TLS13-1-2-Res-/);
      expect(listeners[80].defaultActions).toMatchObject([{ type: "redirect", redirect: { protocol: "HTTPS" } }]);
      expect(origin?.customOriginConfig).toMatchObject({
        originProtocolPolicy: "https-only",
        originSslProtocols: ["TLSv1.2"],
      });
    } else {
      expect(environment).toBe("dev");
      expect(open.map(({ inputs }) => [inputs.fromPort, inputs.prefixListId, inputs.cidrIpv4])).toEqual([
        [80, "pl-cloudfront", undefined],
      ]);
    }
    const { defaultCacheBehavior, orderedCacheBehaviors } = distribution?.inputs ?? {};
    for (const behavior of [defaultCacheBehavior, ...orderedCacheBehaviors]) {
      expect(behavior.viewerProtocolPolicy).toBe("redirect-to-https");
    }
    for (const policy of ofType(all, "aws:s3/bucketPolicy:BucketPolicy")) {
      const refusal = documentsIn(policy, "policy").find(({ Effect }) => Effect === "Deny");
      expect(refusal).toMatchObject({ Action: ["s3:*"], Condition: { Bool: { "aws:SecureTransport": "false" } } });
    }
  }));

test("[ollama P30] SSH takes keys only, from administrators' addresses only", () =>
  forAll((all) => {
    const { admin } = settingsOf(all);
    const ssh = ofType(all, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").filter(
      ({ inputs }) => inputs.fromPort <= 22 && inputs.toPort >= 22,
    );
    expect(ssh.map(({ parent, inputs }) => [parent, inputs.cidrIpv4])).toEqual(
      admin ? [["ollama-servers-sg", admin.cidr]] : [],
    );
    const [template] = ofType(all, "aws:ec2/launchTemplate:LaunchTemplate");
    expect(template?.inputs.keyName).toBe(admin?.keyName);
    const lines = scriptOf(all).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "AuthenticationMethods publickey",
        'step "ssh: keys only" harden_ssh',
      ]),
    );
    expect(lines.filter((line) => /^PasswordAuthentication yes/.test(line))).toEqual([]);
  }));

test("[ollama P32] no secret stands in the clear: not in inputs, user data or outputs", () =>
  forAll((all) => {
    const clear = JSON.stringify([custom(all).map(({ inputs }) => inTheClear(inputs)), all.outputs, scriptOf(all)]);
    const hidden = JSON.stringify(custom(all).map(({ inputs }) => unwrapped(inputs)));
    expect(hidden).toContain(madeUpSecret);
    expect(clear).not.toContain(madeUpSecret);
    expect(clear).not.toContain(databaseUrl);
    expect(clear).not.toContain("Pa55-of-the-database");
    if (all.configuration.secrets["ollamaDatabaseUrl"]) expect(hidden).toContain(databaseUrl);
  }));
