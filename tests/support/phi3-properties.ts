/**
 * The named properties of the Phi-3 system, as checks of resources: whether the program registered them or a deployment holds them. Each throws
 * what vitest's `expect` throws.
 */
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { hardwareOf } from "../../components/inference/hardware";
import { requiredTagKeys } from "../../components/lib/tags";
import { hasTags, isTaggable } from "./mocks";
import type { Configuration } from "./registered";
import type { Seen, SeenResource } from "./seen";

/** What is to be checked: resources, and the configuration and outputs that they came with. */
export interface Phi3 {
  readonly seen: Seen;
  readonly configuration: Configuration;
  readonly outputs: Readonly<Record<string, unknown>>;
}

interface Sizes {
  readonly min: number;
  readonly max: number;
  readonly desired?: number;
}

/** Settings as a configuration has them, or the environment's where it has none. Written down once more on purpose: they are what is checked. */
export function expected({ environment, region, settings }: Configuration) {
  const { domain, size, scaling, instanceTypes, schedules, admin, apiKey, edge, nat, availabilityZones, ...rest } =
    settings as {
      readonly edge?: { readonly api?: "http" | "rest"; readonly streamSeconds?: number };
      readonly longestGenerationSeconds?: number;
      readonly domain?: { readonly name: string; readonly certificateArn: string };
      readonly size?: Sizes;
      readonly scaling?: { readonly upAbove: number; readonly downBelow: number };
      readonly instanceTypes?: readonly string[];
      readonly schedules?: readonly object[];
      readonly admin?: { readonly cidr: string };
      readonly apiKey?: boolean;
      readonly nat?: "single" | "per-az";
      readonly availabilityZones?: readonly string[];
      readonly cidr?: string;
      readonly logRetentionDays?: number;
      readonly flowLogs?: boolean;
      readonly spot?: { readonly onDemandBase: number };
    };
  const prod = environment === "prod";
  return {
    ...rest,
    cidr: rest.cidr ?? "10.1.0.0/16",
    logRetentionDays: rest.logRetentionDays ?? 30,
    flowLogs: rest.flowLogs ?? true,
    zones: availabilityZones ?? (prod ? ["a", "b", "c"] : ["a", "b"]).map((zone) => `${region}${zone}`),
    nat: nat ?? (prod ? "per-az" : "single"),
    size: size ?? (prod ? { min: 2, max: 4 } : { min: 1, max: 2 }),
    scaling: scaling ?? { upAbove: 70, downBelow: 30 },
    instanceTypes: instanceTypes ?? ["g5.xlarge"],
    schedules: schedules?.length ?? (prod ? 0 : 2),
    certificateArn: domain?.certificateArn,
    domainName: domain?.name,
    adminCidr: admin?.cidr,
    apiKey: apiKey ?? true,
    api: edge?.api ?? "http",
    streamSeconds: edge?.streamSeconds ?? rest.longestGenerationSeconds ?? 300,
    protected: prod,
  };
}

const group = (seen: Seen) => seen.only("aws:autoscaling/group:Group").inputs;
const loadBalancer = (seen: Seen) => seen.only("aws:lb/loadBalancer:LoadBalancer");
const sorted = (values: Iterable<unknown>) => [...values].map(String).sort();

/** P1: everything that the document asks for is there, wired together, tagged, and named in the outputs. */
export function resourceCompleteness({ seen, configuration, outputs }: Phi3): void {
  const { zones, nat, certificateArn, apiKey, api, schedules, flowLogs } = expected(configuration);
  const gateways = nat === "single" ? 1 : zones.length;
  const counts: Record<string, number> = {
    "aws:ec2/vpc:Vpc": 1,
    "aws:ec2/internetGateway:InternetGateway": 1,
    "aws:ec2/natGateway:NatGateway": gateways,
    "aws:ec2/eip:Eip": gateways,
    "aws:ec2/subnet:Subnet": 2 * zones.length,
    "aws:ec2/routeTable:RouteTable": 1 + zones.length,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": 2 * zones.length,
    "aws:ec2/route:Route": 1 + zones.length,
    "aws:ec2/vpcEndpoint:VpcEndpoint": 1,
    "aws:ec2/flowLog:FlowLog": flowLogs ? 1 : 0,
    "aws:ec2/securityGroup:SecurityGroup": 3,
    "aws:ec2/launchTemplate:LaunchTemplate": 1,
    "aws:iam/instanceProfile:InstanceProfile": 1,
    "aws:autoscaling/group:Group": 1,
    "aws:autoscaling/lifecycleHook:LifecycleHook": 2,
    "aws:autoscaling/policy:Policy": 3,
    "aws:autoscaling/schedule:Schedule": schedules,
    "aws:lb/loadBalancer:LoadBalancer": 1,
    "aws:lb/listener:Listener": certificateArn ? 2 : 1,
    "aws:lb/listenerRule:ListenerRule": 2,
    "aws:lb/targetGroup:TargetGroup": 1,
    ...apiCounts(api, apiKey),
    "aws:wafv2/webAcl:WebAcl": 2,
    "aws:wafv2/webAclAssociation:WebAclAssociation": api === "rest" ? 2 : 1,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": 2,
    "aws:s3/bucket:Bucket": 3,
    "aws:cloudfront/distribution:Distribution": 1,
    "aws:cloudfront/originAccessControl:OriginAccessControl": 1,
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": 1,
    "aws:cloudwatch/dashboard:Dashboard": 1,
    "aws:cloudwatch/metricAlarm:MetricAlarm": 8,
    "aws:sns/topic:Topic": 1,
    "aws:sns/topicSubscription:TopicSubscription": configuration.alarmEmail === undefined ? 0 : 1,
    "aws:budgets/budget:Budget": 1,
    "aws:ssm/parameter:Parameter": apiKey ? 2 : 1,
  };
  expect(Object.fromEntries(Object.keys(counts).map((type) => [type, seen.ofType(type).length]))).toEqual(counts);
  expect(routesOf(seen, api)).toEqual([
    "GET /health",
    "GET /v1/models",
    "POST /v1/chat/completions",
    "POST /v1/completions",
  ]);
  expect(
    seen.resources.filter(({ type, inputs }) => isTaggable(type) && !hasTags(inputs.tags, requiredTagKeys)),
  ).toEqual([]);
  expectWired(seen, configuration);
  expectOutputs(seen, outputs, configuration);
}

function apiCounts(api: "http" | "rest", apiKey: boolean): Record<string, number> {
  const [http, rest] = api === "http" ? [1, 0] : [0, 1];
  return {
    "aws:apigatewayv2/vpcLink:VpcLink": 1,
    "aws:apigatewayv2/api:Api": http,
    "aws:apigatewayv2/stage:Stage": http,
    "aws:apigatewayv2/integration:Integration": http,
    "aws:apigatewayv2/authorizer:Authorizer": apiKey ? http : 0,
    "aws:apigateway/restApi:RestApi": rest,
    "aws:apigateway/stage:Stage": rest,
    "aws:apigateway/deployment:Deployment": rest,
    // The account's own setting, which a stage with access logs needs.
    "aws:apigateway/account:Account": rest,
    "aws:apigateway/apiKey:ApiKey": apiKey ? rest : 0,
    "aws:apigateway/usagePlanKey:UsagePlanKey": apiKey ? rest : 0,
  };
}

/** Method and path of what can be asked, but for what browsers ask first. */
function routesOf(seen: Seen, api: "http" | "rest"): string[] {
  if (api === "http") return sorted(seen.ofType("aws:apigatewayv2/route:Route").map(({ inputs }) => inputs.routeKey));
  const calls = seen.ofType("aws:apigateway/integration:Integration").filter(({ inputs }) => inputs.type !== "MOCK");
  return sorted(calls.map(({ inputs }) => `${inputs.integrationHttpMethod} ${new URL(inputs.uri).pathname}`));
}

/** Requests come from both ways in to the instances. */
function expectWired(seen: Seen, configuration: Configuration): void {
  const { domainName, api } = expected(configuration);
  const target = seen.only("aws:lb/targetGroup:TargetGroup");
  const serving = servingListener(seen);
  const rules = seen.ofType("aws:lb/listenerRule:ListenerRule").map(({ inputs }) => inputs);
  expect(rules.map(({ listenerArn }) => listenerArn)).toEqual(rules.map(() => serving.outputs.arn));
  expect(
    rules.flatMap(({ actions }) => actions.map((each: { targetGroupArn: string }) => each.targetGroupArn)),
  ).toEqual(rules.map(() => target.outputs.arn));
  expect(group(seen).targetGroupArns).toEqual([target.outputs.arn]);
  const { origins } = seen.only("aws:cloudfront/distribution:Distribution").inputs;
  const called = origins.map((each: { domainName: string; originPath?: string }) =>
    [each.domainName, each.originPath ?? ""].join(""),
  );
  const guarded = seen.ofType("aws:wafv2/webAclAssociation:WebAclAssociation").map(({ inputs }) => inputs.resourceArn);
  const balancer = loadBalancer(seen).outputs;
  if (api === "rest") {
    expectRestCalls(seen, configuration);
    const { id } = seen.only("aws:apigateway/restApi:RestApi");
    expect(called).toContain(`${id}.execute-api.${configuration.region}.amazonaws.com/api`);
    expect(sorted(guarded)).toEqual(sorted([balancer.arn, seen.only("aws:apigateway/stage:Stage").outputs.arn]));
    return;
  }
  expect(seen.only("aws:apigatewayv2/integration:Integration").inputs).toMatchObject({
    connectionType: "VPC_LINK",
    connectionId: seen.only("aws:apigatewayv2/vpcLink:VpcLink").id,
    integrationUri: serving.outputs.arn,
    timeoutMilliseconds: 30_000,
  });
  expect(called).toContain(domainName ?? balancer.dnsName);
  expect(guarded).toEqual([balancer.arn]);
}

/** What a REST API passes on goes to the load balancer by its link; completions stream, and all but /health ask for the key. */
function expectRestCalls(seen: Seen, configuration: Configuration): void {
  const { domainName, certificateArn, streamSeconds, apiKey } = expected(configuration);
  const balancer = loadBalancer(seen).outputs;
  const server = certificateArn ? `https://${domainName}:443` : `http://${balancer.dnsName}:80`;
  const calls = seen.ofType("aws:apigateway/integration:Integration").filter(({ inputs }) => inputs.type !== "MOCK");
  for (const { inputs } of calls) {
    const { pathname } = new URL(inputs.uri);
    const streams = inputs.integrationHttpMethod === "POST";
    expect(inputs).toMatchObject({
      type: "HTTP_PROXY",
      connectionType: "VPC_LINK",
      connectionId: seen.only("aws:apigatewayv2/vpcLink:VpcLink").id,
      integrationTarget: balancer.arn,
      timeoutMilliseconds: streams ? streamSeconds * 1000 : 29_000,
    });
    expect(inputs.uri).toBe(`${server}${pathname}`);
    expect(inputs.responseTransferMode).toBe(streams ? "STREAM" : undefined);
    expect(inputs.requestTemplates["application/json"]).toContain(`requestOverride.path = "${pathname}"`);
  }
  const asking = seen
    .ofType("aws:apigateway/method:Method")
    .filter(({ inputs }) => inputs.httpMethod !== "OPTIONS" && inputs.apiKeyRequired);
  expect(asking).toHaveLength(apiKey ? 3 : 0);
}

/** HTTPS if there is a certificate, else HTTP. */
function servingListener(seen: Seen): SeenResource {
  const listeners = seen.ofType("aws:lb/listener:Listener");
  const serving = listeners.find(({ inputs }) => inputs.protocol === "HTTPS") ?? listeners[0];
  if (!serving) throw new Error("There is no listener.");
  return serving;
}

function expectOutputs(seen: Seen, outputs: Phi3["outputs"], configuration: Configuration): void {
  const { apiKey, api } = expected(configuration);
  const names = [
    ...["apiUrl", "pageUrl", "loadBalancerDns", "scheme", "listenerPort", "targetGroupArn", "groupName", "model"],
    ...["weightsBucketName", "weightsPrefix", "engineLogGroup", "systemLogGroup", "dashboardUrl", "alarmTopicArn"],
    ...["distributionId", "pageBucketName", "corsOrigin", ...(apiKey ? ["apiKeyParameter"] : [])],
    ...(api === "rest" ? ["edgeApi", ...(apiKey ? ["apiKeyId"] : [])] : []),
  ];
  const given = Object.keys(outputs).filter((name) => outputs[name] !== undefined);
  expect(sorted(given)).toEqual(sorted(names));
  const listener = servingListener(seen).inputs;
  expect(outputs).toMatchObject({
    groupName: group(seen).name,
    targetGroupArn: seen.only("aws:lb/targetGroup:TargetGroup").outputs.arn,
    loadBalancerDns: loadBalancer(seen).outputs.dnsName,
    scheme: listener.protocol.toLowerCase(),
    listenerPort: listener.port,
    apiUrl:
      api === "rest"
        ? seen.only("aws:apigateway/stage:Stage").outputs.invokeUrl
        : seen.only("aws:apigatewayv2/api:Api").outputs.apiEndpoint,
    distributionId: seen.only("aws:cloudfront/distribution:Distribution").id,
    alarmTopicArn: seen.only("aws:sns/topic:Topic").outputs.arn,
  });
  const dashboard = seen.only("aws:cloudwatch/dashboard:Dashboard").inputs.dashboardName;
  expect(outputs["dashboardUrl"]).toMatch(new RegExp(`#dashboards/dashboard/${dashboard}$`));
}

/** P2: what the configuration says is what comes, and what it does not say is the environment's. */
export function environmentParameterization({ seen, configuration }: Phi3): void {
  const { environment, stack, region } = configuration;
  const want = expected(configuration);
  const tags = { Environment: environment, Stack: stack, System: "phi3", Deployment: `phi3-${stack}` };
  const vpc = seen.only("aws:ec2/vpc:Vpc").inputs;
  expect(vpc).toMatchObject({ cidrBlock: want.cidr, tags });
  expect(group(seen)).toMatchObject({ minSize: want.size.min, maxSize: want.size.max });
  const threshold = (name: string) => alarm(seen, `phi3-engines-policies-${name}-alarm`).threshold;
  expect({ upAbove: threshold("busy"), downBelow: threshold("idle") }).toEqual(want.scaling);
  expect(seen.only("aws:ec2/launchTemplate:LaunchTemplate").inputs.instanceType).toBe(want.instanceTypes[0]);
  const distribution = group(seen).mixedInstancesPolicy?.instancesDistribution;
  expect(distribution?.onDemandBaseCapacity).toBe(
    want.instanceTypes.length > 1 || want.spot ? (want.spot?.onDemandBase ?? 0) : undefined,
  );
  const groups = seen.ofType("aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs.retentionInDays);
  expect(new Set(groups)).toEqual(new Set([want.logRetentionDays]));
  expect(servingListener(seen).inputs.certificateArn).toBe(want.certificateArn);
  expect(loadBalancer(seen).inputs.enableDeletionProtection).toBe(want.protected);
  const buckets = seen.ofType("aws:s3/bucket:Bucket").map(({ inputs }) => inputs.forceDestroy);
  expect(buckets).toEqual(buckets.map(() => environment === "dev"));
  expect(script(seen)).toContain(`REGION='${region}'\nGROUP_NAME='${group(seen).name}'\n`);
}

/** Names that AWS wants to be one of a kind in an account or region. Others need to be so in their parent only. */
export function accountWideNames(seen: Seen): string[] {
  const withinParent = /:(RolePolicy|LifecycleHook|Policy|Stage|Authorizer|Integration)$/;
  return seen.resources
    .filter(({ type }) => !withinParent.test(type))
    .flatMap(({ type, inputs }) => {
      const name = inputs.name ?? inputs.dashboardName ?? (type === "aws:s3/bucket:Bucket" ? inputs.bucket : undefined);
      return typeof name === "string" ? [`${type} ${name}`] : [];
    });
}

/** P3: never fewer instances than the least size, but by a schedule that turns a fleet off outside prod and on again. */
export function minimumInstanceGuarantee({ seen, configuration }: Phi3): void {
  const { size, instanceTypes } = expected(configuration);
  const { minSize, maxSize, instanceMaintenancePolicy, instanceRefresh, ...rest } = group(seen);
  // Policies own the count after the first update, so the program's own number says nothing any more.
  const { desiredCapacity } = seen.only("aws:autoscaling/group:Group").outputs;
  expect(size.min).toBeGreaterThanOrEqual(1);
  expect(minSize).toBe(size.min);
  expect(desiredCapacity).toBe(size.desired ?? size.min);
  expect(maxSize).toBeGreaterThanOrEqual(minSize);
  // Neither a replacement by health or balance nor a roll-out ends an instance before another serves.
  expect(instanceMaintenancePolicy.minHealthyPercentage).toBe(100);
  expect(instanceRefresh.preferences.minHealthyPercentage).toBe(100);
  expect(rest.healthCheckType).toBe("ELB");
  const overrides: { instanceType: string }[] = rest.mixedInstancesPolicy?.launchTemplate.overrides ?? [];
  if (rest.mixedInstancesPolicy) expect(overrides.map((each) => each.instanceType)).toEqual(instanceTypes);

  const schedules = seen.ofType("aws:autoscaling/schedule:Schedule").map(({ inputs }) => inputs);
  const off = schedules.filter((schedule) => schedule.minSize < minSize);
  for (const schedule of off) expect(schedule).toMatchObject({ minSize: 0, desiredCapacity: 0 });
  if (configuration.environment === "prod") expect(off).toEqual([]);
  if (off.length > 0) expect(schedules.some((schedule) => schedule.minSize >= minSize)).toBe(true);
}

/** P4: instances and load balancer stand in every zone asked for, two at the least, and each zone has its way out. */
export function multiAzDistribution({ seen, configuration }: Phi3): void {
  const { zones, nat } = expected(configuration);
  expect(new Set(zones).size).toBeGreaterThanOrEqual(2);
  const zonesOf = (ids: string[]) => sorted(ids.map((id) => seen.referred(id).inputs.availabilityZone));
  const { vpcZoneIdentifiers } = group(seen);
  const { subnets: front } = loadBalancer(seen).inputs;
  const link = seen.only("aws:apigatewayv2/vpcLink:VpcLink").inputs.subnetIds;
  for (const ids of [vpcZoneIdentifiers, front, link]) expect(zonesOf(ids)).toEqual(sorted(zones));

  expect(front.filter((id: string) => !reachesInternet(seen, id))).toEqual([]);
  const gateways = vpcZoneIdentifiers.map((id: string) => gatewayZone(seen, id));
  if (nat === "per-az") {
    expect(gateways).toEqual(vpcZoneIdentifiers.map((id: string) => seen.referred(id).inputs.availabilityZone));
  } else expect(new Set(gateways).size).toBe(1);
  for (const id of vpcZoneIdentifiers) expect(seen.referred(id).inputs.mapPublicIpOnLaunch).toBe(false);
}

function defaultRoute(seen: Seen, subnetId: string) {
  const table = seen
    .ofType("aws:ec2/routeTableAssociation:RouteTableAssociation")
    .find(({ inputs }) => inputs.subnetId === subnetId)?.inputs.routeTableId;
  return seen
    .ofType("aws:ec2/route:Route")
    .map(({ inputs }) => inputs)
    .find(({ routeTableId, destinationCidrBlock }) => routeTableId === table && destinationCidrBlock === "0.0.0.0/0");
}

function reachesInternet(seen: Seen, subnetId: string): boolean {
  return defaultRoute(seen, subnetId)?.gatewayId === seen.only("aws:ec2/internetGateway:InternetGateway").id;
}

/** The zone of the NAT gateway that a subnet goes out by. */
function gatewayZone(seen: Seen, subnetId: string): string {
  const { subnetId: of } = seen.referred(defaultRoute(seen, subnetId)?.natGatewayId).inputs;
  expect(reachesInternet(seen, of)).toBe(true);
  return seen.referred(of).inputs.availabilityZone;
}

/** P5: instances can be reached by the load balancer on the engine's port, and by administrators if there are any; by nobody else. */
export function securityGroupLeastPrivilege({ seen, configuration }: Phi3): void {
  const { certificateArn, adminCidr, api } = expected(configuration);
  const template = seen.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
  const { securityGroups } = loadBalancer(seen).inputs;
  const link = seen.only("aws:apigatewayv2/vpcLink:VpcLink").inputs.securityGroupIds;
  const [engines, front, hop] = [template.vpcSecurityGroupIds, securityGroups, link];
  for (const groups of [engines, front, hop]) expect(groups).toHaveLength(1);
  expect(template.networkInterfaces ?? []).toEqual([]);

  const entrances = rulesOf(seen, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
  expect(entrances(engines[0])).toEqual(
    sorted([`tcp 8000-8000 ${front[0]}`, ...(adminCidr ? [`tcp 22-22 ${adminCidr}`] : [])]),
  );
  const port = certificateArn ? 443 : 80;
  // Without a certificate, only the API gets in, and CloudFront, by the list of its addresses, where it does not call the API.
  const cloudFront = api === "rest" ? [] : ["tcp 80-80 addresses"];
  const clients = certificateArn ? ["tcp 443-443 0.0.0.0/0", "tcp 80-80 0.0.0.0/0"] : cloudFront;
  expect(entrances(front[0])).toEqual(sorted([...clients, `tcp ${port}-${port} ${hop[0]}`]));
  expect(entrances(hop[0])).toEqual([]);

  const exits = rulesOf(seen, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule");
  expect(exits(hop[0])).toEqual([`tcp ${port}-${port} ${front[0]}`]);
  expect(exits(front[0])).toEqual([`tcp 8000-8000 ${engines[0]}`]);
  expect(exits(engines[0])).toEqual(["tcp 443-443 0.0.0.0/0", "tcp 80-80 0.0.0.0/0"]);
  for (const { inputs } of seen.ofType("aws:ec2/securityGroup:SecurityGroup")) {
    expect([inputs.ingress ?? [], inputs.egress ?? []]).toEqual([[], []]);
  }
}

/** Who or whom, and on which ports, by security group. */
function rulesOf(seen: Seen, type: string): (groupId: string) => string[] {
  const rules = seen.ofType(type).map(({ inputs }) => inputs);
  return (groupId) =>
    sorted(
      rules
        .filter(({ securityGroupId }) => securityGroupId === groupId)
        .map(({ ipProtocol, fromPort, toPort, ...rule }) => {
          const list = rule.prefixListId === undefined ? undefined : "addresses";
          const peer = rule.cidrIpv4 ?? rule.referencedSecurityGroupId ?? list ?? rule.cidrIpv6;
          return `${ipProtocol} ${fromPort}-${toPort} ${peer}`;
        }),
    );
}

interface Signal {
  readonly what: string;
  readonly region: string;
}

/** P6: the dashboard shows every signal asked for, of this deployment's own resources, and something sends each of them. */
export function monitoringCompleteness({ seen, configuration }: Phi3): void {
  const { region } = configuration;
  const { instanceTypes } = expected(configuration);
  const { name: groupName, enabledMetrics, metricsGranularity } = group(seen);
  const suffix = loadBalancer(seen).outputs.arnSuffix;
  const shown = signals(seen);
  const here = shown.filter((signal) => signal.region === region).map(({ what }) => what);
  const price = hardwareOf(instanceTypes[0] ?? "").usdPerHour.value;
  const of = (name: string, statistic: string) => `phi3 ${name} AutoScalingGroupName=${groupName} ${statistic}`;
  const balancer = (name: string, statistic: string) =>
    `AWS/ApplicationELB ${name} LoadBalancer=${suffix} ${statistic}`;
  const serving = `AWS/AutoScaling GroupInServiceInstances AutoScalingGroupName=${groupName} Average`;
  expect(here).toEqual(
    expect.arrayContaining([
      // 4.1
      ...["p50", "p95", "p99"].map((percentile) => balancer("TargetResponseTime", percentile)),
      // 4.2
      `FILL(sum, 0) / PERIOD(sum) with sum = ${balancer("RequestCount", "Sum")}`,
      `FILL(sum, 0) / PERIOD(sum) with sum = ${of("vllm:generation_tokens_total", "Sum")}`,
      // 4.3
      of("nvidia_smi_utilization_gpu", "Average"),
      // 4.5
      serving,
      `serving * ${price} with serving = ${serving}`,
    ]),
  );
  expect(shown.filter((signal) => ![region, "us-east-1"].includes(signal.region))).toEqual([]);
  expect(metricsGranularity).toBe("1Minute");
  expect(enabledMetrics).toEqual(expect.arrayContaining(["GroupInServiceInstances", "GroupDesiredCapacity"]));
  const agent = script(seen);
  for (const sent of ['"namespace": "phi3"', '"utilization_gpu"', "^vllm:generation_tokens_total$"])
    expect(agent).toContain(sent);

  const { outputs } = seen.only("aws:sns/topic:Topic");
  const rings = seen.ofType("aws:cloudwatch/metricAlarm:MetricAlarm").filter(({ inputs }) => inputs.okActions?.length);
  expect(rings).toHaveLength(6);
  for (const { inputs } of rings) expect(inputs.alarmActions).toEqual([outputs.arn]);
  expect(alarm(seen, "phi3-latency-alarm")).toMatchObject({
    metricName: "TargetResponseTime",
    extendedStatistic: "p99",
    threshold: 5,
    dimensions: { LoadBalancer: suffix },
  });
}

function alarm(seen: Seen, name: string) {
  const found = seen.ofType("aws:cloudwatch/metricAlarm:MetricAlarm").find((each) => each.name === name);
  if (!found) throw new Error(`There is no alarm ${name}.`);
  return found.inputs;
}

/** What instances run at their first start. */
export function script(seen: Seen): string {
  const { userData } = seen.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
  return gunzipSync(Buffer.from(userData, "base64")).toString("utf8");
}

type Row = readonly (string | Record<string, unknown>)[];

/** Everything that the dashboard draws: `namespace name dimension=value statistic`, or an expression with what it is made of. */
export function signals(seen: Seen): Signal[] {
  const body = JSON.parse(seen.only("aws:cloudwatch/dashboard:Dashboard").inputs.dashboardBody) as {
    widgets: { type: string; properties: { metrics: Row[]; region: string } }[];
  };
  return body.widgets
    .filter(({ type }) => type === "metric")
    .flatMap(({ properties: { metrics, region } }) => {
      const rows = metrics.map((row) => {
        const { id, stat, visible, expression } = row.at(-1) as Record<string, unknown>;
        const [space, name, ...dimensions] = row.slice(0, -1) as string[];
        const pairs = dimensions.flatMap((each, index) => (index % 2 ? [] : [`${each}=${dimensions[index + 1]}`]));
        const what = typeof expression === "string" ? expression : [space, name, ...pairs, stat].join(" ");
        return { what, id: String(id), isExpression: typeof expression === "string", visible: visible !== false };
      });
      return rows
        .filter(({ visible }) => visible)
        .map(({ what, isExpression }) => ({ what: isExpression ? written(what, rows) : what, region }));
    });
}

/** An expression with the metrics behind its names. Within a graph, names carry a number, which says nothing here. */
function written(expression: string, rows: readonly { readonly id: string; readonly what: string }[]): string {
  const used = rows.filter(({ id }) => new RegExp(`\\b${id}\\b`).test(expression));
  const plain = (text: string) => text.replace(/_\d+\b/g, "");
  return `${plain(expression)} with ${used.map(({ id, what }) => `${plain(id)} = ${what}`).join(", ")}`;
}
