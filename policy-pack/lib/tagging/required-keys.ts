import { z } from "zod";
import type { Reporter, ResourceView } from "../rule";
import { Truth } from "../truth";

/** Settings of the rules that ask for tags. */
export const requiredKeySettings = {
  keys: z
    .array(z.string().min(1))
    .default(["Project", "Environment", "System", "ManagedBy", "Service", "CostTier"])
    .describe("Keys that must be there"),
  fill: z
    .record(z.string(), z.string())
    .default({ Project: "{project}", Environment: "{stack}", ManagedBy: "pulumi" })
    .describe("Values that remediation gives to missing keys; {project} and {stack} stand for Pulumi's"),
};

/** What `fill` gives to a key in the resource's stack; undefined when it has nothing for the key. */
export function fillValue(
  { urn }: ResourceView,
  fill: Readonly<Record<string, string>>,
  key: string,
): string | undefined {
  const [stack = "", project = ""] = urn.replace("urn:pulumi:", "").split("::");
  return fill[key]?.replaceAll("{project}", project).replaceAll("{stack}", stack);
}

export type Presence = readonly (readonly [key: string, present: Truth])[];

/** One finding for all keys that are missing, and the unknowns of the others. `where` continues "missing ". */
export function reportMissing(report: Reporter, at: string, presence: Presence, where = ""): void {
  const missing = presence.filter(([, present]) => present.answer === "no").map(([key]) => key);
  report.when(Truth.of(missing.length > 0), at, `missing ${where}${missing.join(", ")}`);
  for (const [key, present] of presence.filter(([, present]) => present.answer === "unknown")) {
    report.when(present.not(), at, `missing ${where}${key}`);
  }
}
