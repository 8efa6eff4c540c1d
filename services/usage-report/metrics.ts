import {
  type CloudWatchClient,
  GetMetricStatisticsCommand,
  type Metric,
  paginateListMetrics,
  type Statistic,
} from "@aws-sdk/client-cloudwatch";
import type { Month } from "./month";

const day = 86_400;

/** Metrics of CloudWatch that had data in the last two weeks. ListMetrics and GetMetricStatistics are in the million free calls; GetMetricData is not. */
export async function listMetrics(
  client: CloudWatchClient,
  filter: { readonly Namespace?: string; readonly MetricName?: string },
): Promise<Metric[]> {
  const found: Metric[] = [];
  for await (const page of paginateListMetrics({ client }, filter)) found.push(...(page.Metrics ?? []));
  return found;
}

/** A metric's values of this month, one for each period. */
async function valuesOf(
  client: CloudWatchClient,
  { Namespace, MetricName, Dimensions }: Metric,
  statistic: Statistic,
  period: number,
  { start, now }: Month,
): Promise<number[]> {
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions,
      StartTime: start,
      EndTime: now,
      Period: period,
      Statistics: [statistic],
    }),
  );
  return Datapoints.flatMap((point) => point[statistic] ?? []);
}

/** Sum of this month; undefined without data. */
export async function sumOf(
  client: CloudWatchClient,
  metrics: readonly Metric[],
  month: Month,
): Promise<number | undefined> {
  const values = await Promise.all(metrics.map((metric) => valuesOf(client, metric, "Sum", day, month)));
  const all = values.flat();
  return all.length === 0 ? undefined : all.reduce((sum, value) => sum + value, 0);
}

/** Hours of this month in which a metric had data: in which the thing that sends it ran. */
export async function hoursWithData(client: CloudWatchClient, metric: Metric, month: Month): Promise<number> {
  return (await valuesOf(client, metric, "SampleCount", 3600, month)).length;
}

/** The newest daily values of metrics of this month, added up; undefined without data. For metrics that are recorded once a day. */
export async function newestOf(
  client: CloudWatchClient,
  metrics: readonly Metric[],
  month: Month,
): Promise<number | undefined> {
  const since = { ...month, start: new Date(month.now.getTime() - 3 * day * 1000) };
  const values = await Promise.all(
    metrics.map(async ({ Namespace, MetricName, Dimensions }) => {
      const { Datapoints = [] } = await client.send(
        new GetMetricStatisticsCommand({
          Namespace,
          MetricName,
          Dimensions,
          StartTime: since.start,
          EndTime: since.now,
          Period: day,
          Statistics: ["Average"],
        }),
      );
      const [newest] = [...Datapoints].sort((one, other) => Number(other.Timestamp) - Number(one.Timestamp));
      return newest?.Average;
    }),
  );
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}
