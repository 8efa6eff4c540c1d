import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheDir } from "../automation/lib/paths";
import { buildEngine } from "./build";
import { type EngineLayout, engineLayout, isComplete, pluginFolder, versions } from "./layout";
import { CommandFailed, type Log, run, withHeartbeat } from "./run";

/** A Pulumi engine that can run this project's program. */
export interface Engine {
  /** Path of the `pulumi` executable, in a folder named `bin`. */
  pulumi: string;
  /** Its version, such as `3.220.0`. */
  version: string;
  /** Found on PATH, or built by this project. */
  source: "path" | "built";
  /** What must be merged into the environment that it runs in. */
  env: Record<string, string>;
}

/** A blocked network may answer nothing at all. */
const INSTALL_TIMEOUT_MS = 300_000;

/**
 * The engine, ready to use. An official `pulumi` on PATH that is new enough is taken, with its AWS plugin, installed if
 * need be; where there is none, or the plugin can't be had, the engine is built (minutes, once).
 *
 * @param log gets one line per step and one every 15 s of a long one
 * @throws UserError when it can neither be found nor built; the message says what to install
 */
export async function ensureEngine(log: Log): Promise<Engine> {
  const found = await findEngine();
  if (found) return found;
  const official = await officialPulumi();
  const refusal = official ? await installPlugin(official, log) : undefined;
  if (official && refusal === undefined) return pathEngine(official);
  log(refusal ?? `No official pulumi ${versions.pulumi} or newer on PATH.`);
  return builtEngine(await buildEngine(log));
}

/** The engine if it is ready to use, without installing or building anything. */
export async function findEngine(): Promise<Engine | undefined> {
  const official = await officialPulumi();
  if (official && hasPlugin()) return pathEngine(official);
  const layout = engineLayout();
  return isComplete(layout) ? builtEngine(layout) : undefined;
}

interface OfficialPulumi {
  path: string;
  version: string;
}

/** The first `pulumi` on PATH that is new enough; one that this project built does not count. */
async function officialPulumi(): Promise<OfficialPulumi | undefined> {
  const own = cacheDir();
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "pulumi");
    if (folder === "" || folder.startsWith(own) || !isExecutable(path)) continue;
    const version = await versionOf(path);
    if (version !== undefined && isAtLeast(version, versions.pulumi)) return { path, version };
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Undefined when it does not answer with a version: it may be some other program of that name. */
async function versionOf(pulumi: string): Promise<string | undefined> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const answer = await promisify(execFile)(pulumi, ["version"], { env, timeout: 20_000 }).catch(() => undefined);
  return /^v?(\d+\.\d+\.\d+)/.exec(answer?.stdout.trim() ?? "")?.[1];
}

/** Compare versions of three numbers. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [a, b] = [version, wanted].map((text) => text.split(".").map(Number));
  for (const [i, number] of (b ?? []).entries()) {
    const other = a?.[i] ?? 0;
    if (other !== number) return other > number;
  }
  return true;
}

function pulumiHome(): string {
  return process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");
}

/** Whether the official AWS plugin is installed; the engine marks one that is being unpacked with `.partial`. */
function hasPlugin(): boolean {
  const folder = join(pulumiHome(), "plugins", pluginFolder());
  return existsSync(folder) && !existsSync(`${folder}.partial`);
}

/** Let the official engine download its plugin; returns why it could not, or undefined when it did. */
async function installPlugin(official: OfficialPulumi, log: Log): Promise<string | undefined> {
  const logFile = join(cacheDir(), "plugin-install.log");
  try {
    await withHeartbeat(`Installing Pulumi's AWS plugin ${versions.awsSdk}`, log, () =>
      run(official.path, ["plugin", "install", "resource", "aws", versions.awsSdk], {
        cwd: tmpdir(),
        env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
        logFile,
        signal: AbortSignal.timeout(INSTALL_TIMEOUT_MS),
      }),
    );
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === "TimeoutError";
    if (!timedOut && !(error instanceof CommandFailed)) throw error;
    const why = timedOut ? `no answer for ${INSTALL_TIMEOUT_MS / 60_000} minutes` : `see ${logFile}`;
    return `pulumi ${official.version} (${official.path}) can't install its AWS plugin: ${why}.`;
  }
  return hasPlugin() ? undefined : `pulumi ${official.version} (${official.path}) installed no ${pluginFolder()}.`;
}

function pathEngine({ path, version }: OfficialPulumi): Engine {
  return {
    pulumi: path,
    version,
    source: "path",
    env: { ...commonEnv(), PATH: searchPath(dirname(path)) },
  };
}

function builtEngine(layout: EngineLayout): Engine {
  return {
    pulumi: layout.cli,
    version: versions.pulumi,
    source: "built",
    env: {
      ...commonEnv(),
      PATH: searchPath(layout.bin),
      PULUMI_HOME: layout.home,
      // The home above is the engine's own; who has logged in to a backend stays logged in.
      PULUMI_CREDENTIALS_PATH: process.env["PULUMI_CREDENTIALS_PATH"] || pulumiHome(),
    },
  };
}

function commonEnv(): Record<string, string> {
  return {
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Engine and plugin make much garbage and hold little: collecting it less often makes an update a sixth shorter.
    GOGC: process.env["GOGC"] || "400",
  };
}

/** PATH with the engine first, then the Node that runs us: the one on PATH may be too old for the program. */
function searchPath(bin: string): string {
  return [bin, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
}
