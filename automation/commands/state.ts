import { Interrupted } from "../lib/exit";
import { runOperation } from "../lib/operation";
import { openSession, regionOf, type Session } from "../lib/session";
import { confirm } from "../lib/terminal";
import { UserError } from "../lib/user-error";
import { type Deployment, objectionsTo, pendingOperations, resources, unwrap, wrap } from "../state/envelope";
import { type Place, placeOf, read, write } from "../state/place";

export interface BackupFlags {
  local?: boolean;
  to?: string;
}

export interface RestoreFlags {
  local?: boolean;
  force?: boolean;
  yes?: boolean;
}

/** `./llm state backup`: a copy of the stack's state, with what it will be checked by. Secrets in it stay encrypted. */
export async function backupState(stackName: string, flags: BackupFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  const state = await exported(session);
  const place = placeOf(flags.to, session.emulator ? undefined : process.env["PULUMI_BACKEND_URL"]);
  const written = await save(session, state, place);
  const pending = pendingOperations(state);
  if (pending.length > 0) {
    console.error(
      `The state says that operations were under way: ${pending.join(", ")}. ./llm up ${stackName} settles them.`,
    );
  }
  console.log(`${resources(state).length} resources of stack ${stackName}: ${written}`);
}

/** `./llm state restore`: a copy in the place of the state. What was there is copied first, and nothing of AWS changes. */
export async function restoreState(stackName: string, file: string, flags: RestoreFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  const backup = unwrap(await read(file, regionOf(session.settings)), file);
  const current = await exported(session);
  const { wrong, doubtful } = objectionsTo(backup, current, await projectOf(session), stackName);
  if (wrong.length > 0)
    throw new UserError(`${file} can't be restored: ${wrong.join("; ")}.`, "Take a copy of this stack.");
  if (doubtful.length > 0 && !flags.force) {
    throw new UserError(
      `${file} should not be restored: ${doubtful.join("; ")}.`,
      "If that is what you want, add --force; the present state is copied first either way.",
    );
  }
  for (const doubt of doubtful) console.error(`Forced: ${doubt}.`);
  const question = `Put the state of ${backup.takenAt} in the place of that of stack ${stackName}?`;
  if (!flags.yes && !(await confirm(question))) throw new Interrupted("Nothing was changed.");

  const kept = await save(session, current, placeOf(undefined, undefined));
  console.log(`The state as it was: ${kept}`);
  await runOperation("restore", () => session.stack.importStack({ ...backup.state }));
  const found = resources(await exported(session));
  if (JSON.stringify(found) !== JSON.stringify(resources(backup.state))) {
    throw new UserError(
      "The restored state is not the one of the copy.",
      `Put back what was there: ./llm state restore ${stackName} ${kept}`,
    );
  }
  console.log(`${found.length} resources of stack ${stackName} are back as of ${backup.takenAt}.`);
  console.log(`See where AWS differs from it: ./llm preview ${stackName}${flags.local ? " --local" : ""}`);
}

async function exported({ stack }: Session): Promise<Deployment> {
  const { version, deployment } = await stack.exportStack();
  return { version, deployment: deployment ?? {} };
}

async function projectOf({ stack }: Session): Promise<string> {
  return (await stack.workspace.projectSettings()).name;
}

async function save(session: Session, state: Deployment, place: Place): Promise<string> {
  const project = await projectOf(session);
  const now = new Date().toISOString();
  const backup = wrap(project, session.stackName, state, now);
  const name = `${project}/${session.stackName}/${now.replaceAll(":", "-")}.json`;
  return write(place, name, `${JSON.stringify(backup)}\n`, regionOf(session.settings));
}
