import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../automation/lib/exit";
import type { LoadTestResult } from "./report";

const percentiles = z.object({ p50: z.number(), p95: z.number() }).loose();
const baselineSchema = z
  .object({
    system: z.string(),
    model: z.string(),
    users: z.number(),
    pacingSeconds: z.number(),
    maxTokens: z.number(),
    requests: z.number().positive(),
    failures: z.number(),
    tokensPerSecond: z.number(),
    endpoints: z.array(z.object({ name: z.string(), latencyMs: percentiles.nullish() }).loose()),
  })
  .loose();

/** The report.json of an earlier load test. */
export type Baseline = z.output<typeof baselineSchema>;

/** @throws UsageError that says what is wrong with the file */
export function readBaseline(file: string): Baseline {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`The baseline ${file} can't be read: ${(cause as Error).message}`, hint(file));
  }
  const parsed = baselineSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`${file} is no report of a load test: ${issue?.path.join(".")}: ${issue?.message}`, hint(file));
}

function hint(file: string): string {
  return `Make one: run the load test with --out, look at its report, and keep its report.json as ${file}.`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What is worse than the baseline by more than `tolerance` (0.2: a fifth); empty when nothing is. Shares of failures may not rise by more than one in a hundred.
 *
 * @throws UsageError when the two did not ask for the same, so that comparing them would say nothing
 */
export function regressions(now: LoadTestResult, baseline: Baseline, tolerance: number): readonly string[] {
  const asked = ["system", "model", "users", "pacingSeconds", "maxTokens"] as const;
  const other = asked.filter((key) => now[key] !== baseline[key]);
  if (other.length > 0) {
    const list = other.map((key) => `${key} ${baseline[key]}, now ${now[key]}`).join("; ");
    throw new UsageError(
      `The baseline was measured with other settings: ${list}.`,
      "Run with those, or make a new one.",
    );
  }
  const worse: string[] = [];
  const share = (one: { readonly failures: number; readonly requests: number }) =>
    one.failures / Math.max(1, one.requests);
  if (share(now) > share(baseline) + 0.01) {
    worse.push(`${percent(share(now))} of the requests failed, ${percent(share(baseline))} in the baseline`);
  }
  if (now.tokensPerSecond < baseline.tokensPerSecond * (1 - tolerance)) {
    worse.push(`${now.tokensPerSecond} tokens/s in all, ${baseline.tokensPerSecond} in the baseline`);
  }
  for (const { name, latencyMs } of baseline.endpoints) {
    const found = now.endpoints.find((endpoint) => endpoint.name === name);
    if (!latencyMs) continue;
    if (!found?.latencyMs) worse.push(`${name} had no good answer`);
    else if (found.latencyMs.p95 > latencyMs.p95 * (1 + tolerance)) {
      worse.push(`${name}: p95 ${found.latencyMs.p95} ms, ${latencyMs.p95} ms in the baseline`);
    }
  }
  return worse;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
