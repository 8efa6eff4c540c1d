import { CloudWatchClient, paginateDescribeAlarms, paginateListDashboards } from "@aws-sdk/client-cloudwatch";
import {
  DescribeAddressesCommand,
  EC2Client,
  paginateDescribeInstances,
  paginateDescribeVolumes,
} from "@aws-sdk/client-ec2";
import { type DBInstance, paginateDescribeDBInstances, RDSClient } from "@aws-sdk/client-rds";
import { paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import { createS3Client } from "../lib/s3";
import { askCostExplorer, costExplorer } from "./cost-explorer";
import { hoursWithData, listMetrics, newestOf, sumOf } from "./metrics";
import { hoursSince, type Month } from "./month";
import type { Known, QuantityId, Reading, Readings } from "./quantities";

export interface SourceOptions {
  /** Buckets that are listed where CloudWatch does not have their size yet; a LIST request for each thousand objects. */
  readonly buckets: readonly string[];
  /** Ask Cost Explorer too, $0.01 a call. */
  readonly askCostExplorer: boolean;
}

export interface Clients {
  readonly cloudWatch: CloudWatchClient;
  /** CloudFront's metrics are in us-east-1 alone. */
  readonly edgeCloudWatch: CloudWatchClient;
  readonly ec2: EC2Client;
  readonly rds: RDSClient;
  readonly s3: S3Client;
}

/** Clients by the environment: region, credentials, endpoint. */
export function makeClients(): Clients {
  return {
    cloudWatch: new CloudWatchClient(),
    edgeCloudWatch: new CloudWatchClient({ region: "us-east-1" }),
    ec2: new EC2Client(),
    rds: new RDSClient(),
    s3: createS3Client(),
  };
}

const gb = 1e9;
const onlyInBill = "only Cost Explorer tells it, $0.01 a call";
const noData = "CloudWatch has no data of this month";

/** Reads every quantity of this region in this month. What can't be read is unknown, with the reason; nothing else fails for it. */
export async function readUsage(
  clients: Clients,
  month: Month,
  options: SourceOptions,
): Promise<{ readings: Readings; billedUsd?: number }> {
  const { cloudWatch, edgeCloudWatch } = clients;
  const sums = (client: CloudWatchClient, Namespace: string, MetricName: string, unit: number, dimensions: number) =>
    attempt(async () => {
      const metrics = await listMetrics(client, { Namespace, MetricName });
      const used = await sumOf(
        client,
        metrics.filter(({ Dimensions = [] }) => Dimensions.length === dimensions),
        month,
      );
      return used === undefined
        ? { unknown: noData }
        : { used: used / unit, source: `CloudWatch ${Namespace} ${MetricName}` };
    });
  const found: Record<QuantityId, Reading> = await all({
    ec2Hours: attempt(() => instanceHours(clients, month)),
    addressHours: attempt(() => addressHours(clients, month)),
    ebsGb: attempt(() => volumes(clients)),
    rdsHours: attempt(() => databaseHours(clients, month)),
    rdsGb: attempt(() => databaseStorage(clients)),
    s3Gb: attempt(() => storage(clients, month, options.buckets)),
    s3Gets: unread(onlyInBill),
    s3Puts: unread(onlyInBill),
    egressGb: attempt(() => networkOut(clients, month)),
    customMetrics: attempt(() => customMetrics(cloudWatch)),
    alarms: attempt(() => alarms(cloudWatch)),
    dashboards: attempt(() => dashboards(cloudWatch)),
    logGb: sums(cloudWatch, "AWS/Logs", "IncomingBytes", gb, 0),
    lambdaRequests: sums(cloudWatch, "AWS/Lambda", "Invocations", 1, 0),
    cloudFrontGb: sums(edgeCloudWatch, "AWS/CloudFront", "BytesDownloaded", gb, 2),
    cloudFrontRequests: sums(edgeCloudWatch, "AWS/CloudFront", "Requests", 1, 2),
  });
  if (!options.askCostExplorer) return { readings: found };
  try {
    const { readings, usd } = await askCostExplorer(costExplorer(), month);
    return { readings: withBill(found, readings), billedUsd: usd };
  } catch (error) {
    const reason = `Cost Explorer: ${messageOf(error)}`;
    return { readings: { ...found, s3Gets: { unknown: reason }, s3Puts: { unknown: reason } } };
  }
}

/** The bill is exact but behind: of hours the larger of the two counts, and what runs now is known from the API alone. */
function withBill(found: Readings, billed: Partial<Record<QuantityId, Known>>): Readings {
  const merged = Object.entries(billed).map(([key, bill]): [QuantityId, Reading] => {
    const id = key as QuantityId;
    const own = found[id];
    if (!("used" in own) || own.bound === "most") return [id, bill];
    const larger = own.used > bill.used ? own : bill;
    return [id, own.running === undefined ? larger : { ...larger, running: own.running }];
  });
  return { ...found, ...Object.fromEntries(merged) };
}

async function instanceHours({ ec2, cloudWatch }: Clients, month: Month): Promise<Reading> {
  const hours = new Map<string, number>();
  for (const metric of await listMetrics(cloudWatch, { Namespace: "AWS/EC2", MetricName: "CPUUtilization" })) {
    const [dimension, ...more] = metric.Dimensions ?? [];
    if (dimension?.Name !== "InstanceId" || dimension.Value === undefined || more.length > 0) continue;
    hours.set(dimension.Value, await hoursWithData(cloudWatch, metric, month));
  }
  let running = 0;
  for await (const page of paginateDescribeInstances({ client: ec2 }, {})) {
    for (const { InstanceId, LaunchTime, State } of (page.Reservations ?? []).flatMap(
      ({ Instances = [] }) => Instances,
    )) {
      if (State?.Name !== "running" || InstanceId === undefined || LaunchTime === undefined) continue;
      running += 1;
      hours.set(InstanceId, Math.max(hours.get(InstanceId) ?? 0, hoursSince(LaunchTime, month)));
    }
  }
  return hoursReading(hours, running, "EC2 and its CPU metrics, of this region");
}

/** By instance: hours with metrics of those that are gone, since their start for those that run. */
function hoursReading(hours: ReadonlyMap<string, number>, running: number, source: string): Known {
  const used = [...hours.values()].reduce((sum, each) => sum + each, 0);
  return { used, running, source, bound: "least" };
}

async function databaseHours({ rds, cloudWatch }: Clients, month: Month): Promise<Reading> {
  const hours = new Map<string, number>();
  for (const metric of await listMetrics(cloudWatch, { Namespace: "AWS/RDS", MetricName: "CPUUtilization" })) {
    const [dimension, ...more] = metric.Dimensions ?? [];
    if (dimension?.Name !== "DBInstanceIdentifier" || dimension.Value === undefined || more.length > 0) continue;
    hours.set(dimension.Value, await hoursWithData(cloudWatch, metric, month));
  }
  const running = (await databases(rds)).filter(({ DBInstanceStatus }) => DBInstanceStatus !== "stopped");
  for (const { DBInstanceIdentifier: name, InstanceCreateTime: since } of running) {
    if (name !== undefined && since !== undefined) {
      hours.set(name, Math.max(hours.get(name) ?? 0, hoursSince(since, month)));
    }
  }
  return hoursReading(hours, running.length, "RDS and its CPU metrics, of this region");
}

async function databases(rds: RDSClient): Promise<DBInstance[]> {
  const found: DBInstance[] = [];
  for await (const page of paginateDescribeDBInstances({ client: rds }, {})) found.push(...(page.DBInstances ?? []));
  return found;
}

/** Nothing tells how long an address has been there, so all of the month is taken. */
async function addressHours({ ec2 }: Clients, month: Month): Promise<Reading> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  const running = Addresses.length;
  return {
    used: running * hoursSince(month.start, month),
    running,
    source: "Elastic IPs of this region",
    bound: "most",
  };
}

async function volumes({ ec2 }: Clients): Promise<Reading> {
  let used = 0;
  for await (const page of paginateDescribeVolumes({ client: ec2 }, {})) {
    for (const { Size = 0 } of page.Volumes ?? []) used += Size;
  }
  return { used, source: "EBS volumes of this region" };
}

async function databaseStorage({ rds }: Clients): Promise<Reading> {
  const used = (await databases(rds)).reduce((sum, { AllocatedStorage = 0 }) => sum + AllocatedStorage, 0);
  return { used, source: "RDS instances of this region" };
}

async function storage({ cloudWatch, s3 }: Clients, month: Month, buckets: readonly string[]): Promise<Reading> {
  const sizes = (await listMetrics(cloudWatch, { Namespace: "AWS/S3", MetricName: "BucketSizeBytes" })).filter(
    ({ Dimensions = [] }) =>
      Dimensions.some(({ Name, Value }) => Name === "StorageType" && Value === "StandardStorage"),
  );
  const recorded = await newestOf(cloudWatch, sizes, month);
  if (recorded !== undefined) return { used: recorded / gb, source: "CloudWatch AWS/S3 BucketSizeBytes, of yesterday" };
  if (buckets.length === 0) return { unknown: noData };
  let listed = 0;
  for (const Bucket of buckets) {
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket })) {
      for (const { Size = 0 } of page.Contents ?? []) listed += Size;
    }
  }
  return { used: listed / gb, source: "objects of the stack's buckets, without older versions", bound: "least" };
}

async function networkOut({ cloudWatch }: Clients, month: Month): Promise<Reading> {
  const metrics = await listMetrics(cloudWatch, { Namespace: "AWS/EC2", MetricName: "NetworkOut" });
  const ofInstances = metrics.filter(
    ({ Dimensions = [] }) => Dimensions.length === 1 && Dimensions[0]?.Name === "InstanceId",
  );
  const bytes = await sumOf(cloudWatch, ofInstances, month);
  if (bytes === undefined) return { unknown: noData };
  return { used: bytes / gb, source: "CloudWatch AWS/EC2 NetworkOut, to AWS too", bound: "most" };
}

/** A metric is a name with one set of dimensions. Those that had no data for two weeks are not listed any more, and were not billed. */
async function customMetrics(cloudWatch: CloudWatchClient): Promise<Reading> {
  const all = await listMetrics(cloudWatch, {});
  const used = all.filter(({ Namespace = "" }) => !Namespace.startsWith("AWS/")).length;
  return { used, source: "CloudWatch metrics of this region" };
}

async function alarms(cloudWatch: CloudWatchClient): Promise<Reading> {
  let used = 0;
  for await (const page of paginateDescribeAlarms({ client: cloudWatch }, { AlarmTypes: ["MetricAlarm"] })) {
    for (const { Metrics = [] } of page.MetricAlarms ?? []) {
      used += Math.max(1, Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length);
    }
  }
  return { used, source: "CloudWatch alarms of this region" };
}

async function dashboards(cloudWatch: CloudWatchClient): Promise<Reading> {
  let used = 0;
  for await (const page of paginateListDashboards({ client: cloudWatch }, {}))
    used += page.DashboardEntries?.length ?? 0;
  return { used, source: "CloudWatch dashboards of the account" };
}

async function attempt(read: () => Promise<Reading>): Promise<Reading> {
  try {
    return await read();
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

function unread(reason: string): Promise<Reading> {
  return Promise.resolve({ unknown: reason });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (`${error.name}: ${error.message}`.split("\n")[0] ?? error.name) : String(error);
}

async function all<Key extends string>(
  promises: Readonly<Record<Key, Promise<Reading>>>,
): Promise<Record<Key, Reading>> {
  const entries = Object.entries(promises) as [Key, Promise<Reading>][];
  const settled = await Promise.all(entries.map(async ([key, promise]) => [key, await promise] as const));
  return Object.fromEntries(settled) as Record<Key, Reading>;
}
