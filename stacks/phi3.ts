import * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../components/data/bucket";
import { GeneratedSecret } from "../components/data/generated-secret";
import { HttpApi } from "../components/edge/http-api";
import type { LoadBalancerTarget } from "../components/edge/load-balancer";
import { StaticSite } from "../components/edge/static-site";
import { Fleet } from "../components/inference/fleet";
import { fleetMetric, gpuUtilisation, waitingRequests } from "../components/inference/fleet-metrics";
import { models } from "../components/inference/models";
import type { SystemContext } from "../components/lib/context";
import type { Vpc } from "../components/network/vpc";
import { AlarmTopic } from "../components/observability/alarm-topic";
import { Budget } from "../components/observability/budget";
import { Dashboard } from "../components/observability/dashboard";
import { LogGroup } from "../components/observability/log-group";
import type { Metric } from "../components/observability/metric";
import { contentSecurityPolicy } from "../services/demo-web/content-security-policy";
import { agentMetrics, vllmMetrics } from "../userdata/agent";
import { renderVllm } from "../userdata/render";
import {
  alarmsOf,
  allowPackages,
  edgeGraphs,
  type Front,
  fleetArgsOf,
  fleetGraphs,
  inferenceFront,
  inferenceNetwork,
  type MakeAlarm,
  perSecond,
  trafficGraphs,
  watchServing,
} from "./inference-parts";
import { defaultBudget } from "./inference-settings";
import { type Phi3Settings, phi3Schema } from "./phi3-settings";
import { defineSystem, type Outputs, type Shared } from "./system";

/** Namespace of the metrics that instances send. */
const namespace = "phi3";
const enginePort = 8000;
/** The image is 10 GB packed and the weights 8 GB: minutes to fetch, unpack and load. */
const launchTimeoutSeconds = 3600;
const healthTimeoutSeconds = 1200;
/** Seconds that the 99th percentile may wait for an answer to begin. */
const slowSeconds = 5;

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
  warnOfUnknownModel(settings);
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

/** The settings refuse models of the table that don't fit; of others the arithmetic knows nothing. */
function warnOfUnknownModel({ model, instanceTypes }: Phi3Settings): void {
  if (model.name in models) return;
  void pulumi.log.warn(
    `llm-stacks:phi3.model.name is ${model.name}, which is not in components/inference/models.ts: nobody has checked that ${instanceTypes.join(", ")} can hold it with ${model.maxModelLen} tokens. Add its row, or see vLLM's log at the first start.`,
  );
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
  const { model, image, longestGenerationSeconds } = settings;
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
      perInstance: { metric: waitingRequests(namespace), target: settings.waitingPerInstance },
    },
    userData: (instance) =>
      renderVllm({
        instance,
        image,
        model: {
          name: model.name,
          revision: model.revision,
          hubFallback: model.hubFallback,
          weights:
            model.weightsManifestSha256 === undefined
              ? undefined
              : {
                  bucket: weights.name,
                  prefix: weightsPrefix(settings),
                  manifestSha256: model.weightsManifestSha256,
                },
        },
        servedName: model.servedName,
        port: enginePort,
        maxModelLen: model.maxModelLen,
        gpuMemoryUtilization: model.gpuMemoryUtilization,
        apiKeyParameter: apiKey?.parameterName,
        logGroups,
        metricsNamespace: namespace,
        healthTimeoutSeconds,
        drainSeconds: longestGenerationSeconds,
      }),
  });
  allowPackages(fleet);
  weights.grantRead(fleet, `${weightsPrefix(settings)}/`);
  apiKey?.grantRead(fleet);
  return fleet;
}

/** Where a revision's weights lie in their bucket. */
function weightsPrefix({ model }: Phi3Settings): string {
  return `${model.name}/${model.revision}`;
}

function watch(
  alarm: MakeAlarm,
  fleet: Fleet,
  target: LoadBalancerTarget,
  api: HttpApi,
  { size, waitingPerInstance }: Phi3Settings,
): void {
  watchServing(alarm, fleet, target);
  alarm("latency", {
    metric: target.loadBalancer.metricTargetResponseTime("p99"),
    description: `One request in a hundred waits more than ${slowSeconds} s for its answer to begin.`,
    comparison: ">",
    threshold: slowSeconds,
    periods: { evaluated: 5, breaching: 3 },
    treatMissingData: "notBreaching",
  });
  alarm("waiting-requests", {
    metric: waitingRequests(namespace)(fleet.facts),
    description: "More requests wait than the largest fleet should have waiting, for ten minutes.",
    comparison: ">",
    threshold: waitingPerInstance * size.max,
    periods: { evaluated: 10, breaching: 10 },
    treatMissingData: "notBreaching",
  });
  alarm("api-server-errors", {
    metric: api.metricServerErrors(),
    description: "The HTTP API answered at least five requests in five minutes with a server error.",
    comparison: ">=",
    threshold: 5,
    periods: { evaluated: 1, breaching: 1 },
    treatMissingData: "notBreaching",
  });
}

interface Watched {
  readonly front: Front;
  readonly fleet: Fleet;
  readonly api: HttpApi;
  readonly page: StaticSite;
}

function createDashboard(context: SystemContext, settings: Phi3Settings, parts: Watched): Dashboard {
  const { front, fleet, api, page } = parts;
  const of = (name: string, statistic: Metric["statistic"], label: string): Metric => ({
    ...fleetMetric(namespace, name, statistic)(fleet.facts),
    label,
  });
  const apiLatency = (["p50", "p95", "p99"] as const).map((percentile) => ({
    ...api.metricLatency(percentile),
    label: percentile,
  }));
  return new Dashboard("phi3-dashboard", {
    context,
    rows: [
      { title: "Requests", graphs: trafficGraphs(front.loadBalancer, slowSeconds) },
      {
        title: "Model",
        graphs: [
          {
            title: "Tokens per second",
            signals: [
              perSecond(of(vllmMetrics.generatedTokens, "Sum", "generated"), "generated"),
              perSecond(of(vllmMetrics.promptTokens, "Sum", "prompts"), "prompts"),
            ],
            axis: { min: 0 },
          },
          {
            title: "Requests in the engines",
            signals: [
              of(vllmMetrics.requestsRunning, "Sum", "running"),
              of(vllmMetrics.requestsWaiting, "Sum", "waiting"),
            ],
            axis: { min: 0 },
          },
          {
            title: "KV cache in use (1 is full)",
            signals: [
              of(vllmMetrics.cacheUsage, "Average", "average"),
              of(vllmMetrics.cacheUsage, "Maximum", "fullest"),
            ],
            axis: { min: 0, max: 1 },
          },
        ],
      },
      {
        title: "GPUs",
        graphs: [
          {
            title: "GPU utilisation (%)",
            signals: [of(agentMetrics.gpuUtilization, "Average", "average")],
            axis: { min: 0, max: 100 },
            limit: { value: settings.scaling.upAbove, label: "one instance more" },
          },
          {
            title: "GPU memory (MiB, average)",
            signals: [
              of(agentMetrics.gpuMemoryUsed, "Average", "used"),
              of(agentMetrics.gpuMemoryTotal, "Average", "total"),
            ],
            axis: { min: 0 },
          },
          { title: "GPU temperature (°C)", signals: [of(agentMetrics.gpuTemperature, "Maximum", "hottest")] },
          {
            title: "Disk and memory (%)",
            signals: [
              of(agentMetrics.diskUsedPercent, "Maximum", "fullest disk"),
              of(agentMetrics.memoryUsedPercent, "Average", "memory"),
            ],
            axis: { min: 0, max: 100 },
          },
        ],
      },
      { title: "Instances and cost", graphs: fleetGraphs(fleet, settings.instanceTypes) },
      {
        title: "HTTP API",
        graphs: [
          { title: "Latency (ms)", signals: apiLatency, axis: { min: 0 } },
          {
            title: "Requests, in 5 minutes",
            signals: [
              { ...api.metricRequests(), label: "all" },
              { ...api.metricClientErrors(), label: "4xx" },
              { ...api.metricServerErrors(), label: "5xx" },
            ],
            axis: { min: 0 },
          },
        ],
      },
      { title: "Edge", graphs: edgeGraphs(front, page.distribution) },
    ],
  });
}
