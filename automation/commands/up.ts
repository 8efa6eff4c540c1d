import { Interrupted } from "../lib/exit";
import { FindingsPresenter } from "../lib/findings/presenter";
import { runOperation } from "../lib/operation";
import { openSession, withStackLock } from "../lib/session";
import { confirm, secondsSince } from "../lib/terminal";
import { printOutputs } from "./outputs";
import { type PreviewFlags, previewSession } from "./preview";

export interface UpFlags extends PreviewFlags {
  yes?: boolean;
}

/** `./llm up`: preview with policies, ask, update, print the outputs. */
export async function up(stackName: string, flags: UpFlags): Promise<void> {
  const start = performance.now();
  const findings = new FindingsPresenter(stackName, flags);
  const session = await openSession(stackName, flags);
  const changes = await previewSession(session, process.stdout, findings);
  const pending = Object.entries(changes).some(([operation, count]) => operation !== "same" && count);
  if (
    pending &&
    !flags.yes &&
    !(await confirm(`Update stack ${stackName}${flags.local ? " on this machine" : " on AWS"}?`))
  ) {
    throw new Interrupted("Nothing was changed.");
  }
  const { stack, policyPacks, configFile } = session;
  // Also without changes to resources: outputs may differ, and an interrupted run may have left operations to settle.
  const result = await withStackLock(session, () =>
    runOperation("update", (callbacks) => stack.up({ ...callbacks, policyPacks, configFile, suppressOutputs: true }), {
      findings,
    }),
  );
  printOutputs(session, result.outputs);
  console.log(`\nStack ${stackName} is up${flags.local ? " on this machine" : ""} after ${secondsSince(start)}.`);
}
