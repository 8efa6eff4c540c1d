import type { Price } from "../../pricing/price";
import { databaseHour, instanceHour, usEast1 } from "../../pricing/us-east-1";
import type { Found, Kind } from "./found";

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
      return daily(instanceHour(instanceType ?? ""), count);
    case "database": {
      const hours = daily(databaseHour(instanceType ?? ""), 1);
      const storage = stored(usEast1.rdsGp3GbMonth.usd);
      return hours === undefined || storage === undefined ? undefined : (hours + storage) * (multiAz ? 2 : 1);
    }
    case "address":
      return usEast1.publicIpv4Hour.usd * hoursPerDay;
    case "NAT gateway":
      return usEast1.natGatewayHour.usd * hoursPerDay;
    case "load balancer":
      return usEast1.loadBalancerHour.usd * hoursPerDay;
    case "VPC endpoint":
      return usEast1.interfaceEndpointHour.usd * hoursPerDay * count;
    case "key":
      return perMonth(usEast1.kmsKeyMonth.usd);
    case "secret":
      return perMonth(usEast1.secretMonth.usd);
    case "volume":
      return stored(usEast1.gp3GbMonth.usd);
    case "database snapshot":
      return stored(usEast1.rdsBackupGbMonth.usd);
    case "file system":
      return stored(usEast1.efsGbMonth.usd);
    case "table":
      return stored(usEast1.dynamodbGbMonth.usd);
    case "bucket":
    case "backups":
      return stored(usEast1.s3GbMonth.usd);
    case "log group":
      return stored(usEast1.logGbMonth.usd);
    default:
      return undefined;
  }
}

function daily(hour: Price | undefined, count: number): number | undefined {
  return hour && hour.usd * hoursPerDay * count;
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
