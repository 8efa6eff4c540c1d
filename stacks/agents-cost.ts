import { monthlyUsd } from "../components/inference/capacity";
import { type Hardware, hardware, isInstanceType } from "../components/inference/hardware";

/** List prices of us-east-1 in US dollars an hour, on demand, as of 2026-11, unverified: https://aws.amazon.com/rds/postgresql/pricing/, one zone. */
export const databaseClasses = {
  "db.t4g.micro": 0.016,
  "db.t4g.small": 0.032,
  "db.t4g.medium": 0.065,
  "db.t4g.large": 0.129,
  "db.r6g.large": 0.225,
  "db.r6g.xlarge": 0.45,
  "db.r6g.2xlarge": 0.9,
  "db.r6g.4xlarge": 1.8,
} as const;
export type DatabaseClass = keyof typeof databaseClasses;

/** As above, for a node: https://aws.amazon.com/elasticache/pricing/ */
export const cacheTypes = {
  "cache.t4g.micro": 0.016,
  "cache.t4g.small": 0.032,
  "cache.t4g.medium": 0.065,
  "cache.r6g.large": 0.206,
  "cache.r6g.xlarge": 0.411,
  "cache.r6g.2xlarge": 0.821,
} as const;
export type CacheType = keyof typeof cacheTypes;

/** As above, a month. */
const usdPerMonth = {
  /** A gateway with its public address. */
  natGateway: 36.5,
  loadBalancer: 16.43,
  publicAddress: 3.65,
  /** Two web ACLs with five and four rules. */
  webAcls: 19,
  databaseGiB: 0.115,
  /** gp3, and metrics by the minute, of an instance with 100 GB. */
  besideInstance: 10.1,
  /** The groups' own metrics, alarms with their key, a dashboard, two secrets. */
  watching: 20,
} as const;
const hoursPerMonth = 730;

/** Part of the sum added for traffic, logs and storage. */
const useShare = 0.1;

/** What the cost of the system follows from. */
export interface CostSettings {
  readonly instanceTypes: readonly string[];
  readonly servers: { readonly instanceTypes: readonly string[] };
  readonly nat: string;
  readonly availabilityZones: readonly string[];
  readonly database: { readonly instanceClass: DatabaseClass; readonly multiAz: boolean; readonly storageGiB: number };
  readonly cache: { readonly nodeType: CacheType; readonly nodes: number };
}

/** What the system costs a month before the first request, with so many engines and servers around the clock, in US dollars. */
export function idleUsdPerMonth(settings: CostSettings, engines: number, servers: number): number {
  const { database, cache, availabilityZones } = settings;
  const zones = availabilityZones.length;
  const databases = database.multiAz ? 2 : 1;
  return (
    dearest(settings.instanceTypes, engines) +
    dearest(settings.servers.instanceTypes, servers) +
    (engines + servers) * usdPerMonth.besideInstance +
    databases *
      (databaseClasses[database.instanceClass] * hoursPerMonth + database.storageGiB * usdPerMonth.databaseGiB) +
    cache.nodes * cacheTypes[cache.nodeType] * hoursPerMonth +
    (settings.nat === "per-az" ? zones : 1) * usdPerMonth.natGateway +
    usdPerMonth.loadBalancer +
    zones * usdPerMonth.publicAddress +
    usdPerMonth.webAcls +
    usdPerMonth.watching
  );
}

/** What the largest sizes cost around the clock, and a tenth for use; rounded up to $10. */
export function defaultAgentsBudget(
  settings: CostSettings & {
    readonly size: { readonly max: number };
    readonly servers: { readonly size: { readonly max: number } };
  },
): number {
  const { size, servers } = settings;
  return Math.ceil((idleUsdPerMonth(settings, size.max, servers.size.max) * (1 + useShare)) / 10) * 10;
}

function dearest(types: readonly string[], instances: number): number {
  const rows: Hardware[] = types.filter(isInstanceType).map((type) => hardware[type]);
  return Math.max(...rows.map((row) => monthlyUsd(row, instances)));
}
