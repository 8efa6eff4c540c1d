import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { type BackendMetric, metrics } from "../metrics";
import type { Log } from "./log";

interface Sums {
  count: number;
  sum: number;
  least: number;
  most: number;
}

/** What the backend counts of itself until the next minute. */
export class Telemetry {
  private readonly sums = new Map<BackendMetric, Sums>();
  private ended = 0;
  private failed = 0;
  /** FIRs generated since the start. */
  generated = 0;

  /** One value: milliseconds, or what the metric's unit says. */
  see(name: BackendMetric, value: number): void {
    const before = this.sums.get(name) ?? { count: 0, sum: 0, least: value, most: value };
    this.sums.set(name, {
      count: before.count + 1,
      sum: before.sum + value,
      least: Math.min(before.least, value),
      most: Math.max(before.most, value),
    });
  }

  /** A request that was answered, or an FIR that ended. */
  outcome(failed: boolean): void {
    this.ended += 1;
    if (failed) this.failed += 1;
  }

  generatedOne(ms: number): void {
    this.generated += 1;
    this.see("FIR/GenerationTime", ms);
    this.see("FIR/GenerationCount", 1);
  }

  /** What was counted since the last call, in CloudWatch's form: one datum for each metric, without dimensions. Of times nothing is told where there were none. */
  take(now: Date, connections: number): MetricDatum[] {
    const data: MetricDatum[] = [];
    const one = (name: BackendMetric, Value: number) =>
      data.push({ MetricName: name, Timestamp: now, Unit: metrics[name].unit, Value });
    for (const [name, { count, sum, least, most }] of this.sums) {
      if (name === "FIR/GenerationCount") continue;
      data.push({
        MetricName: name,
        Timestamp: now,
        Unit: metrics[name].unit,
        StatisticValues: { SampleCount: count, Sum: sum, Minimum: least, Maximum: most },
      });
    }
    one("FIR/GenerationCount", this.sums.get("FIR/GenerationCount")?.sum ?? 0);
    // A minute without requests has no failed ones: an alarm must see it end.
    one("API/ErrorRate", this.ended === 0 ? 0 : (100 * this.failed) / this.ended);
    one("Database/ConnectionCount", connections);
    this.sums.clear();
    this.ended = 0;
    this.failed = 0;
    return data;
  }
}

export interface Publisher {
  stop(): Promise<void>;
}

const minuteMs = 60_000;

/** Sends the metrics to CloudWatch once a minute: one request with all of them, 43,200 in a month of 30 days. */
export function publishEveryMinute(options: {
  readonly telemetry: Telemetry;
  readonly connections: () => number;
  readonly namespace: string | undefined;
  readonly region: string;
  readonly log: Log;
  /** Default a minute. */
  readonly everyMs?: number;
}): Publisher {
  const { telemetry, connections, namespace, region, log, everyMs = minuteMs } = options;
  if (namespace === undefined) return { stop: async () => {} };
  const client = new CloudWatchClient({ region, maxAttempts: 2 });
  const send = async () => {
    const MetricData = telemetry.take(new Date(), connections());
    try {
      await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }));
    } catch (error) {
      log.error("metrics could not be sent", error);
    }
  };
  let sending: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    sending = send();
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await sending;
      await send();
      client.destroy();
    },
  };
}
