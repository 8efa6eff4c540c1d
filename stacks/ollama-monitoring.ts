import type { BucketMetrics } from "../components/data/bucket-metrics";
import type { Table } from "../components/data/table";
import type { Distribution } from "../components/edge/distribution";
import type { LoadBalancerTarget } from "../components/edge/load-balancer";
import type { Fleet } from "../components/inference/fleet";
import { cpuUtilisation, fleetMetric, sentBy } from "../components/inference/fleet-metrics";
import type { SystemContext } from "../components/lib/context";
import { Dashboard, type Graph } from "../components/observability/dashboard";
import type { Metric } from "../components/observability/metric";
import { agentMetrics, probeMetrics } from "../userdata/agent";
import { edgeGraphs, type Front, fleetGraphs, type MakeAlarm, trafficGraphs, watchServing } from "./inference-parts";
import type { OllamaSettings } from "./ollama-settings";

/** Namespace of the metrics that instances send. */
export const namespace = "ollama";

const percent = { lowCpu: 30, highMemory: 80, lowHitRate: 30, highEdgeErrors: 5 } as const;
/** Seconds until an answer begins that are worth a look. */
const slowSeconds = 10;
/** Requests in five minutes below which shares of them say nothing. */
const fewRequests = 50;

export interface Targets {
  readonly api: LoadBalancerTarget;
  readonly webUi: LoadBalancerTarget;
}

export interface Watched {
  readonly front: Front;
  readonly fleet: Fleet;
  readonly targets: Targets;
  readonly distribution: Distribution;
  readonly table: Table;
  readonly storageMetrics: BucketMetrics;
}

/** Alarms in the stack's region. High CPU is the fleet's own, which also adds an instance. */
export function watch(alarm: MakeAlarm, { fleet, targets, table }: Watched): void {
  const sent = sentBy(fleet, namespace);
  const quiet = { treatMissingData: "notBreaching" } as const;
  watchServing(alarm, fleet, targets.api);
  alarm("unhealthy-web-ui", {
    metric: targets.webUi.loadBalancer.metricUnhealthyTargets(targets.webUi),
    description: "Open WebUI fails its health check on an instance that should serve.",
    comparison: ">",
    threshold: 0,
    periods: { evaluated: 5, breaching: 5 },
    ...quiet,
  });
  alarm("low-cpu", {
    metric: cpuUtilisation()(fleet.facts),
    description: `The instances have done less than ${percent.lowCpu} % of what they can for an hour; they may be more or larger than needed.`,
    comparison: "<",
    threshold: percent.lowCpu,
    periods: { evaluated: 60, breaching: 60 },
    ...quiet,
  });
  alarm("high-memory", {
    metric: sent(agentMetrics.memoryUsedPercent, "Maximum", "fullest"),
    description: `An instance uses more than ${percent.highMemory} % of its memory; the kernel may soon end Ollama or Open WebUI.`,
    comparison: ">",
    threshold: percent.highMemory,
    periods: { evaluated: 5, breaching: 5 },
    ...quiet,
  });
  alarm("table-throttling", {
    metric: table.metricThrottles(),
    description: "DynamoDB refused reads or writes of the table that says which backup is current.",
    comparison: ">",
    threshold: 0,
    periods: { evaluated: 1, breaching: 1 },
    ...quiet,
  });
  alarm("upload-failures", {
    metric: sent(probeMetrics.backupFailures, "Sum", "failed"),
    description: "Open WebUI's data did not get to the bucket; a new instance would start from an older state.",
    comparison: ">",
    threshold: 0,
    // One that fails and then succeeds has lost nothing.
    periods: { evaluated: 30, breaching: 2 },
    ...quiet,
  });
  alarm("inference-failures", {
    metric: sent(probeMetrics.inferenceFailures, "Sum", "failed"),
    description: "Ollama did not make a token when it was tried, in three of five minutes.",
    comparison: ">",
    threshold: 0,
    periods: { evaluated: 5, breaching: 3 },
    ...quiet,
  });
}

/** Alarms on CloudFront's metrics, in its region. */
export function watchEdge(alarm: MakeAlarm, distribution: Distribution): void {
  alarm("low-cache-hit-rate", {
    metric: {
      expression: `IF(requests > ${fewRequests}, rate, 100)`,
      using: { requests: distribution.metricRequests(), rate: distribution.metricCacheHitRate() },
      label: "Cache hit rate, in percent",
    },
    description: `CloudFront answered less than ${percent.lowHitRate} % of what it may keep from its cache, for an hour.`,
    comparison: "<",
    threshold: percent.lowHitRate,
    periods: { evaluated: 12, breaching: 12 },
    treatMissingData: "notBreaching",
  });
  alarm("edge-errors", {
    metric: {
      expression: `IF(requests > ${fewRequests}, rate, 0)`,
      using: { requests: distribution.metricRequests(), rate: distribution.metricServerErrorRate() },
      label: "Requests answered with 5xx, in percent",
    },
    description: `CloudFront answered more than ${percent.highEdgeErrors} % of requests with a server error.`,
    comparison: ">",
    threshold: percent.highEdgeErrors,
    periods: { evaluated: 3, breaching: 2 },
    treatMissingData: "notBreaching",
  });
}

export function createDashboard(context: SystemContext, settings: OllamaSettings, watched: Watched): Dashboard {
  const { front, fleet, distribution } = watched;
  return new Dashboard("ollama-dashboard", {
    context,
    rows: [
      { title: "Requests", graphs: trafficGraphs(front.loadBalancer, slowSeconds) },
      { title: "Ollama, by one token a minute", graphs: inferenceGraphs(fleet) },
      { title: "Instances", graphs: instanceGraphs(fleet, settings) },
      {
        title: "Auto Scaling and cost",
        graphs: [...fleetGraphs(fleet, settings.instanceTypes), targetGraph(watched), activityGraph(fleet)],
      },
      { title: "Edge", graphs: [...edgeGraphs(front, distribution).slice(0, 3), cacheGraph(distribution)] },
      { title: "Data", graphs: dataGraphs(watched) },
    ],
  });
}

function inferenceGraphs(fleet: Fleet): Graph[] {
  const sent = sentBy(fleet, namespace);
  const time = (title: string, name: string): Graph => ({
    title,
    signals: [sent(name, "Average", "average"), sent(name, "Maximum", "slowest")],
    axis: { min: 0 },
  });
  return [
    time("Inference latency (ms)", probeMetrics.inferenceLatency),
    time("Model loading time (ms)", probeMetrics.modelLoadTime),
    {
      title: "Failures in each minute",
      signals: [
        sent(probeMetrics.inferenceFailures, "Sum", "inference"),
        sent(probeMetrics.backupFailures, "Sum", "backups"),
      ],
      axis: { min: 0 },
    },
  ];
}

function instanceGraphs(fleet: Fleet, { scaling }: OllamaSettings): Graph[] {
  const sent = sentBy(fleet, namespace);
  const ofEc2 = (name: string, label: string): Metric => ({
    ...fleetMetric("AWS/EC2", name, "Sum")(fleet.facts),
    label,
  });
  return [
    {
      title: "CPU (%)",
      signals: [{ ...cpuUtilisation()(fleet.facts), label: "average" }],
      axis: { min: 0, max: 100 },
      limit: { value: scaling.upAbove, label: "one instance more" },
    },
    {
      title: "Memory (%)",
      signals: [
        sent(agentMetrics.memoryUsedPercent, "Maximum", "fullest"),
        sent(agentMetrics.swapUsedPercent, "Maximum", "fullest swap"),
      ],
      axis: { min: 0, max: 100 },
      limit: { value: percent.highMemory, label: "alarm" },
    },
    {
      title: "Disk (%)",
      signals: [sent(agentMetrics.diskUsedPercent, "Maximum", "fullest")],
      axis: { min: 0, max: 100 },
    },
    {
      title: "Network (bytes in each minute)",
      signals: [ofEc2("NetworkIn", "in"), ofEc2("NetworkOut", "out")],
      axis: { min: 0 },
    },
  ];
}

function activityGraph({ facts }: Fleet): Graph {
  const ofGroup = (name: string, label: string): Metric => ({
    ...fleetMetric("AWS/AutoScaling", name, "Maximum")(facts),
    label,
  });
  return {
    title: "Scaling activities (instances)",
    signals: [ofGroup("GroupPendingInstances", "starting"), ofGroup("GroupTerminatingInstances", "ending")],
    axis: { min: 0 },
  };
}

function targetGraph({ targets: { api, webUi } }: Watched): Graph {
  return {
    title: "Healthy targets",
    signals: [
      { ...api.loadBalancer.metricHealthyTargets(api), label: "Ollama" },
      { ...webUi.loadBalancer.metricHealthyTargets(webUi), label: "Open WebUI" },
    ],
    axis: { min: 0 },
  };
}

function cacheGraph(distribution: Distribution): Graph {
  return {
    title: "Cache hit rate (%)",
    signals: [{ ...distribution.metricCacheHitRate(), label: "hit rate" }],
    axis: { min: 0, max: 100 },
    limit: { value: percent.lowHitRate, label: "alarm below" },
    region: "us-east-1",
  };
}

function dataGraphs({ table, storageMetrics }: Watched): Graph[] {
  return [
    {
      title: "Table: capacity used, in 5 minutes",
      signals: [table.metricReads(), table.metricWrites()],
      axis: { min: 0 },
    },
    { title: "Table: throttled, in 5 minutes", signals: [table.metricThrottles()], axis: { min: 0 } },
    {
      title: "Bucket: requests in each minute",
      signals: [{ ...storageMetrics.metricRequests(), label: "all" }, storageMetrics.metricErrors()],
      axis: { min: 0 },
    },
    {
      title: "Bucket: size (bytes)",
      signals: [{ ...storageMetrics.metricSizeBytes(), label: "standard storage" }],
      axis: { min: 0 },
    },
  ];
}
