import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { UsageError } from "./exit";
import { localDir, repoRoot } from "./paths";
import { UserError } from "./user-error";

/** A stack's settings file, as Pulumi defines it. */
export interface StackSettings {
  config?: Record<string, unknown>;
  encryptionsalt?: string;
  secretsprovider?: string;
  encryptedkey?: string;
}

/** Key of the list of systems in a stack's config. */
export const SYSTEMS_KEY = "llm-stacks:systems";

/** Names of the stacks that have a settings file at the root of the checkout, sorted. */
export function knownStacks(): string[] {
  return readdirSync(repoRoot)
    .map((file) => /^Pulumi\.([^.]+)\.yaml$/.exec(file)?.[1])
    .filter((name): name is string => name !== undefined)
    .sort();
}

/**
 * Read `Pulumi.<stack>.yaml`.
 *
 * @throws UsageError when there is none, UserError when it is not a settings file
 */
export function readSettings(stack: string, folder: string = repoRoot): StackSettings {
  const file = join(folder, `Pulumi.${stack}.yaml`);
  if (folder === repoRoot && !knownStacks().includes(stack)) {
    throw new UsageError(`There is no stack "${stack}".`, `Stacks with a settings file: ${knownStacks().join(", ")}.`);
  }
  if (!existsSync(file)) return {};
  let settings: unknown;
  try {
    settings = parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UserError(`${file} is not YAML: ${(cause as Error).message}`, "Mend the file.", { cause });
  }
  if (settings === null) return {};
  if (typeof settings !== "object" || Array.isArray(settings)) {
    throw new UserError(`${file} is not a stack's settings file.`, "It must be a map with the key `config`.");
  }
  return settings as StackSettings;
}

/**
 * The settings of a stack's local twin: the tracked ones, the provider's switches for the emulator on top, and
 * nothing encrypted, because the cloud's key is not here: a secret value is replaced by `localSecret(key)`.
 *
 * @param tracked what `Pulumi.<stack>.yaml` says
 * @param twin what the local settings file said before, for its encryption salt
 */
export function localSettings(
  tracked: StackSettings,
  twin: StackSettings,
  switches: Record<string, string>,
  localSecret: (key: string) => string,
): StackSettings {
  const config = Object.fromEntries(
    Object.entries({ ...tracked.config, ...switches }).map(([key, value]) => [
      key,
      isEncrypted(value) ? localSecret(key) : value,
    ]),
  );
  return { ...(twin.encryptionsalt && { encryptionsalt: twin.encryptionsalt }), config };
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { secure?: unknown }).secure === "string";
}

/** The same settings with another list of systems. */
export function withSystems(settings: StackSettings, systems: string[] | undefined): StackSettings {
  return systems ? { ...settings, config: { ...settings.config, [SYSTEMS_KEY]: systems } } : settings;
}

/** The git-ignored folder whose Pulumi project is this program with the local stacks' settings. */
export const localProjectDir = join(localDir, "project");

/** Write the local project: the tracked Pulumi.yaml with its entry point reached from here, and one stack's settings. */
export function writeLocalProject(stack: string, settings: StackSettings): void {
  mkdirSync(localProjectDir, { recursive: true });
  const project = parse(readFileSync(join(repoRoot, "Pulumi.yaml"), "utf8")) as { main: string };
  project.main = relative(localProjectDir, join(repoRoot, project.main));
  writeFileSync(join(localProjectDir, "Pulumi.yaml"), stringify(project));
  writeFileSync(join(localProjectDir, `Pulumi.${stack}.yaml`), settingsText(settings));
}

/** A settings file's text. Strings are quoted: Pulumi would read a time without quotes as a value of its own kind. */
export function settingsText(settings: StackSettings): string {
  return stringify(settings, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
}
