import { environments } from "../../components/lib/context";
import { systems } from "../../stacks/systems";
import { instructions } from "../bootstrap/instructions";
import type { BootstrapOutputs } from "../bootstrap/program";
import { type BootstrapSession, foreignStates, moveState, openBootstrap } from "../bootstrap/run";
import { parseRepository } from "../bootstrap/trust";
import { Interrupted, UsageError } from "../lib/exit";
import { FindingsPresenter } from "../lib/findings/presenter";
import { runOperation } from "../lib/operation";
import { readSettings } from "../lib/project";
import { regionOf } from "../lib/session";
import { ask, confirm, secondsSince } from "../lib/terminal";
import { UserError } from "../lib/user-error";

export interface BootstrapFlags {
  repository?: string;
  region?: string;
  local?: boolean;
  yes?: boolean;
  destroy?: boolean;
}

/** `./llm bootstrap`: what an environment needs in an account before its first stack: state bucket, key, roles for CI. */
export async function bootstrap(name: string, flags: BootstrapFlags): Promise<void> {
  const start = performance.now();
  const environment = environments.find((each) => each === name);
  if (!environment)
    throw new UsageError(`There is no environment "${name}".`, `Environments: ${environments.join(", ")}.`);
  if (!flags.repository) {
    throw new UsageError(
      "Whose jobs may deploy is not said.",
      "Name the repository on GitHub: --repository owner/name",
    );
  }
  const session = await openBootstrap({
    environment,
    region: flags.region ?? regionOf(readSettings(environment)),
    repository: parseRepository(flags.repository),
    systems: Object.keys(systems),
    local: flags.local ?? false,
    destroy: flags.destroy ?? false,
  });
  if (flags.destroy) await remove(session, flags);
  else await make(session, flags);
  console.log(`\nBootstrap of ${environment} is ${flags.destroy ? "removed" : "done"} after ${secondsSince(start)}.`);
}

async function make(session: BootstrapSession, flags: BootstrapFlags): Promise<void> {
  const { options, stack, policyPacks } = session;
  const findings = new FindingsPresenter(options.environment);
  const { changeSummary } = await runOperation("preview", (callbacks) => stack.preview({ ...callbacks, policyPacks }), {
    findings,
  });
  const pending = Object.entries(changeSummary).some(([operation, count]) => operation !== "same" && count);
  const question = `Make this in account ${options.accountId}, region ${options.region}${flags.local ? ", on this machine" : " of AWS"}?`;
  if (pending && !flags.yes && !(await confirm(question))) throw new Interrupted("Nothing was changed.");
  const { outputs } = await runOperation(
    "update",
    (callbacks) => stack.up({ ...callbacks, policyPacks, suppressOutputs: true }),
    {
      findings,
    },
  );
  if (session.stateIn === "file") {
    await moveState(stack, await session.open("bucket"));
    session.forgetFile();
    console.log(`\nThe state of bootstrap is now in the bucket ${session.bucket}.`);
  }
  const plain = Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, String(value)]));
  const { environment, region, repository } = options;
  const text = {
    environment,
    region,
    repository,
    backendUrl: session.backendUrl,
    outputs: plain as unknown as BootstrapOutputs,
  };
  for (const line of instructions(text)) console.log(line);
}

async function remove(session: BootstrapSession, flags: BootstrapFlags): Promise<void> {
  const { options, bucket } = session;
  const states = session.stateIn === "bucket" ? await foreignStates(bucket, options.region, flags.local ?? false) : [];
  if (states.length > 0) {
    throw new UserError(
      `The bucket ${bucket} holds the state of ${states.length === 1 ? "a stack" : `${states.length} stacks`}:\n  ${states.join("\n  ")}`,
      "Destroy each (./llm down <stack>), then remove its state (pulumi stack rm <stack>), and run this again.",
    );
  }
  await agree(session, flags);
  // The bucket goes with all versions in it: so its own state moves out first.
  const stack = await session.open("file");
  if (session.stateIn === "bucket") await moveState(session.stack, stack);
  // Lifts the protection, and lets the bucket be emptied.
  await runOperation("update", (callbacks) => stack.up({ ...callbacks, suppressOutputs: true }));
  await runOperation("destroy", (callbacks) => stack.destroy(callbacks));
  session.forgetFile();
}

async function agree({ options, bucket }: BootstrapSession, flags: BootstrapFlags): Promise<void> {
  const what = `This destroys the state bucket ${bucket} with all versions in it, its key and the roles of CI.`;
  if (!flags.local) {
    const answer = await ask(
      `${what} Type ${options.environment} to go on: `,
      "Destroying the states of an environment takes a person who types its name on a terminal; --yes does not replace that.",
    );
    if (answer !== options.environment)
      throw new UserError(`"${answer}" is not "${options.environment}". Nothing was changed.`);
  } else if (!flags.yes && !(await confirm(`${what} Go on?`))) {
    throw new Interrupted("Nothing was changed.");
  }
}
