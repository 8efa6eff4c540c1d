import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../automation/lib/lock";
import { localDir } from "../automation/lib/paths";
import { UserError } from "../automation/lib/user-error";
import { asDiskError, ensurePythonEnvironment, type PythonEnvironment } from "./environment";
import { choosePort, portTaken } from "./port";
import { type EmulatorPaths, type EmulatorRecord, emulatorPaths, readRecord, writeRecord } from "./record";
import { buildId, emulatorEnv } from "./server-files";
import { endGroup, endpointOf, whoAnswers } from "./server-process";

export type Log = (line: string) => void;

export interface Emulator {
  /** `http://127.0.0.1:<port>` */
  endpoint: string;
  port: number;
  pid: number;
  logFile: string;
  /**
   * Names the resources inside: the same after a restart, another one after a reset or when the saved state was lost.
   * Whoever keeps a Pulumi state of local stacks keeps this beside it: when it differs, those stacks are gone.
   */
  runId: string;
}

export interface EmulatorStatus {
  /** Absent when this checkout's emulator does not run. */
  emulator?: Emulator;
  /** Version of ministack and start time (ISO 8601) of what runs. */
  version?: string;
  startedAt?: string;
  /** Why it is absent, in one sentence. */
  reason?: string;
  logFile: string;
  stateDir: string;
}

export interface EmulatorOptions {
  /** Folder of state, EFS files and logs. Default `.local/emulator` of the checkout. */
  stateDir?: string;
  /** Port on 127.0.0.1. Default: `LLM_STACKS_EMULATOR_PORT`, else the one used last, else 4566, else a free one. */
  port?: number;
  /** More environment for ministack, over the defaults. */
  env?: Record<string, string>;
}

const mainScript = join(__dirname, "emulator", "main.py");
const startSeconds = 60;
const scratchPrefix = "llm-stacks-functions-";

function pathsOf(options: EmulatorOptions): EmulatorPaths {
  return emulatorPaths(options.stateDir ?? join(localDir, "emulator"));
}

/**
 * The emulator of this checkout: the running one, or a new one with the resources of the last. One that was started from
 * other files (an older checkout, another Node) is restarted.
 *
 * @throws UserError when Python is missing, its packages can't be installed, the disk is full, or another program has the port
 */
export async function ensureEmulator(log: Log, options: EmulatorOptions = {}): Promise<Emulator> {
  const paths = pathsOf(options);
  // The common case needs no lock, so parallel commands don't wait for each other.
  const record = await readRecord(paths);
  const running = record?.build === buildId() ? await runningEmulator(paths, record) : undefined;
  if (running) return running;
  const environment = await ensurePythonEnvironment(log);
  return underLock(paths, log, () => startLocked(log, options, paths, environment));
}

/** `ensureEmulator`, which also says so when the emulator runs already. */
export async function startEmulator(log: Log, options: EmulatorOptions = {}): Promise<Emulator> {
  const before = await emulatorStatus(options);
  const emulator = await ensureEmulator(log, options);
  if (before.emulator?.pid === emulator.pid) log(`The local AWS runs already at ${emulator.endpoint}`);
  return emulator;
}

/** Stop the emulator; its resources are kept and are there again after the next start. */
export async function stopEmulator(log: Log, options: EmulatorOptions = {}): Promise<void> {
  const paths = pathsOf(options);
  if (!existsSync(paths.record)) {
    log("The local AWS does not run");
    return;
  }
  await underLock(paths, log, async () => {
    const record = await readRecord(paths);
    const running = record && (await runningEmulator(paths, record));
    if (!record || !running) {
      log("The local AWS does not run");
      return;
    }
    await endGroup(running.pid);
    await removeScratch(record);
    log("The local AWS is stopped; its resources are kept");
  });
}

/** Remove every resource of the local AWS, whether it runs or not. Pulumi's local state is the caller's to remove. */
export async function resetEmulator(log: Log, options: EmulatorOptions = {}): Promise<void> {
  const paths = pathsOf(options);
  if (!existsSync(paths.stateDir)) {
    log("The local AWS is empty");
    return;
  }
  await underLock(paths, log, async () => {
    const record = await readRecord(paths);
    const running = record && (await runningEmulator(paths, record));
    if (running) {
      const response = await fetch(`${running.endpoint}/_ministack/reset`, { method: "POST" });
      if (!response.ok) {
        throw new UserError(
          `The local AWS could not be reset: it answered with HTTP status ${response.status}.`,
          `Look at ${paths.log}, or stop it and reset again.`,
        );
      }
    } else {
      await rm(paths.state, { recursive: true, force: true });
      await rm(paths.efs, { recursive: true, force: true });
      // The next start may take another port: nothing has the old one in its name any more.
      await rm(paths.record, { force: true });
    }
    log("The local AWS is empty");
  });
}

export async function emulatorStatus(options: EmulatorOptions = {}): Promise<EmulatorStatus> {
  const paths = pathsOf(options);
  const common = { logFile: paths.log, stateDir: paths.stateDir };
  const record = await readRecord(paths);
  if (!record) return { ...common, reason: "it was never started here" };
  const answer = await whoAnswers(record.port);
  if (answer.kind === "emulator" && answer.identity.instance === record.instance) {
    const { version, startedAt } = record;
    return { ...common, version, startedAt, emulator: emulatorOf(paths, record, answer.identity.runId) };
  }
  const reason =
    answer.kind === "nobody"
      ? `it does not run (last on port ${record.port})`
      : `another program has its port ${record.port}: ${answer.kind === "emulator" ? "the emulator of another folder" : answer.detail}`;
  return { ...common, reason };
}

function underLock<T>(paths: EmulatorPaths, log: Log, action: () => Promise<T>): Promise<T> {
  return asDiskError(paths.stateDir, () =>
    withLock(join(paths.stateDir, "emulator"), action, {
      onWait: () => log("Another run is starting or stopping the local AWS; waiting for it"),
      waitSeconds: 300,
    }),
  );
}

function emulatorOf(paths: EmulatorPaths, record: EmulatorRecord, runId: string): Emulator {
  return { endpoint: endpointOf(record.port), port: record.port, pid: record.pid, logFile: paths.log, runId };
}

/** What the record names, if that very process answers on its port. */
async function runningEmulator(paths: EmulatorPaths, record: EmulatorRecord): Promise<Emulator | undefined> {
  const answer = await whoAnswers(record.port);
  if (answer.kind !== "emulator" || answer.identity.instance !== record.instance) return undefined;
  return emulatorOf(paths, record, answer.identity.runId);
}

async function startLocked(
  log: Log,
  options: EmulatorOptions,
  paths: EmulatorPaths,
  environment: PythonEnvironment,
): Promise<Emulator> {
  const last = await readRecord(paths);
  // Another run may have started it while this one waited for the lock.
  const running = last && (await runningEmulator(paths, last));
  if (running && last.build === buildId()) return running;
  if (running) {
    log("The local AWS runs from older files of this checkout; restarting it with its resources");
    await endGroup(running.pid);
  }
  const port = await choosePort(options.port, paths, last);
  if (last) await removeScratch(last);
  await mkdir(paths.state, { recursive: true });
  await mkdir(paths.efs, { recursive: true });
  if (existsSync(paths.log)) await rename(paths.log, paths.previousLog);

  const record: Omit<EmulatorRecord, "pid"> = {
    instance: randomUUID(),
    port,
    version: environment.version,
    build: buildId(),
    startedAt: new Date().toISOString(),
    // Outside the checkout: there, a function would find the checkout's node_modules, which it does not have on AWS.
    workDir: await mkdtemp(join(tmpdir(), scratchPrefix)),
  };
  log(`Starting the local AWS (ministack ${environment.version}) at ${endpointOf(port)}`);
  const logFile = openSync(paths.log, "w");
  const child = spawn(environment.python, [mainScript], {
    cwd: paths.stateDir,
    env: { ...emulatorEnv(paths, record), ...options.env },
    stdio: ["ignore", logFile, logFile],
    // A group of its own: it outlives this command, a Ctrl-C here does not reach it, and its workers end with it.
    detached: true,
  });
  closeSync(logFile);
  let exited: string | undefined;
  child.once("exit", (code, signal) => {
    exited = signal ? `signal ${signal}` : `exit status ${code}`;
  });
  child.once("error", (error) => {
    exited = error.message;
  });
  const { pid } = child;
  if (pid === undefined) throw failedToStart(paths, port, exited ?? "the process could not be made");
  child.unref();
  const complete = { ...record, pid };
  await writeRecord(paths, complete);

  const deadline = Date.now() + startSeconds * 1000;
  while (Date.now() < deadline && !exited) {
    const answer = await whoAnswers(port, 1_000);
    if (answer.kind === "emulator" && answer.identity.instance === record.instance) {
      return emulatorOf(paths, complete, answer.identity.runId);
    }
    await sleep(100);
  }
  if (!exited) await endGroup(pid, 1_000);
  await removeScratch(complete);
  throw failedToStart(paths, port, exited ?? `no answer within ${startSeconds} s`);
}

function failedToStart(paths: EmulatorPaths, port: number, what: string): UserError {
  const tail = existsSync(paths.log) ? readFileSync(paths.log, "utf8").trim().split("\n").slice(-15).join("\n") : "";
  if (/No space left on device|Disk quota exceeded/.test(tail)) {
    return new UserError(
      `The local AWS did not start: no space left on the disk of ${paths.stateDir}.`,
      "Free some space.",
    );
  }
  if (/address already in use/i.test(tail)) return portTaken(port, "another program took it meanwhile");
  return new UserError(`The local AWS did not start (${what}). The end of ${paths.log}:\n${tail}`);
}

async function removeScratch(record: EmulatorRecord): Promise<void> {
  // The record is a file anybody can edit: only ever remove what has our name.
  if (dirname(record.workDir) === tmpdir() && record.workDir.includes(scratchPrefix)) {
    await rm(record.workDir, { recursive: true, force: true });
  }
}
