import { type Command, CommanderError } from "commander";
import { UserError } from "./user-error";

/** Exit statuses of the command line; scripts rely on them. */
export const EXIT = {
  ok: 0,
  /** Something went wrong, or a check did not hold. */
  failed: 1,
  /** The command was called wrongly. */
  usage: 2,
  /** A mandatory policy refused the change, or it is over its budget. */
  policy: 3,
  /** Stopped by Ctrl-C (128 + SIGINT). */
  interrupted: 130,
} as const;

export class UsageError extends UserError {
  readonly exitCode = EXIT.usage;
}

export class PolicyRefusal extends UserError {
  readonly exitCode = EXIT.policy;
}

/** What was asked for costs more than it may. */
export class OverBudget extends UserError {
  readonly exitCode = EXIT.policy;
}

export class Interrupted extends UserError {
  readonly exitCode = EXIT.interrupted;
}

/** The status a process that failed with this error ends with: never 0, but for a request for help. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const own = [UsageError, PolicyRefusal, OverBudget, Interrupted].some((kind) => error instanceof kind);
  if (own) return (error as UsageError | PolicyRefusal | OverBudget | Interrupted).exitCode;
  return EXIT.failed;
}

/** Runs a command line; the process then ends with the status that fits. */
export async function runToEnd(program: Command): Promise<void> {
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    // Commander has printed its own message already.
    if (!(error instanceof CommanderError)) reportError(error);
    process.exitCode = exitCodeOf(error);
  }
}

/** Print what the user can act on; anything else is a bug of ours and comes with its stack. */
export function reportError(error: unknown): void {
  if (error instanceof UserError) {
    console.error(`llm: ${error.message}`);
    if (error.hint) console.error(`  -> ${error.hint}`);
    return;
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
