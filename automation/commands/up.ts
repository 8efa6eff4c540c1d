import type { OutputMap } from "@pulumi/pulumi/automation";
import { sleepRecordOf } from "../environments/sleep-record";
import { Interrupted, UsageError } from "../lib/exit";
import { FindingsPresenter } from "../lib/findings/presenter";
import { runOperation } from "../lib/operation";
import { guardPlace, openSession, withStackLock } from "../lib/session";
import { systemOfOutput } from "../lib/system-names";
import { confirm, secondsSince } from "../lib/terminal";
import { twinIn } from "./new";
import { printOutputs } from "./outputs";
import { type PreviewFlags, previewSession } from "./preview";

export interface UpFlags extends PreviewFlags {
  yes?: boolean;
  /** Another region: the stack's twin there, with a settings file of its own. */
  region?: string;
}

/** `./llm up`: preview with policies, ask, update, print the outputs. */
export async function up(named: string, flags: UpFlags): Promise<void> {
  const start = performance.now();
  const stackName = flags.region === undefined ? named : twinIn(named, flags.region);
  const findings = new FindingsPresenter(stackName, flags);
  const session = await openSession(stackName, flags);
  await guardPlace(session);
  const asleep = await sleepRecordOf(session);
  const leftOut = flags.systems ? systemsBeside(flags.systems, await session.stack.outputs()) : [];
  if (leftOut.length > 0 && flags.yes) {
    throw new UsageError(
      `--systems leaves out ${leftOut.join(", ")}, which stack ${stackName} has: the update would destroy it.`,
      `Name it too (--systems ${[...(flags.systems ?? []), ...leftOut].join(",")}), or leave out --yes to be asked.`,
    );
  }
  const { changes } = await previewSession(session, process.stdout, findings, flags.refresh);
  const pending = Object.entries(changes).some(([operation, count]) => operation !== "same" && count);
  const question = [
    ...leftOut.map((system) => `This destroys ${system}, which --systems leaves out.`),
    `Update stack ${stackName}${flags.local ? " on this machine" : " on AWS"}?`,
  ];
  if (pending && !flags.yes && !(await confirm(question.join("\n")))) {
    throw new Interrupted("Nothing was changed.");
  }
  const { stack, policyPacks, configFile } = session;
  const { refresh = false } = flags;
  // Also without changes to resources: outputs may differ, and an interrupted run may have left operations to settle.
  const result = await withStackLock(session, () =>
    runOperation(
      "update",
      (callbacks) => stack.up({ ...callbacks, policyPacks, configFile, refresh, suppressOutputs: true }),
      { findings },
    ),
  );
  printOutputs(session, result.outputs);
  if (asleep) {
    console.log(
      `\nStack ${stackName} sleeps since ${asleep.since}: ./llm wake ${stackName}${flags.local ? " --local" : ""}`,
    );
  }
  console.log(`\nStack ${stackName} is up${flags.local ? " on this machine" : ""} after ${secondsSince(start)}.`);
}

/** Systems that a stack has and `chosen` does not name, by the stack's outputs, which have a key for each. */
function systemsBeside(chosen: readonly string[], outputs: OutputMap): string[] {
  return Object.keys(outputs)
    .map(systemOfOutput)
    .filter((system) => !chosen.includes(system));
}
