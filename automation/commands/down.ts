import { setTimeout as pause } from "node:timers/promises";
import { currentBackups } from "../backup/sets";
import { forgetSleep } from "../environments/sleep-record";
import { EXIT } from "../lib/exit";
import { leftovers } from "../lib/leftovers";
import { runOperation } from "../lib/operation";
import { guardPlace, openSession, resourcesOf, type Session, withStackLock } from "../lib/session";
import { ask, secondsSince } from "../lib/terminal";
import { agree, protectedIn } from "../teardown/agreement";
import { type Found, howToDelete } from "../teardown/found";
import { dollarsPerDay, totalOf, usdPerDay } from "../teardown/prices";
import { destroyWithRetries } from "../teardown/stuck";

export interface DownFlags {
  local?: boolean;
  yes?: boolean;
  /** The stack's name: what production asks for. */
  confirm?: string;
}

/** `./llm down`: destroy the stack, then look for what is left of it; leftovers are a failure, what is kept on purpose is named. */
export async function down(stackName: string, flags: DownFlags): Promise<void> {
  const start = performance.now();
  const session = await openSession(stackName, flags);
  const { stack, settings } = session;
  await guardPlace(session);
  await agree(
    {
      stackName,
      production: settings.config?.["llm-stacks:environment"] === "prod",
      where: session.emulator ? "on this machine" : "on AWS",
      yes: flags.yes ?? false,
      confirmed: flags.confirm,
      protectedResources: protectedIn(await resourcesOf(stack)),
    },
    ask,
  );
  await destroyWithRetries(
    (record) =>
      withStackLock(session, async () => {
        await runOperation("destroy", (callbacks) =>
          stack.destroy({
            ...callbacks,
            onEvent: (event) => {
              callbacks.onEvent(event);
              record(event);
            },
          }),
        );
      }),
    { sleep: (seconds) => pause(seconds * 1000), log: (line) => console.error(line) },
  );
  await forgetSleep(session);
  await report(session, start);
}

async function report(session: Session, start: number): Promise<void> {
  const { stackName, stack } = session;
  const { left, retained } = await leftovers(session);
  const kept = [...retained, ...(await currentBackups(session))];
  if (kept.length > 0) {
    console.log(`\nKept on purpose:`);
    for (const found of kept) tell(found, (line) => console.log(line));
  }
  if (left.length > 0) {
    const { usd, unknown } = totalOf(left);
    console.error(`\n${left.length} resources of stack ${stackName} are left:`);
    for (const found of left) tell(found, (line) => console.error(line));
    console.error(
      `Together ${dollarsPerDay(usd)}${unknown > 0 ? `, and ${unknown} whose cost is not known` : ""} (us-east-1, list prices).`,
    );
    console.error("  -> Run the same command again; what stays has to be deleted by hand.");
    process.exitCode = EXIT.failed;
    return;
  }
  // A local stack is made anew by the next `up`; on AWS the record of past updates is worth keeping.
  if (session.emulator) await stack.workspace.removeStack(stackName);
  console.log(`\nStack ${stackName} is down and nothing is left of it, after ${secondsSince(start)}.`);
}

function tell(found: Found, log: (line: string) => void): void {
  const { kind, id, retained } = found;
  const cost = retained === "deleted by AWS" ? retained : dollarsPerDay(usdPerDay(found));
  log(`  ${kind} ${id}: ${cost}\n    -> ${howToDelete(found)}`);
}
