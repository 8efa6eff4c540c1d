import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { localDir, repoRoot } from "../../automation/lib/paths";
import { UserError } from "../../automation/lib/user-error";
import { bundleFile } from "../../components/serverless/bundle";
import { freePort } from "../server-process";
import { Supervisor } from "./supervisor";

/** What the machine gets as backend.cjs. */
export const backendEntry = "services/afirgen/backend/main.ts";
export const knowledgeFolder = join(repoRoot, "services", "afirgen", "kb");

export interface RunningBackend {
  readonly url: string;
  readonly port: number;
  readonly supervisor: Supervisor;
  readonly sessionsFolder: string;
  /** Lines of its log so far. */
  lines(): Record<string, unknown>[];
  stop(): Promise<void>;
}

/**
 * The bundle of the backend as a process that is started again when it ends.
 *
 * @param variables beside PORT, HOST, KB_FOLDER and SESSIONS_FOLDER
 * @throws UserError with what it printed when it does not answer within a minute
 */
export async function startBackend(
  variables: NodeJS.ProcessEnv,
  options: { readonly onStart?: (pid: number) => void } = {},
): Promise<RunningBackend> {
  const port = await freePort();
  const sessionsFolder = mkdtempSync(join(tmpdir(), "afirgen-sessions-"));
  const logFolder = join(localDir, "afirgen");
  mkdirSync(logFolder, { recursive: true });
  const logFile = join(logFolder, `backend-${port}.log`);
  rmSync(logFile, { force: true });
  const url = `http://127.0.0.1:${port}`;
  const supervisor = new Supervisor({
    command: process.execPath,
    args: ["--max-old-space-size=160", bundleFile(backendEntry).path, "serve"],
    env: {
      PATH: process.env["PATH"],
      ...{ HOST: "127.0.0.1", PORT: String(port), KB_FOLDER: knowledgeFolder, SESSIONS_FOLDER: sessionsFolder },
      ...variables,
    },
    logFile,
    onStart: options.onStart,
  });
  const stop = async () => {
    await supervisor.stop();
    rmSync(sessionsFolder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + 60_000; !(await answers(url)); await sleep(50)) {
    if (supervisor.endings.length < 3 && Date.now() < deadline) continue;
    const said = supervisor.output().slice(-3000);
    await stop();
    throw new UserError(`The AFIRGen backend did not start:\n${said}`);
  }
  const lines = () =>
    supervisor
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { url, port, supervisor, sessionsFolder, lines, stop };
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
