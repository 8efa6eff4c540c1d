/** A CloudWatch metric as an alarm or a dashboard reads it. Has one of `statistic` and `extendedStatistic`. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic?: "Average" | "Maximum" | "Minimum" | "SampleCount" | "Sum";
  /** A percentile, such as `p95`. */
  readonly extendedStatistic?: `p${number}`;
  /** 60 or a multiple of it. */
  readonly periodSeconds: number;
}
