import * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../components/data/bucket";
import { BucketMetrics } from "../components/data/bucket-metrics";
import { GeneratedSecret } from "../components/data/generated-secret";
import { Table } from "../components/data/table";
import { Distribution } from "../components/edge/distribution";
import { Fleet } from "../components/inference/fleet";
import { cpuUtilisation } from "../components/inference/fleet-metrics";
import type { SystemContext } from "../components/lib/context";
import { cidrPeer } from "../components/network/peer";
import type { Vpc } from "../components/network/vpc";
import { AlarmTopic } from "../components/observability/alarm-topic";
import { Budget } from "../components/observability/budget";
import { LogGroup } from "../components/observability/log-group";
import { renderOllama } from "../userdata/render";
import {
  alarmsOf,
  allowPackages,
  type Front,
  fleetArgsOf,
  inferenceFront,
  inferenceNetwork,
  type MakeAlarm,
} from "./inference-parts";
import { defaultOllamaBudget } from "./ollama-cost";
import { createDashboard, namespace, type Targets, watch, watchEdge } from "./ollama-monitoring";
import { databaseSecret, digestOf, type OllamaSettings, ollamaSchema } from "./ollama-settings";
import { defineSystem, type Outputs, type Shared } from "./system";

const ports = { ollama: 11434, webUi: 8080, database: 5432 } as const;
/** From Ollama's start to its first token. */
const healthTimeoutSeconds = 900;
/** Packages, Ollama, the model and Open WebUI's image (1.6 GB packed) come before. */
const launchTimeoutSeconds = healthTimeoutSeconds + 1800;
/** Where CloudFront's metrics are, and so alarms on them. */
const cloudFrontRegion = "us-east-1";

/** Ollama and Open WebUI on CPU instances behind a load balancer and CloudFront. */
export const ollama = defineSystem<OllamaSettings>({
  configKey: "ollama",
  costTier: "always-on",
  restApi: false,
  secretKeys: [databaseSecret],
  schema: ollamaSchema,
  build,
});

function build(context: SystemContext, settings: OllamaSettings, shared: Shared): Outputs {
  const vpc = inferenceNetwork(context, settings);
  const front = inferenceFront(context, vpc, settings);
  const secrets = createSecrets(context, shared.secret(databaseSecret));
  const targets = addTargets(front, settings, secrets.apiKey);
  const distribution = createDistribution(context, front, settings);
  const data = createData(context);
  const { logRetentionDays: retentionDays } = settings;
  const logs = {
    app: new LogGroup("ollama-app", { context, prefix: "/aws/ec2/", retentionDays }),
    service: new LogGroup("ollama-service", { context, prefix: "/aws/ec2/", retentionDays }),
  };
  const topic = new AlarmTopic("ollama-alerts", {
    context,
    encrypted: settings.encryptAlarms,
    email: shared.alarmEmail,
    budgets: true,
  });
  const fleet = createFleet(context, settings, { vpc, targets, secrets, data, logs, topic });

  const watched = { front, fleet, targets, distribution, ...data };
  watch(alarmsOf(context, topic), watched);
  watchEdge(edgeAlarms(context, topic, settings, shared), distribution);
  new Budget("ollama-budget", {
    context,
    topic,
    usdPerMonth: settings.budgetUsdPerMonth ?? defaultOllamaBudget(settings),
  });
  const dashboard = createDashboard(context, settings, watched);

  return {
    ollamaUrl: distribution.url,
    distributionId: distribution.id,
    loadBalancerDns: front.loadBalancer.dnsName,
    scheme: front.loadBalancer.scheme,
    listenerPort: front.loadBalancer.listenerPort,
    apiTargetGroupArn: targets.api.arn,
    webUiTargetGroupArn: targets.webUi.arn,
    apiKeyParameter: secrets.apiKey.parameterName,
    adminEmail: settings.adminEmail,
    adminPasswordParameter: secrets.adminPassword.parameterName,
    groupName: fleet.groupName,
    model: settings.model.name,
    tableName: data.table.name,
    bucketName: data.storage.name,
    appLogGroup: logs.app.name,
    serviceLogGroup: logs.service.name,
    dashboardUrl: dashboard.url,
    alarmTopicArn: topic.arn,
  };
}

interface Secrets {
  readonly apiKey: GeneratedSecret;
  readonly sessionKey: GeneratedSecret;
  readonly adminPassword: GeneratedSecret;
  readonly databaseUrl: GeneratedSecret | undefined;
}

function createSecrets(context: SystemContext, databaseUrl: pulumi.Output<string> | undefined): Secrets {
  return {
    apiKey: new GeneratedSecret("ollama-api-key", { context, description: "Key that callers of Ollama's API send" }),
    sessionKey: new GeneratedSecret("ollama-session-key", {
      context,
      description: "Key that Open WebUI signs sessions with",
    }),
    adminPassword: new GeneratedSecret("ollama-admin-password", {
      context,
      description: "First password of Open WebUI's administrator",
    }),
    databaseUrl:
      databaseUrl &&
      new GeneratedSecret("ollama-database-url", {
        context,
        description: "PostgreSQL database of Open WebUI",
        given: databaseUrl,
      }),
  };
}

/** Ollama has no keys of its own, so the load balancer lets in who has the key and refuses others; the rest is Open WebUI's, with its own login. */
function addTargets({ loadBalancer }: Front, settings: OllamaSettings, apiKey: GeneratedSecret): Targets {
  const header = { name: "Authorization", values: [pulumi.secret(pulumi.interpolate`Bearer ${apiKey.value}`)] };
  const deregistrationDelaySeconds = settings.longestGenerationSeconds;
  const api = loadBalancer.addTarget("tg", {
    port: ports.ollama,
    health: { path: "/api/version" },
    rules: [
      { paths: ["/api/generate", "/api/chat", "/api/tags", "/api/version"], header, priority: 10 },
      { paths: ["/v1/*"], header, priority: 20 },
    ],
    deregistrationDelaySeconds,
  });
  // Not /api/version: Open WebUI has a path of that name, which its page asks for.
  loadBalancer.refuse("without-key", { paths: ["/api/generate", "/api/chat", "/api/tags", "/v1/*"], priority: 30 });
  const webUi = loadBalancer.addTarget("web-ui-tg", {
    port: ports.webUi,
    health: { path: "/health" },
    rules: [{ paths: ["/*"], priority: 100 }],
    deregistrationDelaySeconds,
    sticky: true,
  });
  return { api, webUi };
}

function createDistribution(context: SystemContext, front: Front, { pageDomain }: OllamaSettings): Distribution {
  return new Distribution("ollama-cdn", {
    context,
    origin: front.loadBalancer,
    comment: "Ollama and Open WebUI",
    // Open WebUI's scripts have their hash in their names; its logos and fonts change with a release.
    cachedPaths: ["/_app/immutable/*", "/static/*"],
    accessLogs: front.accessLogs,
    webAcl: front.edgeFirewall,
    hopProof: front.hopProof.value,
    certificate: pageDomain && { arn: pageDomain.certificateArn, domainName: pageDomain.name },
    detailedMetrics: true,
  });
}

interface Data {
  readonly table: Table;
  readonly storage: Bucket;
  readonly storageMetrics: BucketMetrics;
}

/** What outlives instances: uploads and archives in the bucket, and in the table which archive is current and who may write the next. */
function createData(context: SystemContext): Data {
  const table = new Table("ollama-data-table", { context, partitionKey: "id" });
  const storage = new Bucket("ollama-storage", {
    context,
    noncurrentVersionDays: 30,
    archiveAfterDays: { "uploads/": 90 },
  });
  return { table, storage, storageMetrics: new BucketMetrics("ollama-storage-metrics", { context, bucket: storage }) };
}

interface FleetParts {
  readonly vpc: Vpc;
  readonly targets: Targets;
  readonly secrets: Secrets;
  readonly data: Data;
  readonly logs: { readonly app: LogGroup; readonly service: LogGroup };
  readonly topic: AlarmTopic;
}

function createFleet(context: SystemContext, settings: OllamaSettings, parts: FleetParts): Fleet {
  const { vpc, targets, secrets, data, topic } = parts;
  const { model, snapChannel, archive, webUiImage, adminEmail, pageDomain, longestGenerationSeconds } = settings;
  const logGroups = { app: parts.logs.app.name, service: parts.logs.service.name };
  const fleet = new Fleet("ollama-servers", {
    ...fleetArgsOf(settings),
    context,
    vpc,
    targets: [targets.api, targets.webUi],
    telemetry: { namespace, logGroups: Object.values(logGroups) },
    launchTimeoutSeconds,
    scaling: {
      utilisation: { metric: cpuUtilisation(), ...settings.scaling },
      notify: topic,
      runbooks: { busy: "docs/runbooks/ollama.md#high-cpu", idle: "docs/runbooks/ollama.md#idle" },
    },
    physicalRoles: {
      group: "asg",
      role: "ec2-role",
      profile: "ec2-profile",
      securityGroup: "app-sg",
      busyAlarm: "high-cpu",
      idleAlarm: "idle",
    },
    userData: (instance) =>
      renderOllama({
        instance,
        model: { name: model.name, digest: digestOf(model) },
        contextTokens: model.contextTokens,
        parallelRequests: model.parallelRequests,
        snapChannel,
        archive,
        webUiImage,
        webUiPort: ports.webUi,
        webUiUrl: pageDomain && `https://${pageDomain.name}`,
        ollamaPort: ports.ollama,
        secretKeyParameter: secrets.sessionKey.parameterName,
        admin: { email: adminEmail, passwordParameter: secrets.adminPassword.parameterName },
        databaseUrlParameter: secrets.databaseUrl?.parameterName,
        backup: { bucket: data.storage.name, table: data.table.name },
        logGroups,
        metricsNamespace: namespace,
        healthTimeoutSeconds,
        drainSeconds: longestGenerationSeconds,
      }),
  });
  allowPackages(fleet);
  if (settings.databaseCidr !== undefined) {
    fleet.securityGroup.allowTo(cidrPeer(settings.databaseCidr), ports.database, "PostgreSQL of Open WebUI");
  }
  grantData(fleet, parts);
  return fleet;
}

function grantData(fleet: Fleet, { secrets, data: { storage, table } }: FleetParts): void {
  for (const secret of [secrets.sessionKey, secrets.adminPassword, secrets.databaseUrl]) secret?.grantRead(fleet);
  storage.grantRead(fleet, "uploads/");
  storage.grantWrite(fleet, "uploads/");
  // With a database there is nothing to archive, and so no instance that alone may.
  if (secrets.databaseUrl) return;
  storage.grantWrite(fleet, "web-ui/");
  storage.grantReadVersions(fleet, "web-ui/");
  table.grantReadUpdate(fleet);
}

/** Alarms on CloudFront, in its region, and with a topic of their own where the stack is elsewhere. */
function edgeAlarms(
  context: SystemContext,
  topic: AlarmTopic,
  { encryptAlarms }: OllamaSettings,
  { alarmEmail }: Shared,
): MakeAlarm {
  if (context.region === cloudFrontRegion) return alarmsOf(context, topic);
  const there = { ...context, region: cloudFrontRegion };
  const edgeTopic = new AlarmTopic("ollama-edge-alerts", {
    context: there,
    encrypted: encryptAlarms,
    email: alarmEmail,
  });
  return alarmsOf(there, edgeTopic);
}
