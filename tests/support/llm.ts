import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { repoRoot } from "../../automation/lib/paths";

export interface Run {
  /** Exit status; -1 when a signal ended the process. */
  status: number;
  stdout: string;
  stderr: string;
  /** Both streams as they came. */
  output: string;
}

export interface RunOptions {
  /** The checkout whose launcher is run. Default: this one. */
  checkout?: string;
  env?: Record<string, string>;
  /** Called with everything printed so far, whenever more comes, and the process. */
  onOutput?: (output: string, child: ChildProcess) => void;
}

/** Run `./llm` as a user would, without a terminal. */
export function llm(args: string[], options: RunOptions = {}): Promise<Run> {
  const checkout = options.checkout ?? repoRoot;
  const child = spawn(join(checkout, "llm"), args, {
    cwd: checkout,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, so that a test can kill the command and the engine below it at once.
    detached: true,
  });
  const run: Run = { status: -1, stdout: "", stderr: "", output: "" };
  const collect = (stream: "stdout" | "stderr") => (chunk: Buffer) => {
    run[stream] += chunk.toString();
    run.output += chunk.toString();
    options.onOutput?.(run.output, child);
  };
  child.stdout.on("data", collect("stdout"));
  child.stderr.on("data", collect("stderr"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...run, status: code ?? -1 }));
  });
}
