import { hardware, isInstanceType } from "../../components/inference/hardware";
import { databaseClasses } from "../../stacks/agents-cost";
import type { Found, Kind } from "./found";

/** List prices of us-east-1 in US dollars, as of 2026-11, unverified; the pricing pages of the services. */
export const listPrices = {
  /** An hour each. */
  publicAddress: 0.005,
  natGateway: 0.045,
  loadBalancer: 0.0225,
  /** In one zone. */
  vpcEndpoint: 0.01,
  /** A month each. */
  key: 1,
  secret: 0.4,
  /** A GB and month. */
  volumeGiB: 0.08,
  databaseGiB: 0.115,
  databaseSnapshotGiB: 0.095,
  fileSystemGiB: 0.3,
  tableGiB: 0.25,
  bucketGiB: 0.023,
  logGiB: 0.03,
} as const;

const hoursPerDay = 24;
const daysPerMonth = 30.4;

const free: ReadonlySet<Kind> = new Set([
  "role",
  "network part",
  "network interface",
  "function",
  "queue",
  "parameter",
]);

/** US dollars a day of what was found, while nothing uses it; undefined when it is not known. Storage without a size is unknown too. */
export function usdPerDay({ kind, facts = {} }: Found): number | undefined {
  const { sizeGiB, instanceType, multiAz = false, count = 1 } = facts;
  const perMonth = (usd: number) => usd / daysPerMonth;
  const stored = (usd: number) => (sizeGiB === undefined ? undefined : perMonth(sizeGiB * usd));
  if (free.has(kind)) return 0;
  switch (kind) {
    case "instance":
    case "fleet":
      if (count === 0) return 0;
      return instanceType !== undefined && isInstanceType(instanceType)
        ? hardware[instanceType].usdPerHour.value * hoursPerDay * count
        : undefined;
    case "database": {
      const hourly = Object.entries(databaseClasses).find(([name]) => name === instanceType)?.[1];
      const storage = stored(listPrices.databaseGiB);
      return hourly === undefined || storage === undefined
        ? undefined
        : (hourly * hoursPerDay + storage) * (multiAz ? 2 : 1);
    }
    case "address":
      return listPrices.publicAddress * hoursPerDay;
    case "NAT gateway":
      return listPrices.natGateway * hoursPerDay;
    case "load balancer":
      return listPrices.loadBalancer * hoursPerDay;
    case "VPC endpoint":
      return listPrices.vpcEndpoint * hoursPerDay * count;
    case "key":
      return perMonth(listPrices.key);
    case "secret":
      return perMonth(listPrices.secret);
    case "volume":
      return stored(listPrices.volumeGiB);
    case "database snapshot":
      return stored(listPrices.databaseSnapshotGiB);
    case "file system":
      return stored(listPrices.fileSystemGiB);
    case "table":
      return stored(listPrices.tableGiB);
    case "bucket":
    case "backups":
      return stored(listPrices.bucketGiB);
    case "log group":
      return stored(listPrices.logGiB);
    default:
      return undefined;
  }
}

/** A price a day for people. */
export function dollarsPerDay(usd: number | undefined): string {
  if (usd === undefined) return "cost unknown";
  if (usd === 0) return "no cost";
  return usd < 0.01 ? "less than $0.01 a day" : `$${usd.toFixed(2)} a day`;
}

/** The sum of a list, and how many of it have no known price. */
export function totalOf(found: readonly Found[]): { readonly usd: number; readonly unknown: number } {
  const prices = found.filter(({ retained }) => retained !== "deleted by AWS").map(usdPerDay);
  return {
    usd: prices.reduce<number>((sum, usd) => sum + (usd ?? 0), 0),
    unknown: prices.filter((usd) => usd === undefined).length,
  };
}
