import { Bucket } from "../components/data/bucket";
import { PostgresDatabase } from "../components/data/postgres-database";
import { RedisCache } from "../components/data/redis-cache";
import { SettingsParameter } from "../components/data/settings-parameter";
import { Distribution } from "../components/edge/distribution";
import type { LoadBalancerTarget } from "../components/edge/load-balancer";
import { Fleet } from "../components/inference/fleet";
import { cpuUtilisation, gpuUtilisation } from "../components/inference/fleet-metrics";
import type { SystemContext } from "../components/lib/context";
import { Queue } from "../components/messaging/queue";
import type { Vpc } from "../components/network/vpc";
import { AlarmTopic } from "../components/observability/alarm-topic";
import { Budget } from "../components/observability/budget";
import { LogGroup } from "../components/observability/log-group";
import { renderGateway } from "../userdata/render";
import { defaultAgentsBudget } from "./agents-cost";
import {
  createSecrets,
  databaseName,
  type GatewaySecrets,
  gatewayEnvironment,
  gatewayPort,
  livePath,
  readyPath,
  replicaNames,
  service,
  uploadCode,
} from "./agents-gateway";
import { createDashboard, namespace, watch } from "./agents-monitoring";
import { type AgentsSettings, agentsSchema, agentsSecrets } from "./agents-settings";
import { alarmsOf, allowPackages, type Front, fleetArgsOf, inferenceFront, inferenceNetwork } from "./inference-parts";
import { defineSystem, type Outputs, type Shared } from "./system";
import { enginePort, engineScript, launchTimeoutSeconds, warnOfUnknownModel, weightsPrefix } from "./vllm-parts";

/** Packages, Node.js and one file. */
const serverTimes = { launchTimeoutSeconds: 1800, healthTimeoutSeconds: 600 } as const;
/** Percent of servers' CPU; they wait for engines most of the time. */
const serverScaling = { upAbove: 60, downBelow: 20 } as const;
const resultsPrefix = "results/";

/** An agent platform: engines of vLLM that follow a queue, and a gateway in front of them with PostgreSQL, Redis and jobs. */
export const agents = defineSystem<AgentsSettings>({
  configKey: "agents",
  costTier: "accelerated",
  restApi: false,
  secretKeys: Object.values(agentsSecrets),
  schema: agentsSchema,
  build,
});

function build(context: SystemContext, settings: AgentsSettings, shared: Shared): Outputs {
  warnOfUnknownModel("agents", settings);
  const vpc = inferenceNetwork(context, settings);
  const front = inferenceFront(context, vpc, settings);
  const target = addGateway(front, settings);
  const distribution = createDistribution(context, front, settings);
  const secrets = createSecrets(context, shared);
  const data = createData(context, settings, vpc, secrets);
  const { logRetentionDays: retentionDays } = settings;
  const logs = {
    gateway: new LogGroup("agents-gateway-log", { context, prefix: "/aws/ec2/", retentionDays }),
    engine: new LogGroup("agents-engine-log", { context, prefix: "/aws/ec2/", retentionDays }),
    system: new LogGroup("agents-system-log", { context, prefix: "/aws/ec2/", retentionDays }),
  };
  const topic = new AlarmTopic("agents-alarms", {
    context,
    encrypted: settings.encryptAlarms,
    email: shared.alarmEmail,
    budgets: true,
  });
  const environment = gatewayEnvironment(context, settings, { ...data, secrets });
  const engines = createEngines(context, settings, { vpc, data, secrets, logs });
  const code = uploadCode(context);
  const servers = createServers(context, settings, { vpc, target, data, secrets, logs, engines, environment, code });

  const watched = { front, distribution, servers, target, engines, ...data };
  watch(alarmsOf(context, topic), settings, watched);
  new Budget("agents-budget", {
    context,
    topic,
    usdPerMonth: settings.budgetUsdPerMonth ?? defaultAgentsBudget(settings),
  });
  const dashboard = createDashboard(context, settings, watched);

  return {
    apiUrl: distribution.url,
    apiKeyParameter: secrets.apiKey?.parameterName,
    distributionId: distribution.id,
    loadBalancerDns: front.loadBalancer.dnsName,
    scheme: front.loadBalancer.scheme,
    listenerPort: front.loadBalancer.listenerPort,
    targetGroupArn: target.arn,
    serversGroupName: servers.groupName,
    enginesGroupName: engines.groupName,
    model: settings.model.servedName,
    weightsBucketName: data.weights.name,
    weightsPrefix: weightsPrefix(settings),
    queueUrl: data.jobs.url,
    deadLetterQueueUrl: data.jobs.deadLetters.url,
    resultsBucketName: data.results.name,
    databaseHost: data.database.host,
    databaseSecretArn: data.database.secretArn,
    redisUrl: data.cache.url,
    gatewaySecretName: secrets.all.name,
    engineKeyParameter: secrets.engineKey.parameterName,
    webhookKeyParameter: secrets.webhookKey.parameterName,
    gatewayEnvironment: environment,
    codeBucketName: code.bucket.name,
    codeKey: code.key,
    codeSha256: code.sha256,
    gatewayLogGroup: logs.gateway.name,
    engineLogGroup: logs.engine.name,
    systemLogGroup: logs.system.name,
    dashboardUrl: dashboard.url,
    alarmTopicArn: topic.arn,
  };
}

/** The gateway's own paths; its metrics are for the machine alone. */
function addGateway({ loadBalancer }: Front, { longestGenerationSeconds }: AgentsSettings): LoadBalancerTarget {
  return loadBalancer.addTarget("gateway", {
    port: gatewayPort,
    health: { path: livePath, intervalSeconds: 10 },
    rules: [
      { paths: ["/v1/*"], priority: 10 },
      { paths: ["/api/health", "/api/health/*", "/openapi.json"], methods: ["GET"], priority: 20 },
    ],
    deregistrationDelaySeconds: longestGenerationSeconds,
  });
}

function createDistribution(context: SystemContext, front: Front, { pageDomain }: AgentsSettings): Distribution {
  return new Distribution("agents-cdn", {
    context,
    origin: front.loadBalancer,
    comment: "Gateway of the agent platform",
    accessLogs: front.accessLogs,
    webAcl: front.edgeFirewall,
    hopProof: front.hopProof.value,
    certificate: pageDomain && { arn: pageDomain.certificateArn, domainName: pageDomain.name },
  });
}

interface Data {
  readonly database: PostgresDatabase;
  readonly cache: RedisCache;
  readonly jobs: Queue;
  readonly results: Bucket;
  readonly weights: Bucket;
}

function createData(context: SystemContext, settings: AgentsSettings, vpc: Vpc, secrets: GatewaySecrets): Data {
  const { database, cache, jobVisibilitySeconds, resultDays, logRetentionDays } = settings;
  return {
    database: new PostgresDatabase("agents-database", { context, vpc, databaseName, logRetentionDays, ...database }),
    cache: new RedisCache("agents-cache", { context, vpc, authToken: secrets.redisToken, ...cache }),
    jobs: new Queue("agents-jobs", { context, visibilityTimeoutSeconds: jobVisibilitySeconds }),
    results: new Bucket("agents-results", { context, expireAfterDays: { [resultsPrefix]: resultDays } }),
    weights: new Bucket("agents-weights", { context }),
  };
}

interface FleetParts {
  readonly vpc: Vpc;
  readonly data: Data;
  readonly secrets: GatewaySecrets;
  readonly logs: { readonly gateway: LogGroup; readonly engine: LogGroup; readonly system: LogGroup };
}

/** Nothing but the gateway calls engines, so they are behind no load balancer; EC2 and the gateway's own checks watch them. */
function createEngines(context: SystemContext, settings: AgentsSettings, parts: FleetParts): Fleet {
  const { vpc, data, secrets } = parts;
  const { size, capacity, efa } = settings;
  const logGroups = { engine: parts.logs.engine.name, system: parts.logs.system.name };
  const waiting = () => data.jobs.metricVisible();
  const engines = new Fleet("agents-engines", {
    ...fleetArgsOf(settings),
    context,
    vpc,
    capacity,
    efa,
    targets: [],
    telemetry: { namespace, logGroups: Object.values(logGroups) },
    launchTimeoutSeconds,
    scaling: {
      utilisation: { metric: gpuUtilisation(namespace), ...settings.scaling },
      runbooks: { busy: "docs/runbooks/agents.md#engines-busy", idle: "docs/runbooks/agents.md#engines-idle" },
      perInstance: { metric: waiting, target: settings.backlogPerInstance },
      ...(size.min === 0 ? { wake: { metric: waiting } } : {}),
    },
    userData: engineScript(settings, {
      weights: data.weights,
      apiKeyParameter: secrets.engineKey.parameterName,
      logGroups,
      metricsNamespace: namespace,
    }),
  });
  allowPackages(engines);
  data.weights.grantRead(engines, `${weightsPrefix(settings)}/`);
  secrets.engineKey.grantRead(engines);
  return engines;
}

interface ServerParts extends FleetParts {
  readonly target: LoadBalancerTarget;
  readonly engines: Fleet;
  readonly environment: ReturnType<typeof gatewayEnvironment>;
  readonly code: ReturnType<typeof uploadCode>;
}

function createServers(context: SystemContext, settings: AgentsSettings, parts: ServerParts): Fleet {
  const { vpc, target, secrets, engines, code } = parts;
  const { longestGenerationSeconds, servers: wanted, admin, datadogSite } = settings;
  const logGroups = { gateway: parts.logs.gateway.name, system: parts.logs.system.name };
  const environment = new SettingsParameter("agents-gateway-environment", {
    context,
    description: "Environment of the gateway, without secrets",
    settings: parts.environment,
  });
  const servers = new Fleet("agents-servers", {
    context,
    vpc,
    instanceTypes: wanted.instanceTypes,
    size: wanted.size,
    admin,
    longestGenerationSeconds,
    targets: [target],
    telemetry: { namespace, logGroups: Object.values(logGroups) },
    rootVolumeGiB: 30,
    launchTimeoutSeconds: serverTimes.launchTimeoutSeconds,
    startsAfter: [environment.nodes.parameter, code.object, secrets.all.nodes.version],
    scaling: {
      utilisation: { metric: cpuUtilisation(), ...serverScaling },
      runbooks: { busy: "docs/runbooks/agents.md#servers-busy", idle: "docs/runbooks/agents.md#servers-idle" },
    },
    userData: (instance) =>
      renderGateway({
        instance,
        port: gatewayPort,
        healthPath: readyPath,
        code: { bucket: code.bucket.name, key: code.key, sha256: code.sha256 },
        environmentParameter: environment.parameterName,
        replicas: { groupName: engines.groupName, names: replicaNames(settings) },
        datadog: secrets.datadog && {
          secret: secrets.datadog.name,
          site: datadogSite,
          environment: context.environment,
          service,
        },
        logGroups,
        metricsNamespace: namespace,
        healthTimeoutSeconds: serverTimes.healthTimeoutSeconds,
        drainSeconds: longestGenerationSeconds,
      }),
  });
  allowPackages(servers);
  environment.grantRead(servers);
  code.bucket.grantRead(servers, "gateway/");
  connect(servers, parts);
  return servers;
}

/** What the gateway reaches, and what it may do there. */
function connect(servers: Fleet, { data, secrets, engines }: ServerParts): void {
  const { securityGroup } = servers;
  engines.securityGroup.allowFrom(securityGroup, enginePort, "Requests of the gateway");
  securityGroup.allowTo(engines.securityGroup, enginePort, "Requests to the engines");
  data.database.allowFrom(securityGroup, "Jobs of the gateway");
  data.cache.allowFrom(securityGroup, "Limits, spend and circuits of the gateway");
  data.database.grantReadSecret(servers);
  secrets.all.grantRead(servers);
  secrets.datadog?.grantRead(servers);
  data.jobs.grantSend(servers);
  data.jobs.grantConsume(servers);
  data.results.grantReadWriteObjects(servers, resultsPrefix);
  servers.allow("find-engines", [
    {
      sid: "FindEngines",
      actions: ["autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances"],
      resources: ["*"],
      anyResourceBecause: "AWS can't narrow what may be described",
    },
  ]);
}
