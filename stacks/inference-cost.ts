import { monthlyUsd } from "../components/inference/capacity";
import { hardware, isInstanceType } from "../components/inference/hardware";

/** What systems of a fleet behind a load balancer and a distribution cost alike. */

/** List prices of us-east-1 in US dollars a month, as of 2026-11, unverified; docs/systems/ollama.md names the price pages. */
const usdPerMonth = {
  /** A gateway with its public address. */
  natGateway: 36.5,
  loadBalancer: 16.43,
  publicAddress: 3.65,
  /** Two web ACLs with five and four rules. */
  webAcls: 19,
  /** 100 GB of gp3, and the instance's metrics by the minute. */
  besideInstance: 10.1,
} as const;

interface FrontSettings {
  readonly nat: string;
  readonly availabilityZones: readonly string[];
}

/** The ways out of the network, the load balancer and what guards it, a month in US dollars, before the first request. */
export function frontUsdPerMonth({ nat, availabilityZones: { length: zones } }: FrontSettings): number {
  const gateways = nat === "per-az" ? zones : 1;
  return (
    gateways * usdPerMonth.natGateway +
    usdPerMonth.loadBalancer +
    zones * usdPerMonth.publicAddress +
    usdPerMonth.webAcls
  );
}

/** So many instances of the dearest type, around the clock, a month in US dollars, without disks. */
export function dearestUsdPerMonth(types: readonly string[], instances: number): number {
  return Math.max(...types.filter(isInstanceType).map((type) => monthlyUsd(hardware[type], instances)));
}

/** As `dearestUsdPerMonth`, with disks and metrics. */
export function instancesUsdPerMonth(types: readonly string[], instances: number): number {
  return dearestUsdPerMonth(types, instances) + instances * usdPerMonth.besideInstance;
}

/** A budget for a monthly sum and a share of it for use, rounded up to $10. */
export function budgetFor(usd: number, useShare: number): number {
  return Math.ceil((usd * (1 + useShare)) / 10) * 10;
}
