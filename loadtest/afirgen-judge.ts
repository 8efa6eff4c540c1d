import { z } from "zod";
import { table } from "../automation/lib/markdown";

/** The three load tests of the design document, and what it asks of each. */
export const afirgenTests = {
  light: { users: 1, seconds: 3600, p95Seconds: 90, successPercent: 100, queueing: false },
  moderate: { users: 3, seconds: 1800, p95Seconds: 120, successPercent: 95, queueing: false },
  // No time and no share: failures are expected, recovery is asked for.
  stress: { users: 5, seconds: 600, p95Seconds: undefined, successPercent: undefined, queueing: true },
} as const;
export type AfirgenTest = keyof typeof afirgenTests;

const sample = z.object({
  startedAt: z.number(),
  ms: z.number(),
  outcome: z.string(),
  worstPosition: z.number(),
});
export type FirSample = z.output<typeof sample>;

/** Lines of afirgen-locustfile.py. @throws Error for another line */
export function parseFirSamples(text: string): { readonly locust: string; readonly firs: readonly FirSample[] } {
  const [first = "{}", ...rest] = text.split("\n").slice(0, -1);
  const { locust } = z.object({ locust: z.string() }).parse(JSON.parse(first));
  return { locust, firs: rest.map((line) => sample.parse(JSON.parse(line))) };
}

/** Second by second, as /health tells; undefined where it did not answer. */
export interface Reading {
  readonly at: number;
  readonly memoryPercent: number | undefined;
  readonly waiting: number | undefined;
}

export interface Observed {
  readonly firs: readonly FirSample[];
  readonly readings: readonly Reading[];
  /** Of processes that ended while it ran. */
  readonly exitCodes: readonly number[];
  /** Whether the backend answers at the end, and with an empty queue. */
  readonly answersAtEnd: boolean;
}

/** `none`: this run can't say. */
export type Verdict = "met" | "missed" | "none";

export interface Finding {
  readonly what: string;
  readonly asked: string;
  readonly seen: string;
  readonly verdict: Verdict;
  /** Why there is none. */
  readonly why?: string;
}

/**
 * What was seen against what the document asks. Times are judged only where the machine and the model are the deployed ones: elsewhere they say nothing of those.
 *
 * @param deployed whether the deployed system was loaded, and not its parts on another machine with another model
 */
export function judge(
  test: AfirgenTest,
  { firs, readings, exitCodes, answersAtEnd }: Observed,
  deployed: boolean,
): Finding[] {
  const { p95Seconds, successPercent, queueing } = afirgenTests[test];
  const good = firs.filter(({ outcome }) => outcome === "done");
  const percent = firs.length === 0 ? 0 : (100 * good.length) / firs.length;
  const p95 = percentile(
    good.map(({ ms }) => ms / 1000),
    0.95,
  );
  const most = Math.max(0, ...readings.map(({ memoryPercent = 0 }) => memoryPercent));
  const longest = Math.max(
    0,
    ...firs.map(({ worstPosition }) => worstPosition),
    ...readings.map(({ waiting = 0 }) => waiting),
  );
  const outcomes = [...new Set(firs.map(({ outcome }) => outcome))].map(
    (outcome) => `${firs.filter((one) => one.outcome === outcome).length} ${outcome}`,
  );
  const elsewhere = "another machine and a smaller model than the deployed ones";
  const rows: Finding[] = [];
  const add = (what: string, asked: string, seen: string, verdict: Verdict, why?: string) =>
    rows.push({ what, asked, seen, verdict, ...(verdict === "none" && why !== undefined && { why }) });
  add("FIRs", "some", `${firs.length} (${outcomes.join(", ") || "none"})`, firs.length > 0 ? "met" : "missed");
  if (successPercent === undefined)
    add(
      "success rate",
      "reported",
      `${percent.toFixed(1)} %`,
      "none",
      "the document sets no share: failures are expected",
    );
  else {
    const enough = successPercent === 100 ? percent === 100 : percent > successPercent;
    add(
      "success rate",
      successPercent === 100 ? "100 %" : `> ${successPercent} %`,
      `${percent.toFixed(1)} %`,
      enough ? "met" : "missed",
    );
  }
  const time = p95 === undefined ? "no FIR" : `${p95.toFixed(1)} s`;
  if (p95Seconds === undefined) add("p95", "reported", time, "none", "the document sets no time");
  else if (!deployed) add("p95", `< ${p95Seconds} s`, time, "none", elsewhere);
  else add("p95", `< ${p95Seconds} s`, time, p95 !== undefined && p95 < p95Seconds ? "met" : "missed");
  add("memory at most", "reported", `${most} %`, "none", deployed ? "the document sets no limit here" : elsewhere);
  if (!queueing) add("longest queue", "reported", String(longest), "none", "the document asks for no queue here");
  else
    add(
      "queue",
      "comes into use",
      String(longest),
      longest > 0 ? "met" : "none",
      "memory was never short, and five at once wait for two at most",
    );
  const crashes = exitCodes.filter((code) => code !== 0);
  add(
    "processes ended",
    "reported",
    crashes.length === 0 ? "none" : `exit codes ${crashes.join(", ")}`,
    "none",
    "the document asks for recovery, see below",
  );
  const downSeconds = longestDown(readings);
  add(
    "answering again after",
    "30 s at most",
    `${downSeconds} s without an answer at most`,
    answersAtEnd && downSeconds <= 30 ? "met" : "missed",
  );
  return rows;
}

/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Seconds of the longest time without an answer. */
export function longestDown(readings: readonly Reading[]): number {
  let longest = 0;
  let since: number | undefined;
  for (const { at, memoryPercent } of readings) {
    if (memoryPercent !== undefined) since = undefined;
    else since ??= at;
    if (since !== undefined) longest = Math.max(longest, at - since);
  }
  return Math.round(longest / 1000);
}

export interface AfirgenReport {
  readonly test: AfirgenTest;
  readonly users: number;
  readonly seconds: number;
  /** The document's duration is so many times as long. */
  readonly scaledDownBy: number;
  readonly target: string;
  readonly locust: string;
  readonly passed: boolean;
  readonly findings: readonly Finding[];
}

export function reportMarkdown(report: AfirgenReport): string {
  const { test, users, seconds, scaledDownBy, target, locust, passed, findings } = report;
  const words = { met: "met", missed: "**missed**", none: "no verdict" };
  const lines = [
    `# Load test of AFIRGen: ${test}`,
    "",
    `**${passed ? "Passed" : "Failed"}**: ${users} at once for ${seconds} s, which is 1/${scaledDownBy} of the document's duration. Against ${target}. Locust ${locust}.`,
    "",
    ...table(
      ["What", "Asked", "Seen", "Verdict"],
      findings.map(({ what, asked, seen, verdict, why }) => [
        what,
        asked,
        seen,
        why ? `${words[verdict]}: ${why}` : words[verdict],
      ]),
    ),
  ];
  return `${lines.join("\n")}\n`;
}
