import type { RecordedResource } from "../environments/place";
import { Interrupted, UsageError } from "../lib/exit";
import { UserError } from "../lib/user-error";

/** What is known when a stack is to be destroyed. */
export interface Teardown {
  readonly stackName: string;
  readonly production: boolean;
  /** Where it is, such as `on AWS`. */
  readonly where: string;
  /** `--yes`. */
  readonly yes: boolean;
  /** `--confirm <stack>`. */
  readonly confirmed: string | undefined;
  /** What its state marks as protected, as `<type> "<name>"` with its URN. */
  readonly protectedResources: readonly { readonly name: string; readonly urn: string }[];
}

/** Asks the person; throws a UsageError when there is no terminal. */
export type Ask = (question: string, withoutTerminal: string) => Promise<string>;

/** What a state protects. */
export function protectedIn(resources: readonly RecordedResource[]): Teardown["protectedResources"] {
  return resources
    .filter(({ protect }) => protect === true)
    .map(({ type, urn }) => ({ name: `${type} "${urn.split("::").at(-1) ?? ""}"`, urn }));
}

/**
 * Returns when the stack may be destroyed. Production takes its own name, typed or as `--confirm`; `--yes` does not stand for it. Elsewhere yes does.
 *
 * @throws UserError when protected resources stand in the way or the name is wrong, Interrupted when the answer is not yes
 */
export async function agree(teardown: Teardown, ask: Ask): Promise<void> {
  const { stackName, production, where, yes, confirmed, protectedResources } = teardown;
  if (protectedResources.length > 0) {
    const list = protectedResources.map(({ name }) => `  ${name}`).join("\n");
    throw new UserError(
      `Stack ${stackName} has ${protectedResources.length} protected resources and is not destroyed:\n${list}`,
      `Back its data up (./llm backup ${stackName}); then, on purpose: pulumi state unprotect --all --stack ${stackName}`,
    );
  }
  if (confirmed !== undefined && confirmed !== stackName) {
    throw new UsageError(
      `--confirm "${confirmed}" is not "${stackName}". Nothing was changed.`,
      "Give the stack's own name.",
    );
  }
  if (production) {
    const answer =
      confirmed ??
      (await ask(
        `This destroys PRODUCTION stack ${stackName} ${where}. Type its name to go on: `,
        `Destroying a production stack takes its name: --confirm ${stackName}; --yes does not replace that.`,
      ));
    if (answer !== stackName) throw new UserError(`"${answer}" is not "${stackName}". Nothing was changed.`);
    return;
  }
  if (yes || confirmed !== undefined) return;
  const answer = await ask(`Destroy stack ${stackName} ${where}? [y/N] `, "Pass --yes to go on without a question.");
  if (!/^y(es)?$/i.test(answer)) throw new Interrupted("Nothing was changed.");
}
