import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import { Interrupted } from "../automation/lib/exit";

/** Takes one line of progress. */
export type Log = (line: string) => void;

/** How often something long says that it is still at it. */
export const HEARTBEAT_MS = 15_000;

/** Say what starts, every 15 s that it goes on, and how long it took. */
export async function withHeartbeat<T>(title: string, log: Log, action: () => Promise<T>): Promise<T> {
  const start = Date.now();
  const seconds = () => `${Math.round((Date.now() - start) / 1000)} s`;
  log(`${title} ...`);
  const timer = setInterval(() => log(`${title}: still at it after ${seconds()}`), HEARTBEAT_MS);
  try {
    const result = await action();
    log(`${title}: done in ${seconds()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

export interface RunOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** File that gets everything the command prints. */
  logFile: string;
  /** Ends the command, and all that it has started, when aborted. */
  signal?: AbortSignal;
}

/** A command that ended with another status than 0. */
export class CommandFailed extends Error {
  constructor(
    readonly command: string,
    readonly status: string,
    readonly logFile: string,
    /** All that it printed. */
    readonly output: string,
  ) {
    super(`${command} failed (${status}); see ${logFile}`);
  }
}

/**
 * Run a command to its end and return what it printed on standard output. It runs in a process group of its own: Ctrl-C
 * here ends the whole group, compilers included, and none lives on.
 *
 * @throws CommandFailed when it fails, Interrupted after Ctrl-C, and the system's error when there is no such command
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  options.signal?.throwIfAborted();
  mkdirSync(dirname(options.logFile), { recursive: true });
  const logFile = createWriteStream(options.logFile);
  logFile.write(`$ cd ${options.cwd}\n$ ${command} ${args.join(" ")}\n`);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const stdout: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stdout.pipe(logFile, { end: false });
  child.stderr.pipe(logFile, { end: false });

  let interrupted = false;
  const onSignal = () => {
    interrupted = true;
    endGroup(child);
  };
  const onAbort = () => endGroup(child);
  const onExit = () => endGroup(child);
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("exit", onExit);
  options.signal?.addEventListener("abort", onAbort);
  try {
    const status = await new Promise<string | undefined>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code === 0 ? undefined : (signal ?? `status ${code}`)));
    });
    logFile.end();
    await finished(logFile);
    if (interrupted) throw new Interrupted("Stopped.", "Run the same command again: what was finished is kept.");
    options.signal?.throwIfAborted();
    if (status !== undefined) {
      throw new CommandFailed(command, status, options.logFile, readFileSync(options.logFile, "utf8"));
    }
    return Buffer.concat(stdout).toString("utf8");
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal).off("exit", onExit);
    options.signal?.removeEventListener("abort", onAbort);
    logFile.end();
  }
}

/** The command may be a parent of compilers: end its whole process group. */
function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
