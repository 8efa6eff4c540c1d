import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { type FreePlan, parseFreePlan } from "./free-tier/plan";
import { PackError } from "./pack-error";
import { type ProfileName, parseProfile } from "./profiles";

/** What the engine and the user tell the pack at start. */
export interface PackEnvironment {
  readonly profile: ProfileName;
  /** For the rules of the family free-tier; undefined leaves their own setting. */
  readonly freePlan?: FreePlan;
  /** Name of the stack; undefined when the pack runs without one, as for `pulumi policy publish`. */
  readonly stack: string | undefined;
  /** The exemptions file, if there is one. */
  readonly exemptions: { readonly file: string; readonly text: string } | undefined;
}

/** The folder of PulumiPolicy.yaml, from the sources as well as from the bundle. */
export const packRoot = findPackRoot(__dirname);

function findPackRoot(folder: string): string {
  return existsSync(join(folder, "PulumiPolicy.yaml")) ? folder : findPackRoot(dirname(folder));
}

/**
 * Reads the environment that the engine starts the pack with: stack config `policy:profile`, `policy:freePlan` and
 * `policy:exemptions` (a path, from the folder above the pack), `POLICY_EXEMPTIONS` to overrule the latter. Throws a
 * {@link PackError} for a wrong profile or plan or a named exemptions file that is not there.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): PackEnvironment {
  const config = z.record(z.string(), z.string()).parse(JSON.parse(env["PULUMI_CONFIG"] || "{}"));
  return {
    profile: parseProfile(config["policy:profile"]),
    freePlan: parseFreePlan(config["policy:freePlan"]),
    stack: env["PULUMI_STACK"],
    exemptions: readExemptions(env["POLICY_EXEMPTIONS"] ?? config["policy:exemptions"], dirname(packRoot)),
  };
}

function readExemptions(named: string | undefined, home: string): PackEnvironment["exemptions"] {
  if (named !== undefined) {
    const file = resolve(home, named);
    if (!existsSync(file)) {
      throw new PackError(`The exemptions file ${file} does not exist. Correct policy:exemptions, or remove it.`);
    }
    return { file, text: readFileSync(file, "utf8") };
  }
  const file = ["yaml", "yml", "json"].map((ending) => join(home, `policy-exemptions.${ending}`)).find(existsSync);
  return file === undefined ? undefined : { file, text: readFileSync(file, "utf8") };
}
