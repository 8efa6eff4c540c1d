import { expiryTagKey } from "../../components/lib/tags";
import type { StackSettings } from "../lib/project";
import type { RecordedResource } from "./place";

export const TTL_KEY = "llm-stacks:ttlHours";
export const EXPIRY_KEY = "llm-stacks:expiresOn";

const hourMs = 3_600_000;

/**
 * When a stack with a time to live expires. The time it was deployed with stays while more than half of its life is left, so that
 * a second update changes nothing; then it begins anew. Full hours, rounded up.
 *
 * @param recorded ISO 8601; what the deployed resources are tagged with, undefined when there are none
 * @returns ISO 8601 in UTC
 */
export function expiryFor(ttlHours: number, recorded: string | undefined, now: number = Date.now()): string {
  const left = recorded === undefined ? Number.NaN : Date.parse(recorded) - now;
  if (recorded !== undefined && left > (ttlHours * hourMs) / 2 && left <= (ttlHours + 1) * hourMs) return recorded;
  const end = Math.ceil((now + ttlHours * hourMs) / hourMs) * hourMs;
  return new Date(end).toISOString().replace(".000Z", "Z");
}

/** What the resources of a state are tagged with. */
export function recordedExpiry(resources: readonly RecordedResource[]): string | undefined {
  for (const { outputs } of resources) {
    const tags = outputs?.["tags"];
    const expiry =
      typeof tags === "object" && tags !== null ? (tags as Record<string, unknown>)[expiryTagKey] : undefined;
    if (typeof expiry === "string") return expiry;
  }
  return undefined;
}

/** The settings with the time that the program tags resources with. As they are without a time to live, or with a fixed end. */
export function withExpiry(
  settings: StackSettings,
  resources: readonly RecordedResource[],
  now: number = Date.now(),
): StackSettings {
  const ttl = Number(settings.config?.[TTL_KEY]);
  if (settings.config?.[EXPIRY_KEY] !== undefined || !Number.isInteger(ttl) || ttl <= 0) return settings;
  return { ...settings, config: { ...settings.config, [EXPIRY_KEY]: expiryFor(ttl, recordedExpiry(resources), now) } };
}
