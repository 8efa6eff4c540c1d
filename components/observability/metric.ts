import type * as pulumi from "@pulumi/pulumi";
import type { Check } from "../lib/validation";

/** A CloudWatch metric as an alarm or a dashboard reads it. Has one of `statistic` and `extendedStatistic`. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
  readonly statistic?: "Average" | "Maximum" | "Minimum" | "SampleCount" | "Sum";
  /** A percentile, such as `p95`. */
  readonly extendedStatistic?: `p${number}`;
  /** 60 or a multiple of it. */
  readonly periodSeconds: number;
  /** What a dashboard calls it. Default: CloudWatch's own label. */
  readonly label?: string;
}

/** A number computed from metrics, such as `100 * errors / requests`. */
export interface MetricMath {
  /** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html */
  readonly expression: string;
  /** The metrics by the names they have in the expression: a lower case letter, then letters, digits or underscores. */
  readonly using: Readonly<Record<string, Metric>>;
  /** What the number is, for dashboards and alarms. */
  readonly label: string;
}

/** What an alarm can watch and a graph can show. */
export type Signal = Metric | MetricMath;

export function isMath(signal: Signal): signal is MetricMath {
  return "expression" in signal;
}

/** The metrics a signal is made of. */
export function metricsOf(signal: Signal): readonly Metric[] {
  return isMath(signal) ? Object.values(signal.using) : [signal];
}

/** A signal that is computed, as an alarm has it. @param id of the result among the queries */
export function metricQueries(id: string, { expression, label, using }: MetricMath) {
  return [
    { id, expression, label, returnData: true },
    ...Object.entries(using).map(([name, metric]) => ({
      id: name,
      metric: {
        namespace: metric.namespace,
        metricName: metric.name,
        dimensions: { ...metric.dimensions },
        stat: metric.statistic ?? metric.extendedStatistic ?? "Sum",
        period: metric.periodSeconds,
      },
    })),
  ];
}

/** Part of requests that failed, in percent; 0 where there were none. Both are sums. */
export function percentOf(part: Metric, whole: Metric, label: string): MetricMath {
  return { expression: "IF(whole > 0, 100 * FILL(part, 0) / whole, 0)", using: { part, whole }, label };
}

/** Checks on the metrics of a signal. @param path of the signal in a component's arguments */
export function checkSignal(path: string, signal: Signal): Check[] {
  return metricsOf(signal).flatMap((metric) => [
    {
      path,
      ok: (metric.statistic === undefined) !== (metric.extendedStatistic === undefined),
      message: `${metric.name} has both or neither of statistic and extendedStatistic; give one.`,
    },
    {
      path: `${path}.periodSeconds`,
      ok: metric.periodSeconds > 0 && metric.periodSeconds % 60 === 0,
      message: `is ${metric.periodSeconds}; give 60 or a multiple of it.`,
    },
  ]);
}
