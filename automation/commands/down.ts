import { EXIT, Interrupted } from "../lib/exit";
import { leftovers } from "../lib/leftovers";
import { runOperation } from "../lib/operation";
import { openSession, type Session, withStackLock } from "../lib/session";
import { ask, confirm, secondsSince } from "../lib/terminal";
import { UserError } from "../lib/user-error";

export interface DownFlags {
  local?: boolean;
  yes?: boolean;
}

/** `./llm down`: destroy the stack, then look for what is left of it; leftovers are a failure. */
export async function down(stackName: string, flags: DownFlags): Promise<void> {
  const start = performance.now();
  const session = await openSession(stackName, flags);
  await agree(session, flags);
  const { stack } = session;
  await withStackLock(session, () => runOperation("destroy", (callbacks) => stack.destroy(callbacks)));

  const left = await leftovers(session);
  if (left.length > 0) {
    console.error(`\n${left.length} resources of stack ${stackName} are left:`);
    for (const arn of left) console.error(`  ${arn}`);
    console.error(
      "  -> Run the same command again; what stays has to be deleted by hand, and may cost money until then.",
    );
    process.exitCode = EXIT.failed;
    return;
  }
  // A local stack is made anew by the next `up`; on AWS the record of past updates is worth keeping.
  if (session.emulator) await stack.workspace.removeStack(stackName);
  console.log(`\nStack ${stackName} is down and nothing is left of it, after ${secondsSince(start)}.`);
}

async function agree(session: Session, flags: DownFlags): Promise<void> {
  const { stackName, settings } = session;
  if (settings.config?.["llm-stacks:environment"] === "prod" && !session.emulator) {
    const answer = await ask(
      `This destroys PRODUCTION stack ${stackName} on AWS. Type its name to go on: `,
      "Destroying a production stack takes a person who types its name on a terminal; --yes does not replace that.",
    );
    if (answer !== stackName) throw new UserError(`"${answer}" is not "${stackName}". Nothing was changed.`);
  } else if (
    !flags.yes &&
    !(await confirm(`Destroy stack ${stackName}${flags.local ? " on this machine" : " on AWS"}?`))
  ) {
    throw new Interrupted("Nothing was changed.");
  }
}
