import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { awsEnv } from "../../local/aws-env";
import { ensureEmulator } from "../../local/emulator";
import { askCaller } from "../environments/place";
import { withPrerequisites } from "../environments/prerequisites";
import { EXIT, reportError } from "../lib/exit";
import { repoRoot } from "../lib/paths";
import { knownStacks, readSettings } from "../lib/project";
import { type ExpiringStack, expiringStacks, tagsWithExpiry } from "../teardown/reap";
import { down } from "./down";

export interface ReapFlags {
  local?: boolean;
  yes?: boolean;
}

/** `./llm reap`: takes stacks down whose time to live is over. Those without a settings file here are named, and are a failure. */
export async function reap(flags: ReapFlags): Promise<void> {
  if (flags.local) {
    const emulator = await ensureEmulator((line) => console.error(line));
    Object.assign(process.env, awsEnv(emulator.endpoint));
  }
  const stacks = await findExpiring(flags.local ?? false);
  for (const stack of stacks) console.log(describe(stack));
  const expired = stacks.filter(({ expired: isExpired }) => isExpired);
  if (expired.length === 0) {
    console.log("No stack has outlived its time.");
    return;
  }
  for (const { name } of expired) {
    if (!knownStacks().includes(name)) {
      console.error(
        `Stack ${name} has no settings file here, so it can't be opened.\n  -> Run this where it has one, or: pulumi destroy --stack ${name}`,
      );
      process.exitCode = EXIT.failed;
      continue;
    }
    try {
      await down(name, flags);
    } catch (error) {
      // One that can't be taken down does not keep the others.
      reportError(error);
      process.exitCode = EXIT.failed;
    }
  }
}

async function findExpiring(local: boolean): Promise<ExpiringStack[]> {
  const project = (parse(readFileSync(join(repoRoot, "Pulumi.yaml"), "utf8")) as { name: string }).name;
  const regions = new Set(
    knownStacks().map((stack) => String(readSettings(stack).config?.["aws:region"] ?? "us-east-1")),
  );
  const search = async () => {
    const lists = await Promise.all([...regions].map((region) => tagsWithExpiry(project, region)));
    return expiringStacks(lists.flat(), project, Date.now());
  };
  if (local) return search();
  const credentials = {
    what: "AWS credentials",
    check: async () => {
      const { accountId, arn } = await askCaller([...regions][0] ?? "us-east-1");
      console.error(`Account ${accountId} (${arn}), ${[...regions].join(", ")}`);
      return undefined;
    },
    remedy: "Sign in (aws sso login, or AWS_PROFILE=<profile>); aws sts get-caller-identity must answer.",
  };
  return withPrerequisites([credentials], search, "anything was searched");
}

function describe({ name, environment, expiresOn, resources, expired }: ExpiringStack): string {
  return `Stack ${name} (${environment}, ${resources} resources) ${expired ? "expired" : "expires"} on ${expiresOn}`;
}
