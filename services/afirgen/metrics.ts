/** The ten custom metrics of AFIRGen. The free allowance of CloudWatch is ten: a metric is a name with one set of dimensions, so none of these has any. */

export type MetricPublisher = "backend" | "agent";

export interface CustomMetric {
  /** CloudWatch's unit. */
  readonly unit: "Milliseconds" | "Count" | "Percent";
  readonly meaning: string;
  /** Who sends it, once a minute: the backend itself, or the CloudWatch agent of the machine. */
  readonly publisher: MetricPublisher;
  /** The statistic that says something. */
  readonly statistic: "Average" | "Sum" | "Maximum";
}

export const metrics = {
  "FIR/GenerationTime": {
    unit: "Milliseconds",
    meaning: "From the start of the work on an FIR to its end, without the time in the queue",
    publisher: "backend",
    statistic: "Average",
  },
  "FIR/GenerationCount": {
    unit: "Count",
    meaning: "FIRs generated; failures are not counted",
    publisher: "backend",
    statistic: "Sum",
  },
  "API/ErrorRate": {
    unit: "Percent",
    meaning: "Requests of the minute answered with a 5xx status, and FIRs that failed, of all requests and FIRs ended",
    publisher: "backend",
    statistic: "Average",
  },
  "API/ResponseTime": {
    unit: "Milliseconds",
    meaning: "Time to answer an HTTP request; an FIR is worked on after its request was answered",
    publisher: "backend",
    statistic: "Average",
  },
  "System/CPUUtilization": {
    unit: "Percent",
    meaning: "Busy time of all processors of the machine",
    publisher: "agent",
    statistic: "Average",
  },
  "System/MemoryUtilization": {
    unit: "Percent",
    meaning: "Memory of the machine in use, without caches",
    publisher: "agent",
    statistic: "Average",
  },
  "Database/ConnectionCount": {
    unit: "Count",
    meaning: "Connections of the backend's pool that are open, 5 at most",
    publisher: "backend",
    statistic: "Maximum",
  },
  "Database/QueryTime": {
    unit: "Milliseconds",
    meaning: "Time of one statement, with the wait for a connection",
    publisher: "backend",
    statistic: "Average",
  },
  "Model/InferenceTime": {
    unit: "Milliseconds",
    meaning: "Time of one call of a model: text, speech or image",
    publisher: "backend",
    statistic: "Average",
  },
  "Storage/DiskUsage": {
    unit: "Percent",
    meaning: "Used part of the root volume",
    publisher: "agent",
    statistic: "Maximum",
  },
} as const satisfies Record<string, CustomMetric>;

export type MetricName = keyof typeof metrics;

/** Names of all ten. */
export const metricNames = Object.keys(metrics) as readonly MetricName[];

/** Names of those that the backend publishes. */
export type BackendMetric = {
  [Name in MetricName]: (typeof metrics)[Name]["publisher"] extends "backend" ? Name : never;
}[MetricName];
