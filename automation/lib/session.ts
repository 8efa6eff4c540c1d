import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConcurrentUpdateError, LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { awsEnv, providerConfig } from "../../local/aws-env";
import { type Emulator, ensureEmulator } from "../../local/emulator";
import { type Engine, ensureEngine } from "../../toolchain/engine";
import { withExpiry } from "../environments/expiry";
import { askCaller, type Caller, placeOf, type RecordedResource, recordedPlace } from "../environments/place";
import { withPrerequisites } from "../environments/prerequisites";
import { localDir, repoRoot } from "./paths";
import {
  localProjectDir,
  localSettings,
  readSettings,
  type StackSettings,
  settingsText,
  withSystems,
  writeLocalProject,
} from "./project";
import { UserError } from "./user-error";

export interface SessionOptions {
  /** Against the emulator on this machine. Default: AWS. */
  local?: boolean;
  /** Only these systems. Default: those of the stack's config. */
  systems?: string[];
}

/** A stack ready for preview, update and destroy, and what it was opened with. */
export interface Session {
  stackName: string;
  stack: Stack;
  engine: Engine;
  /** Only for a local stack. */
  emulator?: Emulator;
  /** Effective settings: what the program reads. */
  settings: StackSettings;
  /** Settings file to hand to the engine where it is not the stack's own. */
  configFile?: string;
  /** Policy packs every preview and update is judged by. */
  policyPacks: string[];
  /** Who we are on AWS; undefined for a local stack. */
  caller?: Caller;
}

const log = (line: string) => console.error(line);

/**
 * Bring up what the stack needs (engine, and for a local one the emulator) and open it; a stack without state is made.
 */
export async function openSession(stackName: string, options: SessionOptions): Promise<Session> {
  const tracked = readSettings(stackName);
  const engine = await ensureEngine(log);
  Object.assign(process.env, engine.env);
  const common = { stackName, engine, policyPacks: [join(repoRoot, "policy-pack")] };
  log(describePlace(stackName, tracked, options.local ?? false));

  if (!options.local) {
    let caller: Caller | undefined;
    const ask = async (region: string) => {
      caller = await askCaller(region);
      return caller;
    };
    const stack = await withPrerequisites(placeOf(stackName, tracked, ask), () => openStack(stackName, repoRoot, {}));
    const settings = await expiring(stack, withSystems(tracked, options.systems));
    const configFile = settings === tracked ? undefined : writeOverride(stackName, settings);
    return { ...common, stack, settings, ...(caller && { caller }), ...(configFile && { configFile }) };
  }

  const emulator = await ensureEmulator(log);
  setAsideStaleState(emulator);
  const stated = withSystems(
    localSettings(tracked, readSettings(stackName, localProjectDir), providerConfig, localSecret),
    options.systems,
  );
  writeLocalProject(stackName, stated);
  // The AWS clients of this process (demo, checks after `down`) talk to the emulator too.
  Object.assign(process.env, awsEnv(emulator.endpoint, regionOf(stated)));
  const stack = await openStack(stackName, localProjectDir, localEngineEnv());
  const settings = await expiring(stack, stated);
  if (settings !== stated) writeLocalProject(stackName, settings);
  return { ...common, stack, settings, emulator };
}

/** What every command says first: which environment it is for, and where that is. */
export function describePlace(stackName: string, settings: StackSettings, local: boolean): string {
  const { config = {} } = settings;
  const account = config["llm-stacks:accountId"];
  return [
    `Stack ${stackName}: ${String(config["llm-stacks:environment"] ?? "no environment")}`,
    String(config["aws:region"] ?? "no region"),
    local ? "on this machine" : account === undefined ? "on AWS" : `on AWS, account ${String(account)}`,
  ].join(", ");
}

/** A stack with a time to live gets the time it ends, which is asked of what is deployed. */
async function expiring(stack: Stack, settings: StackSettings): Promise<StackSettings> {
  if (settings.config?.["llm-stacks:ttlHours"] === undefined) return settings;
  return withExpiry(settings, await resourcesOf(stack));
}

/** What a stack's state holds; nothing before its first update. */
export async function resourcesOf(stack: Stack): Promise<RecordedResource[]> {
  const { deployment } = await stack.exportStack();
  return (deployment as { resources?: RecordedResource[] } | undefined)?.resources ?? [];
}

/** To be called before anything is changed. @throws UserError when the stack stands elsewhere than its configuration says */
export async function guardPlace(session: Session): Promise<void> {
  const { stackName, settings, stack, caller } = session;
  const checks = recordedPlace(stackName, settings, await resourcesOf(stack), caller?.accountId);
  await withPrerequisites(checks, async () => undefined);
}

/** AWS region of a stack. */
export function regionOf(settings: StackSettings): string {
  const region = settings.config?.["aws:region"];
  if (typeof region !== "string") {
    throw new UserError("The stack's config has no aws:region.", "Set it: pulumi config set aws:region us-east-1");
  }
  return region;
}

const localStateDir = join(localDir, "state");
const localStateOwner = join(localStateDir, "emulator-run");

function localEngineEnv(): Record<string, string> {
  mkdirSync(localStateDir, { recursive: true });
  return {
    PULUMI_BACKEND_URL: `file://${localStateDir}`,
    // Guards nothing: the state lies beside it, and a local stack holds only values made for it.
    PULUMI_CONFIG_PASSPHRASE: "local",
  };
}

/** State describes resources of one emulator. When those are gone, an update against it would only fail. */
function setAsideStaleState(emulator: Emulator): void {
  if (existsSync(localStateOwner) && readFileSync(localStateOwner, "utf8") !== emulator.runId) {
    const aside = `${localStateDir}-of-lost-emulator-${Date.now()}`;
    renameSync(localStateDir, aside);
    log(`The emulator that held the local stacks is gone, so they start anew. Their old state is in ${aside}.`);
  }
  mkdirSync(localStateDir, { recursive: true });
  writeFileSync(localStateOwner, emulator.runId);
}

/** A value in place of one that only the cloud's key can decrypt; the same at every run. */
function localSecret(key: string): string {
  const file = join(localDir, "secrets", encodeURIComponent(key));
  if (!existsSync(file)) {
    mkdirSync(join(localDir, "secrets"), { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(24).toString("hex"), { mode: 0o600 });
  }
  return readFileSync(file, "utf8");
}

async function openStack(stackName: string, workDir: string, envVars: Record<string, string>): Promise<Stack> {
  // Found on PATH, where the engine's folder stands first; the version was checked when the engine was chosen.
  const pulumiCommand = await PulumiCommand.get({ skipVersionCheck: true });
  return LocalWorkspace.createOrSelectStack(
    { stackName, workDir },
    { pulumiCommand, envVars: { NODE_OPTIONS: nodeOptions(), ...envVars } },
  );
}

function nodeOptions(): string {
  return [process.env["NODE_OPTIONS"] ?? "", `--require=${JSON.stringify(join(repoRoot, "engine-gone.cjs"))}`]
    .join(" ")
    .trim();
}

/** Runs an action with other settings, for once. The stack's files say afterwards what they said before. */
export async function withSettings<T>(
  session: Session,
  settings: StackSettings,
  action: (session: Session) => Promise<T>,
): Promise<T> {
  const { stackName, emulator } = session;
  if (!emulator) return action({ ...session, settings, configFile: writeOverride(stackName, settings) });
  writeLocalProject(stackName, settings);
  try {
    return await action({ ...session, settings });
  } finally {
    writeLocalProject(stackName, session.settings);
  }
}

/** Settings for one run on AWS; the tracked file stays as it is. */
function writeOverride(stackName: string, settings: StackSettings): string {
  const file = join(localDir, `Pulumi.${stackName}.override.yaml`);
  mkdirSync(localDir, { recursive: true });
  writeFileSync(file, settingsText(settings));
  return file;
}

/**
 * Run an operation on the stack. A local stack's lock whose owner died (kill -9, reboot) is taken away and the
 * operation run again; one that is held by a living process, or by anybody on AWS, is an error that names the way out.
 */
export async function withStackLock<T>(session: Session, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof ConcurrentUpdateError)) throw error;
    if (session.emulator && !lockOwnerLives(error.message)) {
      log("An earlier run was killed and left its lock; removing it.");
      await session.stack.cancel();
      return await operation();
    }
    throw new UserError(
      `Another update of stack ${session.stackName} is under way.`,
      "Wait for it. If none runs, take its lock away: pulumi cancel --yes",
      { cause: error },
    );
  }
}

/** The engine names the owner of a lock as "created by <user>@<host> (pid <n>) at <time>". */
function lockOwnerLives(message: string): boolean {
  const pid = /\(pid (\d+)\)/.exec(message)?.[1];
  if (pid === undefined) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
