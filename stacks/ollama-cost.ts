import { budgetFor, frontUsdPerMonth, instancesUsdPerMonth } from "./inference-cost";
import type { OllamaSettings } from "./ollama-settings";

/** List prices of us-east-1 in US dollars a month, as of 2026-11, unverified; docs/systems/ollama.md names the price pages. */
const usdPerMonth = {
  /** CloudFront's detailed metrics, the bucket's request metrics, the instances' own. */
  metrics: 8,
  dashboard: 3,
  /** Eleven alarms, and the key of their topic. */
  alarms: 2.1,
} as const;

/** Part of the sum added for traffic, logs and storage. */
const useShare = 0.2;

/** What the system costs before the first request, with so many instances around the clock. */
export function idleUsdPerMonth(
  settings: Pick<OllamaSettings, "instanceTypes" | "nat" | "availabilityZones">,
  instances: number,
): number {
  return (
    instancesUsdPerMonth(settings.instanceTypes, instances) +
    frontUsdPerMonth(settings) +
    usdPerMonth.metrics +
    usdPerMonth.dashboard +
    usdPerMonth.alarms
  );
}

/** What the largest size costs around the clock, and a fifth for use; rounded up to $10. */
export function defaultOllamaBudget(
  settings: Pick<OllamaSettings, "instanceTypes" | "nat" | "availabilityZones" | "size">,
): number {
  return budgetFor(idleUsdPerMonth(settings, settings.size.max), useShare);
}
