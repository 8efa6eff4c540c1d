import { execFileSync } from "node:child_process";
import awsSdk from "@pulumi/aws/package.json";
import { emulatorStatus } from "../../local/emulator";
import { repoRoot } from "../lib/paths";
import type { Session } from "../lib/session";
import { UserError } from "../lib/user-error";

/**
 * The commit of this checkout, with `-dirty` where files differ from it.
 * @throws UserError where there is none to read
 */
export function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty", "--abbrev=12"], {
      cwd: repoRoot,
      encoding: "utf8",
    }).trim();
  } catch (cause) {
    throw new UserError(
      "The commit of this checkout can't be read, and evidence without one proves nothing.",
      "Run from a git checkout, with git installed.",
      { cause },
    );
  }
}

/** Of what a stack is made and run with. */
export async function versionsOf({ engine, emulator }: Session): Promise<Record<string, string>> {
  return {
    pulumi: engine.version,
    aws: awsSdk.version,
    node: process.versions.node,
    ...(emulator && { emulator: `ministack ${(await emulatorStatus()).version}` }),
  };
}
