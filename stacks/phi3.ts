import { Bucket } from "../components/data/bucket";
import { GeneratedSecret } from "../components/data/generated-secret";
import { HttpApi } from "../components/edge/http-api";
import type { LoadBalancerTarget } from "../components/edge/load-balancer";
import { StaticSite } from "../components/edge/static-site";
import { Fleet } from "../components/inference/fleet";
import { gpuUtilisation, waitingRequests } from "../components/inference/fleet-metrics";
import type { SystemContext } from "../components/lib/context";
import type { Vpc } from "../components/network/vpc";
import { AlarmTopic } from "../components/observability/alarm-topic";
import { Budget } from "../components/observability/budget";
import { LogGroup } from "../components/observability/log-group";
import { contentSecurityPolicy } from "../services/demo-web/content-security-policy";
import { alarmsOf, allowPackages, type Front, fleetArgsOf, inferenceFront, inferenceNetwork } from "./inference-parts";
import { defaultBudget } from "./inference-settings";
import { createDashboard, namespace, watch } from "./phi3-monitoring";
import { type Phi3Settings, phi3Schema } from "./phi3-settings";
import { defineSystem, type Outputs, type Shared } from "./system";
import { enginePort, engineScript, launchTimeoutSeconds, warnOfUnknownModel, weightsPrefix } from "./vllm-parts";

/** Phi-3 mini on vLLM: GPU instances behind a load balancer, an HTTP API, a page on CloudFront. */
export const phi3 = defineSystem<Phi3Settings>({
  configKey: "phi3",
  costTier: "accelerated",
  restApi: false,
  secretKeys: [],
  schema: phi3Schema,
  build,
});

function build(context: SystemContext, settings: Phi3Settings, shared: Shared): Outputs {
  warnOfUnknownModel("phi3", settings);
  const vpc = inferenceNetwork(context, settings);
  const front = inferenceFront(context, vpc, settings);
  const target = addEngines(front, settings);
  const apiKey = settings.apiKey
    ? new GeneratedSecret("phi3-api-key", { context, description: "Key that callers of the Phi-3 API send" })
    : undefined;
  const weights = new Bucket("phi3-weights", { context });
  const logs = {
    engine: new LogGroup("phi3-engine", { context, prefix: "/aws/ec2/", retentionDays: settings.logRetentionDays }),
    system: new LogGroup("phi3-system", { context, prefix: "/aws/ec2/", retentionDays: settings.logRetentionDays }),
  };
  const fleet = createFleet(context, settings, { vpc, target, weights, logs, apiKey });
  const page = new StaticSite("phi3-page", {
    context,
    folder: "services/demo-web/site",
    contentSecurityPolicy,
    api: { origin: front.loadBalancer, paths: ["/v1/*", "/health"] },
    accessLogs: front.accessLogs,
    webAcl: front.edgeFirewall,
    hopProof: front.hopProof.value,
    certificate: settings.pageDomain && {
      arn: settings.pageDomain.certificateArn,
      domainName: settings.pageDomain.name,
    },
  });
  const corsOrigin = settings.corsOrigin ?? page.url;
  const api = new HttpApi("phi3-api", {
    context,
    description: "Completions of Phi-3, compatible with OpenAI's API",
    vpc,
    loadBalancer: front.loadBalancer,
    routes: [
      { method: "POST", path: "/v1/completions" },
      { method: "POST", path: "/v1/chat/completions" },
      { method: "GET", path: "/v1/models" },
      { method: "GET", path: "/health" },
    ],
    cors: { origin: corsOrigin, headers: ["Authorization", "Content-Type"] },
    apiKey: apiKey && { parameterName: apiKey.parameterName },
    hopProof: front.hopProof.value,
    throttle: { ratePerSecond: settings.ratePerSecond, burst: settings.burst },
    logRetentionDays: settings.logRetentionDays,
  });

  const topic = new AlarmTopic("phi3-alarms", {
    context,
    encrypted: settings.encryptAlarms,
    email: shared.alarmEmail,
    budgets: true,
  });
  watch(alarmsOf(context, topic), fleet, target, api, settings);
  new Budget("phi3-budget", {
    context,
    topic,
    usdPerMonth: settings.budgetUsdPerMonth ?? defaultBudget(settings.instanceTypes, settings.size.max),
  });
  const dashboard = createDashboard(context, settings, { front, fleet, api, page });

  return {
    apiUrl: api.url,
    apiKeyParameter: apiKey?.parameterName,
    pageUrl: page.url,
    pageBucketName: page.bucketName,
    corsOrigin,
    distributionId: page.distributionId,
    loadBalancerDns: front.loadBalancer.dnsName,
    scheme: front.loadBalancer.scheme,
    listenerPort: front.loadBalancer.listenerPort,
    targetGroupArn: target.arn,
    groupName: fleet.groupName,
    model: settings.model.servedName,
    weightsBucketName: weights.name,
    weightsPrefix: weightsPrefix(settings),
    engineLogGroup: logs.engine.name,
    systemLogGroup: logs.system.name,
    dashboardUrl: dashboard.url,
    alarmTopicArn: topic.arn,
  };
}

function addEngines({ loadBalancer }: Front, { longestGenerationSeconds }: Phi3Settings): LoadBalancerTarget {
  return loadBalancer.addTarget("engine", {
    port: enginePort,
    health: { path: "/health", intervalSeconds: 30 },
    rules: [
      { paths: ["/health", "/v1/models"], methods: ["GET"], priority: 10 },
      { paths: ["/v1/completions", "/v1/chat/completions"], methods: ["POST"], priority: 20 },
    ],
    deregistrationDelaySeconds: longestGenerationSeconds,
  });
}

interface FleetParts {
  readonly vpc: Vpc;
  readonly target: LoadBalancerTarget;
  readonly weights: Bucket;
  readonly logs: { readonly engine: LogGroup; readonly system: LogGroup };
  readonly apiKey: GeneratedSecret | undefined;
}

function createFleet(context: SystemContext, settings: Phi3Settings, parts: FleetParts): Fleet {
  const { vpc, target, weights, apiKey } = parts;
  const logGroups = { engine: parts.logs.engine.name, system: parts.logs.system.name };
  const fleet = new Fleet("phi3-engines", {
    ...fleetArgsOf(settings),
    context,
    vpc,
    targets: [target],
    telemetry: { namespace, logGroups: Object.values(logGroups) },
    launchTimeoutSeconds,
    scaling: {
      utilisation: { metric: gpuUtilisation(namespace), ...settings.scaling },
      runbooks: { busy: "docs/runbooks/phi3.md#engines-busy", idle: "docs/runbooks/phi3.md#engines-idle" },
      perInstance: { metric: waitingRequests(namespace), target: settings.waitingPerInstance },
    },
    userData: engineScript(settings, {
      weights,
      apiKeyParameter: apiKey?.parameterName,
      logGroups,
      metricsNamespace: namespace,
    }),
  });
  allowPackages(fleet);
  weights.grantRead(fleet, `${weightsPrefix(settings)}/`);
  apiKey?.grantRead(fleet);
  return fleet;
}
