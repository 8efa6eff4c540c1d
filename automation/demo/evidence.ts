import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DemoContext } from "./context";
import { countSteps, type Report, renderJson, renderMarkdown } from "./report";
import { Steps } from "./steps";

export interface EvidenceOptions extends Omit<DemoContext, "region" | "endpoint"> {
  readonly system: string;
  /** Names and URLs of the deployed system. */
  readonly target: Readonly<Record<string, string>>;
  readonly file?: Report["file"];
}

/**
 * Runs the steps of a demo and writes down what they saw.
 * @throws Error only if the evidence can't be written; a failure of the system is in the report
 */
export async function writeEvidence(options: EvidenceOptions, run: (steps: Steps) => Promise<void>): Promise<Report> {
  const { system, outDir, versions, commit, target, file, log } = options;
  const startedAt = new Date();
  await mkdir(outDir, { recursive: true });
  const steps = new Steps(log);
  await run(steps);
  const report: Report = {
    system,
    passed: steps.passed,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    commit,
    versions,
    target,
    ...(file && { file }),
    counts: countSteps(steps.records),
    steps: steps.records,
  };
  await writeFile(join(outDir, "report.json"), renderJson(report));
  await writeFile(join(outDir, "report.md"), renderMarkdown(report));
  log(`${report.passed ? "Passed" : "Failed"}. Evidence: ${join(outDir, "report.md")}`);
  return report;
}
