import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../components/data/bucket";
import { EnvironmentParameters } from "../components/data/environment-parameters";
import { GeneratedSecret } from "../components/data/generated-secret";
import { MysqlDatabase } from "../components/data/mysql-database";
import { SettingsParameter } from "../components/data/settings-parameter";
import { StaticSite } from "../components/edge/static-site";
import { Machine } from "../components/inference/machine";
import type { SystemContext } from "../components/lib/context";
import { anyone, prefixListPeer } from "../components/network/peer";
import { Vpc } from "../components/network/vpc";
import { AlarmTopic } from "../components/observability/alarm-topic";
import { Budget } from "../components/observability/budget";
import { LogGroup } from "../components/observability/log-group";
import type { Variable } from "../services/afirgen/backend/settings-variables";
import { renderAfirgen } from "../userdata/afirgen";
import { createCostDashboard, createDashboard, namespaceOf, watch } from "./afirgen-monitoring";
import { uploadRelease } from "./afirgen-release";
import { type AfirgenSettings, afirgenSchema, machineType, openTo, zoneSlots } from "./afirgen-settings";
import { createUsageReport } from "./afirgen-usage";
import { alarmsOf } from "./inference-parts";
import { defineSystem, type Outputs, type Shared } from "./system";

const database = { name: "afirgen", user: "afirgen" } as const;
/** Last part of the path of the application's variables. */
const variablesRole = "env";
const siteFolder = "services/afirgen/site";
/** Addresses from which CloudFront calls origins. Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html */
const cloudFrontPrefixList = "com.amazonaws.global.cloudfront.origin-facing";
/** The page loads what lies beside it, shows and plays what its visitor chose to upload, and calls its own origin. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");
/** Uploads are replaced by no newer ones: their older versions go as soon as S3 lets them. */
const tempDays = 1;

/** AFIRGen inside the free tier: one machine with Docker Compose, MySQL, a page on CloudFront, ten metrics, and a report of what is used. */
export const afirgen = defineSystem<AfirgenSettings>({
  configKey: "afirgen",
  costTier: "free-tier",
  restApi: false,
  secretKeys: [],
  schema: afirgenSchema,
  build,
});

function build(systemContext: SystemContext, settings: AfirgenSettings, shared: Shared): Outputs {
  const context = { ...systemContext, disposableData: !settings.keepData && !systemContext.protectData };
  const vpc = new Vpc("afirgen-network", {
    context,
    cidr: settings.cidr,
    availabilityZones: settings.availabilityZones,
    publicSubnets: true,
    publicZones: settings.availabilityZones.slice(0, 1),
    tierOrder: ["public", "private"],
    zoneSlots,
    publicGatewayEndpoints: true,
    flowLogRetentionDays: settings.flowLogs ? settings.logRetentionDays : undefined,
  });
  const data = createData(context, settings, vpc);
  const log = new LogGroup("afirgen-app", { context, prefix: "/aws/ec2/", retentionDays: settings.logRetentionDays });
  const topic = new AlarmTopic("afirgen-alarms", {
    context,
    // The machine and the usage report publish too, which a key of the topic's own would not let them.
    encrypted: false,
    email: shared.alarmEmail,
    budgets: true,
  });
  const variables = createVariables(context, settings, { data, topic });
  const release = createRelease(context, data);
  const machine = createMachine(context, settings, shared, { vpc, data, variables, release, log, topic });
  const page = createPage(context, settings, machine);
  const usageReport = createUsageReport(context, settings, {
    topic,
    models: data.models,
    buckets: [data.models, data.temp, data.backups],
  });

  const watched = { database: data.database, distribution: page.distribution };
  watch(alarmsOf(context, topic), context, settings, watched);
  new Budget("afirgen-budget", {
    context,
    topic,
    usdPerMonth: settings.budgetUsdPerMonth,
    scope: "account",
    tellAboveUsd: 0.01,
  });
  const buckets = [page.bucketName, data.models.name, data.temp.name, data.backups.name];
  const dashboard = createDashboard(context, settings, watched);
  const costDashboard = createCostDashboard(context, watched, { instanceId: machine.instanceId, buckets });

  return {
    pageUrl: page.url,
    apiUrl: page.url.apply((url) => `${url}/api`),
    distributionId: page.distributionId,
    instanceId: machine.instanceId,
    publicIp: machine.publicIp,
    machineDns: machine.publicDns,
    databaseHost: data.database.host,
    databasePasswordParameter: variables.secrets.DB_PASSWORD.parameterName,
    operatorKeyParameter: variables.secrets.OPERATOR_KEY.parameterName,
    variablesPath: variables.plain.prefix,
    releaseParameter: release.parameter.parameterName,
    siteBucketName: page.bucketName,
    modelsBucketName: data.models.name,
    tempBucketName: data.temp.name,
    backupsBucketName: data.backups.name,
    logGroup: log.name,
    databaseLogGroups: data.database.logGroupNames,
    metricsNamespace: namespaceOf(context),
    usageReport: {
      functionName: usageReport.name,
      topicArn: topic.arn,
      plan: settings.freeTier.plan,
      buckets,
      // Limits are the account's: elsewhere there are systems beside this one that do not keep within them.
      holdsAccount: context.environment === "free",
    },
    dashboardUrl: dashboard.url,
    costDashboardUrl: costDashboard.url,
    alarmTopicArn: topic.arn,
  };
}

interface Data {
  readonly database: MysqlDatabase;
  readonly password: GeneratedSecret;
  readonly models: Bucket;
  readonly temp: Bucket;
  readonly backups: Bucket;
}

function createData(context: SystemContext, settings: AfirgenSettings, vpc: Vpc): Data {
  const { backups, logRetentionDays } = settings;
  const password = new GeneratedSecret("afirgen-database-password", {
    context,
    description: "Password of the database's master user",
    parameterPath: `${variablesRole}/DB_PASSWORD` satisfies `${string}/${Variable}`,
    // MySQL's own limit is 41.
    length: 40,
  });
  return {
    password,
    database: new MysqlDatabase("afirgen-mysql", {
      context,
      vpc,
      databaseName: database.name,
      username: database.user,
      password: password.value,
      logRetentionDays,
      backupWindow: "03:00-04:00",
      maintenanceWindow: "sun:04:30-sun:05:30",
      ...settings.database,
    }),
    models: new Bucket("afirgen-models", { context }),
    temp: new Bucket("afirgen-temp", {
      context,
      expireAfterDays: { "": tempDays },
      noncurrentVersionDays: tempDays,
    }),
    backups: new Bucket("afirgen-backups", {
      context,
      glacierAfterDays: { "": backups.glacierAfterDays },
      expireAfterDays: { "": backups.expireAfterDays },
    }),
  };
}

interface Variables {
  readonly plain: EnvironmentParameters;
  readonly secrets: { readonly DB_PASSWORD: GeneratedSecret; readonly OPERATOR_KEY: GeneratedSecret };
  /** What must exist before they are read. */
  readonly resources: readonly pulumi.Resource[];
}

/** The backend's variables that the stack knows. The rest are the compose file's, or have defaults. */
function createVariables(
  context: SystemContext,
  settings: AfirgenSettings,
  { data, topic }: { readonly data: Data; readonly topic: AlarmTopic },
): Variables {
  const values: Partial<Record<Variable, pulumi.Input<string>>> = {
    ENVIRONMENT: "free-tier",
    MAX_WORKERS: "1",
    LOG_LEVEL: settings.logLevel,
    AWS_REGION: context.region,
    DB_HOST: data.database.host,
    DB_PORT: String(data.database.port),
    DB_NAME: database.name,
    DB_USER: database.user,
    DB_POOL_SIZE: "5",
    DB_TLS: "rds",
    TEMP_BUCKET: data.temp.name,
    METRICS_NAMESPACE: namespaceOf(context),
    ALERT_TOPIC_ARN: topic.arn,
  };
  const plain = new EnvironmentParameters(`afirgen-${variablesRole}`, { context, variables: values });
  const operatorKey = new GeneratedSecret("afirgen-operator-key", {
    context,
    description: "Key with which operators list and archive FIRs",
    parameterPath: `${variablesRole}/OPERATOR_KEY` satisfies `${string}/${Variable}`,
  });
  return {
    plain,
    secrets: { DB_PASSWORD: data.password, OPERATOR_KEY: operatorKey },
    resources: [...plain.nodes.parameters, data.password.nodes.parameter, operatorKey.nodes.parameter],
  };
}

/** The release and the parameter that names it: the machine follows it, so that a release replaces no machine. */
function createRelease(context: SystemContext, { models }: Data) {
  const object = uploadRelease(models);
  const parameter = new SettingsParameter("afirgen-release", {
    context,
    description: "Release that the machine runs, as a key of the models' bucket",
    // The object's own word for it, so that the parameter never names what is not there yet.
    settings: { key: object.key },
  });
  return { parameter };
}

interface MachineParts {
  readonly vpc: Vpc;
  readonly data: Data;
  readonly variables: Variables;
  readonly release: ReturnType<typeof createRelease>;
  readonly log: LogGroup;
  readonly topic: AlarmTopic;
}

function createMachine(
  context: SystemContext,
  settings: AfirgenSettings,
  shared: Shared,
  { vpc, data, variables, release, log, topic }: MachineParts,
): Machine {
  const machine = new Machine("afirgen-machine", {
    context,
    vpc,
    instanceType: machineType(settings),
    ami: settings.amiId === undefined ? undefined : { id: settings.amiId },
    rootVolumeGiB: settings.rootVolumeGiB,
    admin: settings.admin,
    // The backend, in a container, uploads and sends metrics with the machine's role.
    roleForContainers: true,
    telemetry: { namespace: namespaceOf(context), logGroups: [log.name] },
    startsAfter: [release.parameter.nodes.parameter, ...variables.resources],
    userData: renderAfirgen({
      name: `afirgen-machine-${context.stack}`,
      region: context.region,
      release: { bucket: data.models.name, parameter: release.parameter.parameterName },
      parameterPrefix: variables.plain.prefix,
      buckets: { models: data.models.name, temp: data.temp.name, backups: data.backups.name },
      domainName: settings.domainName,
      adminEmail: shared.alarmEmail,
      logGroup: log.name,
      metricsNamespace: namespaceOf(context),
      swapGiB: settings.swapGiB,
    }),
  });
  openPorts(machine, settings);
  data.database.allowFrom(machine.securityGroup, "FIRs of the backend");
  variables.plain.grantRead(machine);
  release.parameter.grantRead(machine);
  data.models.grantRead(machine);
  data.temp.grantReadWriteObjects(machine, "uploads/");
  data.backups.grantReadWriteObjects(machine, "");
  topic.grantPublish(machine);
  return machine;
}

function openPorts(machine: Machine, settings: AfirgenSettings): void {
  if (openTo(settings) === "anyone") {
    machine.allowFrom(anyone, 80, "HTTP from the internet: certificates, and a redirect to HTTPS");
    machine.allowFrom(anyone, 443, "HTTPS from the internet");
    return;
  }
  const { id } = aws.ec2.getManagedPrefixListOutput({ name: cloudFrontPrefixList }, { parent: machine });
  machine.allowFrom(prefixListPeer("cloudfront", id), 80, "HTTP from CloudFront");
}

function createPage(context: SystemContext, settings: AfirgenSettings, machine: Machine): StaticSite {
  const { pageDomain, domainName } = settings;
  return new StaticSite("afirgen-page", {
    context,
    folder: siteFolder,
    contentSecurityPolicy,
    edgeCacheSeconds: settings.pageCacheSeconds,
    api: {
      origin:
        domainName === undefined
          ? { dnsName: machine.publicDns, scheme: "http" }
          : { dnsName: machine.publicDns, scheme: "https", certificate: { domainName } },
      // The health is outside the API, where a monitor and a load test look for it.
      paths: ["/api/*", "/health"],
    },
    certificate: pageDomain && { arn: pageDomain.certificateArn, domainName: pageDomain.name },
  });
}
