import { Bucket } from "../components/data/bucket";
import { GeneratedSecret } from "../components/data/generated-secret";
import type { LoadBalancerTarget } from "../components/edge/load-balancer";
import { Fleet } from "../components/inference/fleet";
import { gpuUtilisation, waitingRequests } from "../components/inference/fleet-metrics";
import type { SystemContext } from "../components/lib/context";
import type { Vpc } from "../components/network/vpc";
import { AlarmTopic } from "../components/observability/alarm-topic";
import { Budget } from "../components/observability/budget";
import { LogGroup } from "../components/observability/log-group";
import { alarmsOf, allowPackages, type Front, fleetArgsOf, inferenceFront, inferenceNetwork } from "./inference-parts";
import { defaultBudget } from "./inference-settings";
import { createEdge } from "./phi3-edge";
import { createDashboard, namespace, watch } from "./phi3-monitoring";
import { type Phi3Settings, phi3Schema } from "./phi3-settings";
import { defineSystem, type Outputs, type Shared } from "./system";
import { enginePort, engineScript, launchTimeoutSeconds, warnOfUnknownModel, weightsPrefix } from "./vllm-parts";

/** Phi-3 mini on vLLM: GPU instances behind a load balancer, an HTTP or REST API, a page on CloudFront. */
export const phi3 = defineSystem<Phi3Settings>({
  configKey: "phi3",
  costTier: "accelerated",
  restApi: ({ edge }) => edge.api === "rest",
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
  const edge = createEdge({ context, settings, vpc, front, apiKey }, shared);

  const topic = new AlarmTopic("phi3-alarms", {
    context,
    encrypted: settings.encryptAlarms,
    email: shared.alarmEmail,
    budgets: true,
  });
  watch(alarmsOf(context, topic), fleet, target, edge, settings);
  new Budget("phi3-budget", {
    context,
    topic,
    usdPerMonth: settings.budgetUsdPerMonth ?? defaultBudget(settings.instanceTypes, settings.size.max),
  });
  const dashboard = createDashboard(context, settings, { front, fleet, edge });

  return {
    ...edge.outputs,
    apiKeyParameter: apiKey?.parameterName,
    pageUrl: edge.page.url,
    pageBucketName: edge.page.bucketName,
    distributionId: edge.page.distributionId,
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
