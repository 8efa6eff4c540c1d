import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "../local/model/child";
import {
  type AfirgenReport,
  type AfirgenTest,
  afirgenTests,
  judge,
  parseFirSamples,
  type Reading,
  reportMarkdown,
} from "./afirgen-judge";
import { ensureLocust } from "./run";

export interface AfirgenLoadOptions {
  readonly test: AfirgenTest;
  /** Where /api/fir and /health are. */
  readonly baseUrl: string;
  /** The document's duration is divided by it. */
  readonly scaledDownBy: number;
  /** What is loaded, for the report. */
  readonly target: string;
  /** Whether that is the deployed system itself. */
  readonly deployed: boolean;
  /** Exit codes of processes that ended; none where nobody can know. */
  readonly exitCodes?: () => readonly number[];
  /** Gets report.json, report.md, the samples and Locust's log. */
  readonly outDir: string;
  readonly log: (line: string) => void;
}

/** Loads AFIRGen as one of the document's tests says, and judges it. @throws Error when the load test itself fails */
export async function runAfirgenLoad(options: AfirgenLoadOptions): Promise<AfirgenReport> {
  const { test, baseUrl, scaledDownBy, target, deployed, outDir, log } = options;
  const { users, seconds: whole, p95Seconds = 120 } = afirgenTests[test];
  const seconds = Math.max(1, Math.round(whole / scaledDownBy));
  // Twice what 95 % may take, and never less than a slow machine needs for one.
  const timeoutSeconds = Math.max(2 * p95Seconds, 300);
  const { python } = await ensureLocust(log);
  mkdirSync(outDir, { recursive: true });
  const samples = join(outDir, "samples.jsonl");
  writeFileSync(samples, "");
  log(`Load test ${test} of AFIRGen: ${users} at once for ${seconds} s (1/${scaledDownBy} of ${whole} s)`);
  const endingsBefore = options.exitCodes?.().length ?? 0;
  const plan = { baseUrl, durationSeconds: seconds, timeoutSeconds, pollSeconds: 2, samples };
  const child = startChild(
    python,
    [
      ...["-m", "locust", "--locustfile", join(__dirname, "afirgen-locustfile.py"), "--headless", "--only-summary"],
      ...[
        "--users",
        String(users),
        "--spawn-rate",
        String(users),
        "--stop-timeout",
        `${timeoutSeconds + 30}s`,
        "--exit-code-on-error",
        "0",
      ],
    ],
    {
      env: { ...process.env, AFIRGEN_PLAN: JSON.stringify(plan), PYTHONDONTWRITEBYTECODE: "1" },
      logFile: join(outDir, "locust.log"),
    },
  );
  const readings: Reading[] = [];
  try {
    while (child.ended() === undefined) {
      readings.push(await readHealth(baseUrl));
      await sleep(1000);
    }
  } finally {
    await child.stop();
  }
  if (child.ended() !== "exit status 0") throw new Error(`Locust failed (${child.ended()}):\n${child.lastOutput()}`);
  const last = await readHealth(baseUrl);
  const { locust, firs } = parseFirSamples(readFileSync(samples, "utf8"));
  const exitCodes = options.exitCodes?.().slice(endingsBefore) ?? [];
  const answersAtEnd = last.memoryPercent !== undefined && last.waiting === 0;
  const findings = judge(test, { firs, readings, exitCodes, answersAtEnd }, deployed);
  const passed = findings.every(({ verdict }) => verdict !== "missed");
  const report: AfirgenReport = { test, users, seconds, scaledDownBy, target, locust, passed, findings };
  writeFileSync(join(outDir, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(outDir, "report.md"), reportMarkdown(report));
  return report;
}

async function readHealth(baseUrl: string): Promise<Reading> {
  const at = Date.now();
  try {
    const answer = await fetch(`${baseUrl}/health`, { signal: AbortSignal.timeout(5_000) });
    const { memoryPercent, waiting } = (await answer.json()) as { memoryPercent?: number; waiting?: number };
    return { at, memoryPercent, waiting };
  } catch {
    return { at, memoryPercent: undefined, waiting: undefined };
  }
}
