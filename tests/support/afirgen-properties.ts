/**
 * What must hold of AFIRGen's infrastructure, as checks of resources: whether the program registered them or a deployment holds them. Each throws what vitest's
 * `expect` throws.
 */
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { metricNames } from "../../services/afirgen/metrics";
import type { Configuration } from "./registered";
import type { Seen, SeenResource } from "./seen";

export interface Afirgen {
  readonly seen: Seen;
  readonly configuration: Configuration;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const named = ({ seen }: Pick<Afirgen, "seen">, name: string): SeenResource => {
  const found = seen.resources.find((resource) => resource.name === name);
  if (!found) throw new Error(`There is no ${name}.`);
  return found;
};

/** 1.1: the document's network: addresses, ways out, and S3 without any. */
export function network(all: Afirgen): void {
  const { seen } = all;
  const subnets = seen
    .ofType("aws:ec2/subnet:Subnet")
    .map(({ inputs }) => [inputs.cidrBlock, inputs.availabilityZone, inputs.mapPublicIpOnLaunch]);
  expect(seen.only("aws:ec2/vpc:Vpc").inputs.cidrBlock).toBe("10.0.0.0/16");
  expect(subnets.sort()).toEqual([
    ["10.0.1.0/24", "us-east-1a", false],
    ["10.0.11.0/24", "us-east-1a", false],
    ["10.0.12.0/24", "us-east-1b", false],
  ]);
  expect(seen.ofType("aws:ec2/natGateway:NatGateway")).toEqual([]);
  const route = seen.only("aws:ec2/route:Route").inputs;
  expect(route).toMatchObject({ destinationCidrBlock: "0.0.0.0/0" });
  expect(seen.referred(route.routeTableId).name).toBe("afirgen-network-public-routes");
  const endpoint = seen.only("aws:ec2/vpcEndpoint:VpcEndpoint").inputs;
  expect(endpoint).toMatchObject({ vpcEndpointType: "Gateway", serviceName: "com.amazonaws.us-east-1.s3" });
  expect((endpoint.routeTableIds as string[]).map((id) => seen.referred(id).name).sort()).toEqual([
    "afirgen-network-private-a-routes",
    "afirgen-network-private-b-routes",
    "afirgen-network-public-routes",
  ]);
}

/** 1.2: who reaches what. @returns open ports of the machine with their source, of the database with its group */
export function ingress({ seen }: Pick<Afirgen, "seen">): string[] {
  return seen
    .ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    .map(({ inputs }) => {
      const to = seen.referred(inputs.securityGroupId).name;
      const from = inputs.cidrIpv4 ?? inputs.prefixListId ?? seen.referred(inputs.referencedSecurityGroupId).name;
      expect(inputs.fromPort).toBe(inputs.toPort);
      return `${from} -> ${to}:${inputs.toPort}`;
    })
    .sort();
}

/** 1.3: four closed, encrypted buckets, and what leaves two of them by itself. */
export function buckets({ seen }: Afirgen): void {
  const names = seen.ofType("aws:s3/bucket:Bucket").map(({ inputs }) => inputs.bucket as string);
  const roles = names.map(
    (name) => /^afirgen-(page-files|models|temp|backups)-[a-z0-9-]+-[0-9a-f]{8}$/.exec(name)?.[1],
  );
  expect(roles.sort()).toEqual(["backups", "models", "page-files", "temp"]);
  for (const bucket of ["page-files", "models", "temp", "backups"]) {
    const of = (suffix: string) => named({ seen }, `afirgen-${bucket}-${suffix}`).inputs;
    expect(of("encryption").rules[0].applyServerSideEncryptionByDefault.sseAlgorithm).toBe("AES256");
    expect(of("public-access-block")).toMatchObject({ blockPublicPolicy: true, restrictPublicBuckets: true });
  }
  const rules = (bucket: string) => named({ seen }, `afirgen-${bucket}-lifecycle`).inputs.rules;
  expect(rules("temp")).toEqual([
    expect.objectContaining({
      id: "tidy",
      noncurrentVersionExpiration: expect.objectContaining({ noncurrentDays: 1 }),
    }),
    expect.objectContaining({ id: "expire-all", status: "Enabled", expiration: expect.objectContaining({ days: 1 }) }),
  ]);
  expect(rules("backups")).toEqual([
    expect.objectContaining({ id: "tidy" }),
    expect.objectContaining({ id: "expire-all", expiration: expect.objectContaining({ days: 180 }) }),
    expect.objectContaining({
      id: "glacier-all",
      transitions: [expect.objectContaining({ days: 30, storageClass: "GLACIER" })],
    }),
  ]);
  expect(seen.ofType("aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration")).toEqual([]);
}

/** The machine's start script. */
export function scriptOf(all: Pick<Afirgen, "seen">): string {
  return gunzipSync(Buffer.from(named(all, "afirgen-machine-server").inputs.userDataBase64, "base64")).toString("utf8");
}

/** 1.5: one micro instance with an encrypted gp3 disk, sessions for metadata, no bought credits, and a fixed address. */
export function machine(all: Afirgen): void {
  const { seen } = all;
  const { inputs, outputs, id } = seen.only("aws:ec2/instance:Instance");
  expect(inputs).toMatchObject({
    instanceType: "t3.micro",
    monitoring: false,
    creditSpecification: { cpuCredits: "standard" },
    metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 2 },
    rootBlockDevice: { volumeType: "gp3", volumeSize: 30, encrypted: true, deleteOnTermination: true },
  });
  expect(inputs.keyName).toBeUndefined();
  expect(seen.referred(outputs.subnetId).name).toBe("afirgen-network-public-a");
  const association = seen.only("aws:ec2/eipAssociation:EipAssociation").inputs;
  expect(association.instanceId).toBe(id);
  expect(seen.ofType("aws:ec2/eip:Eip").map(({ name }) => name)).toEqual(["afirgen-machine-address"]);
}

/** 1.6: the document's database. */
export function database({ seen }: Afirgen): void {
  const { inputs } = seen.only("aws:rds/instance:Instance");
  expect(inputs).toMatchObject({
    engine: "mysql",
    instanceClass: "db.t3.micro",
    multiAz: false,
    allocatedStorage: 20,
    storageType: "gp2",
    storageEncrypted: true,
    publiclyAccessible: false,
    backupWindow: "03:00-04:00",
    backupRetentionPeriod: 7,
    enabledCloudwatchLogsExports: ["error", "slowquery"],
    engineLifecycleSupport: "open-source-rds-extended-support-disabled",
  });
  expect(inputs.maxAllocatedStorage).toBeUndefined();
  const parameters = seen.only("aws:rds/parameterGroup:ParameterGroup").inputs;
  expect(parameters.family).toBe("mysql8.4");
  const values = Object.fromEntries(
    (parameters.parameters as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
  );
  expect(values).toMatchObject({
    max_connections: "50",
    innodb_buffer_pool_size: String(512 * 1024 ** 2),
    require_secure_transport: "1",
  });
}

/** 2.1: the page's distribution: HTTPS, compression, cheapest locations, files only through it. */
export function distribution({ seen }: Afirgen): void {
  const { inputs } = seen.only("aws:cloudfront/distribution:Distribution");
  expect(inputs.priceClass).toBe("PriceClass_100");
  expect(inputs.defaultCacheBehavior).toMatchObject({ viewerProtocolPolicy: "redirect-to-https", compress: true });
  const viewerProtocolPolicy = "redirect-to-https";
  expect(inputs.orderedCacheBehaviors).toMatchObject([
    { pathPattern: "/api/*", viewerProtocolPolicy },
    { pathPattern: "/health", viewerProtocolPolicy },
  ]);
  expect(inputs.origins).toHaveLength(2);
  expect(seen.ofType("aws:cloudfront/originAccessControl:OriginAccessControl")).toHaveLength(1);
}

/** 9.1, 9.2: four alarms, each on one metric, all of them told to the topic; at most ten metrics in use. */
export function alarms({ seen }: Afirgen): void {
  const all = seen.ofType("aws:cloudwatch/metricAlarm:MetricAlarm");
  const rows = all.map(({ name, inputs }) => {
    const metrics = (inputs.metricQueries ?? []).flatMap((query: { metric?: { metricName: string } }) =>
      query.metric ? [query.metric.metricName] : [],
    );
    return [
      name,
      inputs.metricName ?? metrics.join(),
      inputs.threshold,
      inputs.evaluationPeriods,
      inputs.comparisonOperator,
    ];
  });
  expect(rows.sort()).toEqual([
    ["afirgen-database-storage-full-alarm", "FreeStorageSpace", 90, 1, "GreaterThanThreshold"],
    ["afirgen-high-cpu-alarm", "System/CPUUtilization", 90, 3, "GreaterThanThreshold"],
    ["afirgen-high-error-rate-alarm", "API/ErrorRate", 10, 2, "GreaterThanThreshold"],
    ["afirgen-high-memory-alarm", "System/MemoryUtilization", 95, 2, "GreaterThanThreshold"],
  ]);
  const topic = seen.only("aws:sns/topic:Topic");
  for (const { inputs } of all) expect(seen.referred(inputs.alarmActions[0])).toBe(topic);
  const subscription = seen.only("aws:sns/topicSubscription:TopicSubscription").inputs;
  expect(subscription).toMatchObject({ protocol: "email", endpoint: "ops@example.com" });
  const dashboards = seen.ofType("aws:cloudwatch/dashboard:Dashboard");
  expect(dashboards).toHaveLength(2);
  const shown = JSON.stringify(dashboards.map(({ inputs }) => inputs.dashboardBody));
  expect(metricNames).toHaveLength(10);
  for (const name of metricNames) expect(shown).toContain(name);
  expect(seen.ofType("aws:cloudwatch/logMetricFilter:LogMetricFilter")).toEqual([]);
}

/** 9.3: all logs forget after a week. */
export function logs({ seen }: Afirgen): void {
  const groups = seen
    .ofType("aws:cloudwatch/logGroup:LogGroup")
    .map(({ inputs }) => [inputs.name, inputs.retentionInDays]);
  const stack = groups.map(([name]) => String(name)).join("\n");
  expect(stack).toMatch(/^\/aws\/ec2\/afirgen-app-/m);
  expect(stack).toMatch(/^\/aws\/rds\/instance\/afirgen-mysql-[a-z0-9-]+\/error$/m);
  for (const [, days] of groups) expect(days).toBe(7);
  expect(groups).toHaveLength(4);
}

/** 12.1: a budget of the account that tells at 80 % of the least amount there is, and of the first cent. */
export function budget({ seen }: Afirgen): void {
  const { inputs } = seen.only("aws:budgets/budget:Budget");
  expect(inputs).toMatchObject({ limitAmount: "1", limitUnit: "USD", timeUnit: "MONTHLY" });
  expect(inputs.costFilters ?? []).toEqual([]);
  const told = (inputs.notifications as Record<string, unknown>[]).map(
    ({ notificationType, threshold, thresholdType }) => `${notificationType} ${threshold} ${thresholdType}`,
  );
  expect(told.sort()).toEqual(["ACTUAL 0.01 ABSOLUTE_VALUE", "ACTUAL 80 PERCENTAGE", "FORECASTED 100 PERCENTAGE"]);
}

/** Every permission of a role: action and resource. */
export function permissions({ seen }: Pick<Afirgen, "seen">, role: string): string[] {
  return seen
    .ofType("aws:iam/rolePolicy:RolePolicy")
    .filter(({ parent }) => parent === role)
    .flatMap(({ inputs }) =>
      (JSON.parse(inputs.policy).Statement as { Action: string | string[]; Resource: string | string[] }[]).flatMap(
        ({ Action, Resource }) =>
          [Action].flat().flatMap((action) => [Resource].flat().map((each) => `${action} ${each}`)),
      ),
    )
    .sort();
}
