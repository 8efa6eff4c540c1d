import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../../automation/lib/lock";
import { cacheDir } from "../../../automation/lib/paths";

const run = promisify(execFile);

export const CHECKOV_VERSION = "3.3.30";

/** Python of a virtual environment with Checkov in it. Installed into the cache once (about a minute). */
export async function ensureCheckov(log: (line: string) => void): Promise<string> {
  const folder = join(cacheDir(), `checkov-${CHECKOV_VERSION}`);
  const python = join(folder, "bin", "python");
  const installed = join(folder, "installed");
  await withLock(folder, async () => {
    if (existsSync(installed)) return;
    log(`Installing Checkov ${CHECKOV_VERSION} into ${folder} ...`);
    rmSync(folder, { recursive: true, force: true });
    await run("python3", ["-m", "venv", folder]);
    await run(python, ["-m", "pip", "install", "--quiet", `checkov==${CHECKOV_VERSION}`]);
    writeFileSync(installed, "");
  });
  return python;
}

/** A check that failed, as Checkov reports it. */
export interface FailedCheck {
  id: string;
  name: string;
  /** Terraform address of the resource. */
  address: string;
}

export interface CheckovResult {
  passed: number;
  failed: FailedCheck[];
  /** Resources that Checkov looked at. */
  resources: number;
}

interface Report {
  results: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
  summary: { passed: number; resource_count: number; parsing_errors: number };
}

/** Runs Checkov on a Terraform plan. Checks that need its platform are not run; nothing is sent anywhere. */
export async function runCheckov(python: string, plan: object): Promise<CheckovResult> {
  const folder = mkdtempSync(join(tmpdir(), "checkov-"));
  try {
    const file = join(folder, "plan.json");
    writeFileSync(file, JSON.stringify(plan));
    const options = ["--framework", "terraform_plan", "--output", "json", "--quiet", "--soft-fail", "--skip-download"];
    const { stdout } = await run(python, ["-m", "checkov.main", "--file", file, ...options], {
      maxBuffer: 1e9,
      env: { ...process.env, EVAL_TF_PLAN_AFTER_UNKNOWN: "true", LOG_LEVEL: "ERROR" },
    });
    const { results, summary } = JSON.parse(stdout) as Report;
    if (summary.parsing_errors > 0 || summary.resource_count === 0) {
      throw new Error(`Checkov could not read the plan: ${JSON.stringify(summary)}`);
    }
    const failed = results.failed_checks.map(({ check_id, check_name, resource }) => ({
      id: check_id,
      name: check_name,
      address: resource,
    }));
    return { passed: summary.passed, failed, resources: summary.resource_count };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
