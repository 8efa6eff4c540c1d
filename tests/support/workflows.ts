import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { repoRoot } from "../../automation/lib/paths";

export interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, unknown>> };
  readonly steps?: readonly Step[];
  readonly "timeout-minutes"?: number;
}

export interface Workflow {
  /** Path in the checkout. */
  readonly file: string;
  readonly permissions?: unknown;
  readonly on: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const yaml = (file: string) => parse(readFileSync(join(repoRoot, file), "utf8"));

export const workflows: readonly Workflow[] = globSync(".github/workflows/*.yml", { cwd: repoRoot })
  .sort()
  .map((file) => ({ file, ...yaml(file) }));

/** All files that call actions: the workflows and the local actions. */
export const actionFiles: readonly string[] = [
  ...workflows.map(({ file }) => file),
  ...globSync(".github/actions/*/action.yml", { cwd: repoRoot }).sort(),
];

/** What stands for an expression when a step is run here. */
const samples: Readonly<Record<string, string>> = {
  "inputs.stack": "staging",
  "inputs.confirm": "staging",
  "github.token": "token",
  "github.event.pull_request.html_url": "https://github.com/owner/name/pull/1",
  "vars.PREVIEW_STACK || 'staging'": "staging",
  "vars.PULUMI_BACKEND_URL": "s3://bucket",
  "vars.AWS_REGION": "us-east-1",
  "vars.IMAGES_INSTANCE_PROFILE": "images",
};

function evaluate(text: string, job: Job): string {
  return text.replaceAll(/\$\{\{\s*(.+?)\s*\}\}/g, (_all, expression: string) => {
    const values = job.strategy?.matrix[expression.replace(/^matrix\./, "")];
    const value = Array.isArray(values) ? values[0] : expression.startsWith("matrix.") ? "ollama" : samples[expression];
    if (typeof value !== "string")
      throw new Error(`No sample of \${{ ${expression} }}: add one to tests/support/workflows.ts.`);
    return value;
  });
}

/** Programs of which a run keeps the words that they were called with. `sudo` calls nothing. */
const recorded = ["llm", "npm", "gh", "packer", "sudo", "packer/cleanup.sh"];

/** Runs a job's scripts, with stand-ins of all programs that they call, and returns the calls, program first. */
export function callsOf(workflow: Workflow, job: Job): string[][] {
  const folder = mkdtempSync(join(tmpdir(), "llm-stacks-workflow-"));
  try {
    const log = join(folder, "calls");
    for (const name of recorded) {
      const path = name === "llm" || name.includes("/") ? join(folder, name) : join(folder, "bin", name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(
        path,
        `#!/bin/bash\n{ printf '%s\\0' ${JSON.stringify(name)} "$@"; printf '\\n\\0'; } >>"$CALLS"\n`,
      );
      chmodSync(path, 0o755);
    }
    for (const step of job.steps ?? []) {
      if (step.run === undefined) continue;
      const declared = { ...workflow.env, ...job.env, ...step.env };
      const env = Object.fromEntries(
        Object.entries(declared).map(([key, value]) => [key, evaluate(String(value), job)]),
      );
      writeFileSync(join(folder, "plan.txt"), "");
      try {
        execFileSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
          cwd: folder,
          env: {
            PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
            HOME: folder,
            CALLS: log,
            GITHUB_STEP_SUMMARY: join(folder, "summary"),
            ...env,
          },
          stdio: ["ignore", "ignore", "pipe"],
        });
      } catch (error) {
        // Steps that say why a job fails end with 1.
        if ((error as { status?: number }).status !== 1) throw error;
      }
    }
    if (!existsSync(log)) return [];
    return readFileSync(log, "utf8")
      .split("\n\0")
      .filter(Boolean)
      .map((call) => call.split("\0").slice(0, -1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
