import { refuseProduction, sleepStack, wakeStack } from "../environments/sleep";
import { Interrupted } from "../lib/exit";
import { guardPlace, openSession } from "../lib/session";
import { confirm } from "../lib/terminal";
import { UserError } from "../lib/user-error";

export interface SleepFlags {
  local?: boolean;
  yes?: boolean;
}

/** `./llm sleep`: fleets to zero and databases stopped, until `./llm wake`. */
export async function sleep(stackName: string, flags: SleepFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  refuseProduction(session);
  await guardPlace(session);
  if (!flags.yes && !(await confirm(`Take the fleets of stack ${stackName} to zero and stop its databases?`))) {
    throw new Interrupted("Nothing was changed.");
  }
  const { record, done } = await sleepStack(session);
  if (record.groups.length + record.databases.length === 0) {
    throw new UserError(
      `Stack ${stackName} has no fleet and no database that runs.`,
      "What it costs, it costs asleep too: ./llm down",
    );
  }
  for (const what of done) console.log(`  asleep: ${what}`);
  console.log(
    `Stack ${stackName} sleeps since ${record.since}. Load balancers, NAT gateways, addresses, caches and storage go on costing.`,
  );
  if (record.databases.length > 0) console.log("AWS starts a stopped database again after seven days.");
  console.log(`  -> ./llm wake ${stackName}${flags.local ? " --local" : ""}`);
}

/** `./llm wake`: fleets back to their sizes, databases started. */
export async function wake(stackName: string, flags: SleepFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  refuseProduction(session);
  await guardPlace(session);
  const { record, done } = await wakeStack(session);
  for (const what of done) console.log(`  awake: ${what}`);
  console.log(`Stack ${stackName} is awake; it slept since ${record.since}.`);
}
