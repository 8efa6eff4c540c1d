import { monthlyUsd } from "../components/inference/capacity";
import { hardware, isInstanceType } from "../components/inference/hardware";
import type { OllamaSettings } from "./ollama-settings";

/** List prices of us-east-1 in US dollars a month, as of 2026-11, unverified; docs/systems/ollama.md names the price pages. */
const usdPerMonth = {
  /** A gateway with its public address. */
  natGateway: 36.5,
  loadBalancer: 16.43,
  publicAddress: 3.65,
  /** Two web ACLs with five and four rules. */
  webAcls: 19,
  /** CloudFront's detailed metrics, the bucket's request metrics, the instances' own. */
  metrics: 8,
  dashboard: 3,
  /** Eleven alarms, and the key of their topic. */
  alarms: 2.1,
  /** 100 GB of gp3, and the instance's metrics by the minute. */
  besideInstance: 10.1,
} as const;

/** Part of the sum added for traffic, logs and storage. */
const useShare = 0.2;

/** What the system costs before the first request, with so many instances around the clock. */
export function idleUsdPerMonth(
  settings: Pick<OllamaSettings, "instanceTypes" | "nat" | "availabilityZones">,
  instances: number,
): number {
  const zones = settings.availabilityZones.length;
  const gateways = settings.nat === "per-az" ? zones : 1;
  const dearest = Math.max(
    ...settings.instanceTypes.filter(isInstanceType).map((type) => monthlyUsd(hardware[type], instances)),
  );
  return (
    dearest +
    instances * usdPerMonth.besideInstance +
    gateways * usdPerMonth.natGateway +
    usdPerMonth.loadBalancer +
    zones * usdPerMonth.publicAddress +
    usdPerMonth.webAcls +
    usdPerMonth.metrics +
    usdPerMonth.dashboard +
    usdPerMonth.alarms
  );
}

/** What the largest size costs around the clock, and a fifth for use; rounded up to $10. */
export function defaultOllamaBudget(
  settings: Pick<OllamaSettings, "instanceTypes" | "nat" | "availabilityZones" | "size">,
): number {
  return Math.ceil((idleUsdPerMonth(settings, settings.size.max) * (1 + useShare)) / 10) * 10;
}
