import type { MysqlDatabase } from "../components/data/mysql-database";
import type { Distribution } from "../components/edge/distribution";
import type { SystemContext } from "../components/lib/context";
import { Dashboard, type Graph } from "../components/observability/dashboard";
import type { Metric, MetricMath } from "../components/observability/metric";
import { type MetricName, metrics } from "../services/afirgen/metrics";
import type { AfirgenSettings } from "./afirgen-settings";
import type { MakeAlarm } from "./inference-parts";

const periodSeconds = 300;
const gib = 1024 ** 3;
/** Percent at which alarms ring, as the design document gives them. */
const limits = { errorRate: 10, cpu: 90, memory: 95, databaseStorage: 90 } as const;
/** Bills are estimated every few hours. */
const billingSeconds = 6 * 3600;

export interface Watched {
  readonly database: MysqlDatabase;
  readonly distribution: Distribution;
}

/** Namespace of the ten metrics that machine and application send: the stack's own, as they have no dimensions to tell stacks apart. */
export function namespaceOf({ system, stack }: SystemContext): string {
  return `${system}/${stack}`;
}

/** One of the ten. */
function sent(context: SystemContext, name: MetricName): Metric {
  const { statistic, unit } = metrics[name];
  return {
    namespace: namespaceOf(context),
    name,
    dimensions: {},
    statistic,
    periodSeconds,
    label: `${name} (${unit})`,
  };
}

/** Part of the database's storage that is used, in percent. Reads one metric, so the alarm on it counts as one. */
function storageUsed({ database }: Watched, { database: { storageGiB } }: AfirgenSettings): MetricMath {
  return {
    expression: `100 - 100 * free / ${storageGiB * gib}`,
    using: { free: { ...database.metricFreeStorage(), periodSeconds } },
    label: "storage in use (%)",
  };
}

/** The design document's alarms. There are ten free ones in an account; each of these reads one metric, and so counts once. Containers out of memory are told by the machine itself. */
export function watch(alarm: MakeAlarm, context: SystemContext, settings: AfirgenSettings, watched: Watched): void {
  alarm("high-error-rate", {
    metric: sent(context, "API/ErrorRate"),
    description: `More than ${limits.errorRate} % of requests and FIRs have failed for ten minutes.`,
    ...above(limits.errorRate, 2),
  });
  alarm("high-cpu", {
    metric: sent(context, "System/CPUUtilization"),
    description: `The machine's CPU has been above ${limits.cpu} % for a quarter of an hour; its credits will be used up.`,
    ...above(limits.cpu, 3),
  });
  alarm("high-memory", {
    metric: sent(context, "System/MemoryUtilization"),
    description: `The machine has used more than ${limits.memory} % of its memory for ten minutes, or says nothing any more.`,
    ...above(limits.memory, 2),
    // A machine that only swaps sends nothing.
    treatMissingData: "breaching",
  });
  alarm("database-storage-full", {
    metric: storageUsed(watched, settings),
    description: `More than ${limits.databaseStorage} % of the database's storage is used, and it does not grow by itself.`,
    ...above(limits.databaseStorage, 1),
  });
}

function above(threshold: number, periods: number) {
  return {
    comparison: ">",
    threshold,
    periods: { evaluated: periods, breaching: periods },
    treatMissingData: "notBreaching",
  } as const;
}

/** The ten metrics, the database's own, and the edge's. */
export function createDashboard(context: SystemContext, settings: AfirgenSettings, watched: Watched): Dashboard {
  const graph = (name: MetricName, limit?: number): Graph => ({
    title: `${name} (${metrics[name].unit})`,
    signals: [{ ...sent(context, name), label: metrics[name].statistic }],
    axis: metrics[name].unit === "Percent" ? { min: 0, max: 100 } : { min: 0 },
    ...(limit === undefined ? {} : { limit: { value: limit, label: "alarm" } }),
  });
  const { database, distribution } = watched;
  return new Dashboard("afirgen-dashboard", {
    context,
    rows: [
      {
        title: "FIRs",
        graphs: [graph("FIR/GenerationCount"), graph("FIR/GenerationTime"), graph("Model/InferenceTime")],
      },
      { title: "API", graphs: [graph("API/ErrorRate", limits.errorRate), graph("API/ResponseTime")] },
      {
        title: "Machine",
        graphs: [
          graph("System/CPUUtilization", limits.cpu),
          graph("System/MemoryUtilization", limits.memory),
          graph("Storage/DiskUsage"),
        ],
      },
      {
        title: "Database",
        graphs: [
          graph("Database/ConnectionCount"),
          graph("Database/QueryTime"),
          {
            title: "Storage in use (%)",
            signals: [storageUsed(watched, settings)],
            axis: { min: 0, max: 100 },
            limit: { value: limits.databaseStorage, label: "alarm" },
          },
          { title: "Free memory (bytes)", signals: [database.metricFreeMemory()], axis: { min: 0 } },
        ],
      },
      { title: "Edge", graphs: edgeGraphs(distribution) },
    ],
  });
}

function edgeGraphs(distribution: Distribution): Graph[] {
  const region = "us-east-1" as const;
  return [
    { title: "Requests, in 5 minutes", signals: [distribution.metricRequests()], axis: { min: 0 }, region },
    {
      title: "Errors (%)",
      signals: [
        { ...distribution.metricClientErrorRate(), label: "4xx" },
        { ...distribution.metricServerErrorRate(), label: "5xx" },
      ],
      axis: { min: 0 },
      region,
    },
  ];
}

/** What is billed by use, and what AWS estimates for the bill. The numbers against their limits are the usage report's: `./llm usage`. */
export function createCostDashboard(
  context: SystemContext,
  { distribution }: Watched,
  { instanceId, buckets }: { readonly instanceId: Metric["dimensions"][string]; readonly buckets: readonly string[] },
): Dashboard {
  const region = "us-east-1" as const;
  return new Dashboard("afirgen-cost-dashboard", {
    context,
    rows: [
      {
        title: "Bill of this month (needs billing alerts, turned on once in the account's billing preferences)",
        graphs: [
          { title: "Estimated charges (USD)", signals: [charges()], view: "number", region },
          {
            title: "By service (USD)",
            signals: ["AmazonEC2", "AmazonRDS", "AmazonS3", "AmazonCloudWatch", "AmazonVPC"].map((name) =>
              charges(name),
            ),
            axis: { min: 0 },
            region,
          },
        ],
      },
      {
        title: "What is counted",
        graphs: [
          {
            title: "Out of the machine, in an hour (bytes)",
            signals: [
              {
                namespace: "AWS/EC2",
                name: "NetworkOut",
                dimensions: { InstanceId: instanceId },
                statistic: "Sum",
                periodSeconds: 3600,
                label: "out",
              },
            ],
            axis: { min: 0 },
          },
          {
            title: "Out of CloudFront, in 5 minutes (bytes)",
            signals: [distribution.metricBytesDownloaded()],
            axis: { min: 0 },
            region,
          },
          { title: "Buckets (bytes)", signals: buckets.map(sizeOf), axis: { min: 0 }, view: "stacked" },
        ],
      },
    ],
  });
}

/** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html */
function charges(service?: string): Metric {
  return {
    namespace: "AWS/Billing",
    name: "EstimatedCharges",
    dimensions: { Currency: "USD", ...(service === undefined ? {} : { ServiceName: service }) },
    statistic: "Maximum",
    periodSeconds: billingSeconds,
    label: service ?? "all",
  };
}

/** Recorded once a day, free of charge. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html */
function sizeOf(bucket: string): Metric {
  return {
    namespace: "AWS/S3",
    name: "BucketSizeBytes",
    dimensions: { BucketName: bucket, StorageType: "StandardStorage" },
    statistic: "Average",
    periodSeconds: 86_400,
    label: bucket,
  };
}
