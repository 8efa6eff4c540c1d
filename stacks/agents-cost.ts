import { hoursPerMonth } from "../components/inference/capacity";
import { budgetFor, frontUsdPerMonth, instancesUsdPerMonth } from "./inference-cost";

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
  databaseGiB: 0.115,
  /** The groups' own metrics, alarms with their key, a dashboard, two secrets. */
  watching: 20,
} as const;

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
  const { database, cache } = settings;
  const databases = database.multiAz ? 2 : 1;
  return (
    instancesUsdPerMonth(settings.instanceTypes, engines) +
    instancesUsdPerMonth(settings.servers.instanceTypes, servers) +
    databases *
      (databaseClasses[database.instanceClass] * hoursPerMonth + database.storageGiB * usdPerMonth.databaseGiB) +
    cache.nodes * cacheTypes[cache.nodeType] * hoursPerMonth +
    frontUsdPerMonth(settings) +
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
  return budgetFor(idleUsdPerMonth(settings, size.max, servers.size.max), useShare);
}
