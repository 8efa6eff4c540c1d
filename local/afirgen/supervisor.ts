import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Ending {
  /** As Docker counts it: 128 and the signal's number for a process that a signal ended, so 137 for the kernel's out-of-memory killer. */
  readonly exitCode: number;
  readonly at: number;
}

export interface SupervisorOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Gets what it prints, of all its lives. */
  readonly logFile: string;
  /** Told of each new process before it does much. */
  readonly onStart?: (pid: number) => void;
}

const numbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};
/** Docker's: 100 ms, doubled at each restart, up to a minute; 100 ms again after 10 s of life. */
const firstDelayMs = 100;
const longestDelayMs = 60_000;
const steadyMs = 10_000;

/** Runs a program and starts it again whenever it ends, as `restart: unless-stopped` does with a container. It ends with this process. */
export class Supervisor {
  readonly endings: Ending[] = [];
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private delayMs = firstDelayMs;
  private stopped = false;
  private readonly onExit = () => this.child?.kill("SIGKILL");

  constructor(private readonly options: SupervisorOptions) {
    mkdirSync(dirname(options.logFile), { recursive: true });
    process.once("exit", this.onExit);
    this.start();
  }

  /** Undefined while it waits to be started again. */
  get pid(): number | undefined {
    return this.child?.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined;
  }

  output(): string {
    return readFileSync(this.options.logFile, "utf8");
  }

  /** SIGTERM, and SIGKILL after the grace. */
  async stop(graceMs = 30_000): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    process.off("exit", this.onExit);
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await gone;
    clearTimeout(late);
  }

  private start(): void {
    const { command, args, env, logFile, onStart } = this.options;
    const log = openSync(logFile, "a");
    const startedAt = Date.now();
    const child = spawn(command, [...args], { env, stdio: ["ignore", log, log] });
    closeSync(log);
    this.child = child;
    if (child.pid !== undefined) onStart?.(child.pid);
    const ended = (exitCode: number) => {
      this.endings.push({ exitCode, at: Date.now() });
      if (this.stopped) return;
      this.delayMs = Date.now() - startedAt > steadyMs ? firstDelayMs : Math.min(this.delayMs * 2, longestDelayMs);
      this.timer = setTimeout(() => this.start(), this.delayMs);
    };
    child.once("error", () => ended(127));
    child.once("exit", (code, signal) => ended(signal === null ? (code ?? 1) : 128 + (numbers[signal] ?? 0)));
  }
}
