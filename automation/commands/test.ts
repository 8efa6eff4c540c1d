import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { EXIT, UsageError } from "../lib/exit";
import { localDir, repoRoot } from "../lib/paths";
import { UserError } from "../lib/user-error";

const SUITES = ["unit", "engine", "e2e"];

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
}

/** `./llm test`: run the suites; the last line says how many tests passed and failed. */
export async function test(suite: string): Promise<void> {
  const suites = suite === "all" ? SUITES : [suite];
  if (!suites.every((name) => SUITES.includes(name))) {
    throw new UsageError(`There is no test suite "${suite}".`, `Suites: ${SUITES.join(", ")}, all.`);
  }
  const reportFile = join(localDir, `test-report-${process.pid}.json`);
  mkdirSync(localDir, { recursive: true });
  try {
    const status = await runVitest(suites, reportFile);
    if (!existsSync(reportFile)) {
      throw new UserError(`vitest ended with status ${status} before it could report.`, "Its message is above.");
    }
    const counts = countTests(JSON.parse(readFileSync(reportFile, "utf8")) as VitestReport);
    const failed = status !== 0 && counts.failed === 0 ? 1 : counts.failed;
    if (counts.passed + failed === 0) throw new UserError(`No test ran in ${suites.join(", ")}.`);
    console.log(`${counts.passed} passed, ${failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ""}`);
    if (failed > 0) process.exitCode = EXIT.failed;
  } finally {
    rmSync(reportFile, { force: true });
  }
}

/** A file that failed outside of its tests (an import, a hook) counts as one failure. */
export function countTests(report: VitestReport): { passed: number; failed: number; skipped: number } {
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function runVitest(suites: string[], reportFile: string): Promise<number> {
  const vitest = join(repoRoot, "node_modules", "vitest", "vitest.mjs");
  const args = ["run", ...suites.flatMap((name) => ["--project", `${name}*`])];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, ...args, ...reporters], { cwd: repoRoot, stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal ? EXIT.failed : EXIT.ok)));
  });
}
