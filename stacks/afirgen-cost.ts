import { hoursPerMonth } from "../components/inference/capacity";
import { hardwareOf } from "../components/inference/hardware";
import { prices } from "../policy-pack/lib/free-tier/limits";
import { type AfirgenSettings, machineType } from "./afirgen-settings";

/** List prices of us-east-1 in US dollars an hour, as of 2026-11, unverified: https://aws.amazon.com/rds/mysql/pricing/, one zone. */
export const databaseUsdPerHour: Readonly<Record<AfirgenSettings["database"]["instanceClass"], number>> = {
  "db.t3.micro": prices.rdsMicroHour.value,
  "db.t4g.micro": 0.016,
  "db.t3.small": 0.034,
  "db.t3.medium": 0.068,
};

/** One line of the bill, before any offer or credit. */
export interface CostLine {
  readonly what: string;
  readonly usdPerMonth: number;
}

/** What runs whether it is used or not, a month in US dollars: the first year's offers take it off the bill, or credits do. All else of the system is within what every account has for good. */
export function listPrices(
  settings: Pick<AfirgenSettings, "instanceType" | "freeTier" | "rootVolumeGiB" | "database">,
): readonly CostLine[] {
  const { rootVolumeGiB, database } = settings;
  const type = machineType(settings);
  const line = (what: string, usdPerMonth: number): CostLine => ({ what, usdPerMonth });
  return [
    line(`EC2 ${type}`, hardwareOf(type).usdPerHour.value * hoursPerMonth),
    line(`EBS gp3 ${rootVolumeGiB} GiB`, prices.gp3GbMonth.value * rootVolumeGiB),
    line("public IPv4 address", prices.publicIpv4Hour.value * hoursPerMonth),
    line(`RDS ${database.instanceClass}`, databaseUsdPerHour[database.instanceClass] * hoursPerMonth),
    line(`RDS storage ${database.storageGiB} GiB`, prices.rdsGbMonth.value * database.storageGiB),
  ];
}

/** The sum of `listPrices`: what the system costs where nothing is free any more, before the first request. */
export function idleUsdPerMonth(settings: Parameters<typeof listPrices>[0]): number {
  return listPrices(settings).reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
}
