/**
 * The named properties of the Ollama system, as checks of resources: whether the program registered them or a deployment holds them. Each throws what vitest's
 * `expect` throws.
 */
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { nameLimits } from "../../components/lib/names";
import { requiredTagKeys } from "../../components/lib/tags";
import { ollamaSchema } from "../../stacks/ollama-settings";
import { isTaggable } from "./mocks";
import type { Configuration } from "./registered";
import type { Seen, SeenResource } from "./seen";

/** What is to be checked: resources, and the configuration and outputs that they came with. */
export interface Ollama {
  readonly seen: Seen;
  readonly configuration: Configuration;
  readonly outputs: Readonly<Record<string, unknown>>;
}

function settingsOf({ configuration }: Ollama) {
  const { environment, region, settings, secrets } = configuration;
  return ollamaSchema({ environment, region, secrets: new Set(Object.keys(secrets)) }).parse(settings);
}

/** The instances' start script. */
export function scriptOf({ seen }: Pick<Ollama, "seen">): string {
  const { userData } = seen.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
  return gunzipSync(Buffer.from(userData, "base64")).toString("utf8");
}

interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource?: string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
  readonly Principal?: unknown;
}

/** Statements of a policy, with actions and resources as lists, which AWS gives back as text where there is one. */
function statementsIn({ inputs }: SeenResource, property: string): Statement[] {
  const list = (value: unknown) => (value === undefined || Array.isArray(value) ? value : [value]);
  return JSON.parse(inputs[property]).Statement.map((each: Statement) => ({
    ...each,
    Action: list(each.Action),
    Resource: list(each.Resource),
  }));
}

/** Names that are unique within what they belong to, such as a group's policies. */
const namedWithin = [
  "aws:autoscaling/policy:Policy",
  "aws:autoscaling/lifecycleHook:LifecycleHook",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:s3/bucketMetric:BucketMetric",
];
const ownNames =
  /^(?:\/ollama\/|\/aws\/(?:ec2|vpc[a-z-]*)\/ollama-|\/vpc\/[a-z-]*ollama|aws-waf-logs-ollama-|alias\/ollama-|ollama-)/;

/** P1: every resource is named ollama, and no two of a kind have one name. */
export function resourceNaming({ seen }: Ollama): void {
  const taken = new Set<string>();
  for (const { name: logical, type, inputs } of seen.resources) {
    expect(logical).toMatch(/^ollama-/);
    if (inputs.tags?.Name !== undefined) expect(inputs.tags.Name).toMatch(/^ollama-/);
    const name = type === "aws:s3/bucket:Bucket" ? inputs.bucket : inputs.name;
    if (name === undefined || namedWithin.includes(type)) continue;
    expect(name, logical).toMatch(ownNames);
    const place = `${type} ${inputs.region} ${name}`;
    expect(taken).not.toContain(place);
    taken.add(place);
  }
  expect(taken.size).toBeGreaterThan(30);
  const balancer = seen.only("aws:lb/loadBalancer:LoadBalancer").inputs.name;
  expect(balancer.length).toBeLessThanOrEqual(nameLimits.loadBalancer);
  for (const { inputs } of seen.ofType("aws:lb/targetGroup:TargetGroup")) {
    expect(inputs.name.length).toBeLessThanOrEqual(nameLimits.targetGroup);
  }
}

/** P5: every taggable resource says project, environment, stack, system, manager and service; instances get the same. */
export function resourceTagging({ seen, configuration }: Ollama): void {
  const { environment, stack } = configuration;
  // A group has its tags as a list, looked at below.
  const taggable = seen.resources.filter(({ type }) => isTaggable(type) && type !== "aws:autoscaling/group:Group");
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
  const group = seen.only("aws:autoscaling/group:Group").inputs.tags as { key: string; propagateAtLaunch: boolean }[];
  const passedOn = group.filter(({ propagateAtLaunch }) => propagateAtLaunch).map(({ key }) => key);
  expect(passedOn).toEqual(expect.arrayContaining([...requiredTagKeys]));
  const { tagSpecifications } = seen.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
  expect(tagSpecifications.length).toBeGreaterThan(1);
  for (const { tags } of tagSpecifications)
    expect(Object.keys(tags)).toEqual(expect.arrayContaining([...requiredTagKeys]));
}

/** P6: outputs have names in camel case, are never empty, and name what is ollama's. */
export function outputNaming({ outputs }: Ollama): void {
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
}

/** P8: user data installs Ollama from the channel and pulls the model by its digest, before the instance may serve. */
export function userDataInstallsOllama(all: Ollama): void {
  const { model, snapChannel } = settingsOf(all);
  const lines = scriptOf(all).split("\n");
  expect(lines).toContain(`SNAP_CHANNEL='${snapChannel}'`);
  expect(lines).toContain(`MODEL='${model.name}'`);
  if (model.digest !== undefined) expect(lines).toContain(`MODEL_DIGEST='${model.digest}'`);
  expect(lines.join("\n")).toMatch(/^MODEL_DIGEST='[0-9a-f]{64}'$/m);
  expect(lines).toContain(`CONTEXT_TOKENS='${model.contextTokens}'`);
  expect(lines.map((line) => line.trim())).toContain('retry 5 snap install ollama --channel="$SNAP_CHANNEL"');
  const steps = lines.flatMap((line) => /^step "([^"]+)"/.exec(line)?.[1] ?? []);
  const place = (step: string) => steps.indexOf(step);
  expect(place("ollama")).toBeGreaterThan(0);
  expect(place("ollama")).toBeLessThan(place("model"));
  expect(place("model")).toBeLessThan(place("health gate"));
  expect(place("open webui")).toBeLessThan(place("health gate"));
}

/** P20: log groups are named for their instances, end with their stack, and forget. */
export function logGroupNaming(all: Ollama): void {
  const { stack } = all.configuration;
  const groups = all.seen.ofType("aws:cloudwatch/logGroup:LogGroup");
  const own = [`/aws/ec2/ollama-app-${stack}`, `/aws/ec2/ollama-service-${stack}`];
  expect(groups.map(({ inputs }) => inputs.name)).toEqual(expect.arrayContaining(own));
  expect([all.outputs["appLogGroup"], all.outputs["serviceLogGroup"]]).toEqual(own);
  for (const { inputs } of groups) expect(inputs.retentionInDays).toBe(settingsOf(all).logRetentionDays);
}

/** P21: every log of an instance goes to a group of the stack, which the instance may write to. */
export function logStreaming(all: Ollama): void {
  const [, agent = ""] = /printf '%s\\n' '(\{[^']*\})' \| put \/etc\/llm-stacks\/agent\.json/.exec(scriptOf(all)) ?? [];
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
  const made = all.seen.ofType("aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs.name);
  expect(made).toEqual(expect.arrayContaining([app, service]));
  const policies = all.seen.ofType("aws:iam/rolePolicy:RolePolicy").filter(({ inputs }) => inputs.name === "telemetry");
  expect(policies).toHaveLength(1);
  const writes = policies
    .flatMap((policy) => statementsIn(policy, "policy"))
    .find(({ Action }) => Action.includes("logs:PutLogEvents"));
  expect(writes?.Resource?.map((arn) => arn.replace(/^.*:log-group:(.*):\*$/, "$1")).sort()).toEqual([app, service]);
  expect(metrics.namespace).toBe("ollama");
}

/** P22: every alarm tells a topic of its region, says what to do, and mails where an address is given. */
export function alarmsTell({ seen, configuration }: Ollama): void {
  const { region, alarmEmail } = configuration;
  const alarms = seen.ofType("aws:cloudwatch/metricAlarm:MetricAlarm");
  expect(alarms).toHaveLength(13);
  for (const { name, inputs } of alarms) {
    const told = (inputs.alarmActions as string[])
      .map((arn) => seen.referred(arn))
      .filter(({ type }) => type === "aws:sns/topic:Topic");
    expect(told, name).toHaveLength(1);
    expect(told[0]?.inputs.region ?? region, name).toBe(inputs.region ?? region);
    expect(inputs.alarmDescription, name).toMatch(/Runbook: docs\/runbooks\/ollama\.md#[a-z-]+$/);
    expect(inputs.treatMissingData, name).toBe("notBreaching");
  }
  const topics = seen.ofType("aws:sns/topic:Topic");
  const mails = seen.ofType("aws:sns/topicSubscription:TopicSubscription");
  expect(mails.map(({ inputs }) => [inputs.protocol, inputs.endpoint])).toEqual(
    alarmEmail === undefined ? [] : topics.map(() => ["email", alarmEmail]),
  );
  expect(topics).toHaveLength(region === "us-east-1" ? 1 : 2);
}

/** What AWS can't restrict to a resource. */
const resourceless = /^(?:ssmmessages:[A-Za-z]+|cloudwatch:PutMetricData)$/;

/** P26: roles may do what is named, on what is the stack's. */
export function minimumPermissions({ seen, configuration }: Ollama): void {
  const { accountId, stack } = configuration;
  const policies = seen.ofType("aws:iam/rolePolicy:RolePolicy");
  expect(policies.length).toBeGreaterThan(5);
  for (const { Effect, Action, Resource = [], Condition } of policies.flatMap((each) => statementsIn(each, "policy"))) {
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
  expect(seen.ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")).toEqual([]);
  for (const role of seen.ofType("aws:iam/role:Role")) {
    for (const { Action, Principal } of statementsIn(role, "assumeRolePolicy")) {
      expect(Action).toEqual(["sts:AssumeRole"]);
      expect(JSON.stringify(Principal)).toMatch(/^\{"Service":\[?"[a-z0-9-]+\.amazonaws\.com"\]?\}$/);
    }
  }
}

/** P27: all that is stored is encrypted. */
export function encryptedAtRest(all: Ollama): void {
  const { seen } = all;
  const encryption = seen.ofType(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  );
  const buckets = seen.ofType("aws:s3/bucket:Bucket").map(({ name }) => name);
  expect(buckets).toHaveLength(2);
  expect(encryption.map(({ inputs }) => seen.referred(inputs.bucket).name).sort()).toEqual(buckets.sort());
  for (const { inputs } of encryption) {
    expect(inputs.rules[0].applyServerSideEncryptionByDefault.sseAlgorithm).toBe("AES256");
  }
  expect(seen.only("aws:dynamodb/table:Table").inputs).toMatchObject({
    serverSideEncryption: { enabled: true },
    pointInTimeRecovery: { enabled: true },
  });
  const { blockDeviceMappings } = seen.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
  expect(blockDeviceMappings).toHaveLength(1);
  for (const { ebs } of blockDeviceMappings) expect(ebs.encrypted).toBe("true");
  const parameters = seen.ofType("aws:ssm/parameter:Parameter");
  expect(parameters.length).toBeGreaterThanOrEqual(4);
  for (const { inputs } of parameters) expect(inputs.type).toBe("SecureString");
  const { encryptAlarms } = settingsOf(all);
  for (const { inputs } of seen.ofType("aws:sns/topic:Topic")) {
    expect(inputs.kmsMasterKeyId === undefined).toBe(!encryptAlarms);
  }
}

/** P28: all that travels is encrypted, but for dev's way from CloudFront to a load balancer without a certificate. */
export function encryptedInTransit(all: Ollama): void {
  const { seen, configuration } = all;
  const { domain } = settingsOf(all);
  const listeners = Object.fromEntries(
    seen.ofType("aws:lb/listener:Listener").map(({ inputs }) => [inputs.port, inputs]),
  );
  const { origins, defaultCacheBehavior, orderedCacheBehaviors } = seen.only(
    "aws:cloudfront/distribution:Distribution",
  ).inputs;
  if (domain) {
    expect(listeners[443]).toMatchObject({ protocol: "HTTPS", certificateArn: domain.certificateArn });
    expect(listeners[443].sslPolicy).toMatch(/^ELBSecurityPolicy-TLS13-1-2-Res-/);
    expect(listeners[80].defaultActions).toMatchObject([{ type: "redirect", redirect: { protocol: "HTTPS" } }]);
    expect(origins[0].customOriginConfig).toMatchObject({
      originProtocolPolicy: "https-only",
      originSslProtocols: ["TLSv1.2"],
    });
  } else {
    expect(configuration.environment).toBe("dev");
    const open = seen
      .ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
      .filter(({ parent }) => parent === "ollama-alb-sg");
    expect(open.map(({ inputs }) => [inputs.fromPort, typeof inputs.prefixListId, inputs.cidrIpv4])).toEqual([
      [80, "string", undefined],
    ]);
  }
  for (const behavior of [defaultCacheBehavior, ...orderedCacheBehaviors]) {
    expect(behavior.viewerProtocolPolicy).toBe("redirect-to-https");
  }
  const policies = seen.ofType("aws:s3/bucketPolicy:BucketPolicy");
  expect(policies).toHaveLength(2);
  for (const policy of policies) {
    const refusal = statementsIn(policy, "policy").find(({ Effect }) => Effect === "Deny");
    expect(refusal).toMatchObject({ Action: ["s3:*"], Condition: { Bool: { "aws:SecureTransport": "false" } } });
  }
}

/** P30: SSH takes keys only, from administrators' addresses only. */
export function sshByKeyOnly(all: Ollama): void {
  const { admin } = settingsOf(all);
  const ssh = all.seen
    .ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    .filter(({ inputs }) => inputs.fromPort <= 22 && inputs.toPort >= 22);
  expect(ssh.map(({ parent, inputs }) => [parent, inputs.cidrIpv4])).toEqual(
    admin ? [["ollama-servers-sg", admin.cidr]] : [],
  );
  expect(all.seen.only("aws:ec2/launchTemplate:LaunchTemplate").inputs.keyName).toBe(admin?.keyName);
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
}
