import { CommandError, ConcurrentUpdateError, type EngineEvent, type PolicyEvent } from "@pulumi/pulumi/automation";
import { EXIT, Interrupted, PolicyRefusal } from "./exit";
import { UserError } from "./user-error";

/** What every engine operation takes from us: where its output goes, its events, and how it is stopped. */
export interface OperationCallbacks {
  onOutput: (text: string) => void;
  onError: (text: string) => void;
  onEvent: (event: EngineEvent) => void;
  signal: AbortSignal;
  color: "always" | "never";
}

export interface OperationOptions {
  /** Where the engine's progress is shown. Default standard output. */
  progress?: NodeJS.WriteStream;
}

/**
 * Run one engine operation: show its output, gather what the policies said, let Ctrl-C end it in order, and turn its
 * failure into an error with the right exit status.
 *
 * @throws PolicyRefusal when a mandatory policy was violated, Interrupted after Ctrl-C, UserError when it failed otherwise
 */
export async function runOperation<T>(
  what: string,
  operation: (callbacks: OperationCallbacks) => Promise<T>,
  options: OperationOptions = {},
): Promise<T> {
  const progress = options.progress ?? process.stdout;
  const refusals: PolicyEvent[] = [];
  const stop = new AbortController();
  let interrupted = false;

  const onSignal = (signal: NodeJS.Signals) => {
    const again = interrupted;
    interrupted = true;
    if (!again) console.error(`\nllm: stopping the ${what}; what has been made so far is recorded.`);
    // A terminal sends Ctrl-C to the engine as well, and a second one would end it at once, with work unrecorded.
    if (signal === "SIGTERM" || !process.stdin.isTTY) stop.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    return await operation({
      onOutput: (text) => progress.write(text),
      onError: (text) => process.stderr.write(text),
      onEvent: ({ policyEvent }) => {
        if (policyEvent?.enforcementLevel === "mandatory") refusals.push(policyEvent);
      },
      signal: stop.signal,
      color: progress.isTTY ? "always" : "never",
    });
  } catch (error) {
    if (interrupted) {
      throw new Interrupted(
        `The ${what} was stopped.`,
        "Run the same command again: it goes on from what was recorded.",
      );
    }
    if (refusals.length > 0) throw refusal(what, refusals);
    if (error instanceof ConcurrentUpdateError) throw error;
    if (error instanceof CommandError) {
      throw new UserError(`The ${what} failed; the engine's message is above.`, undefined, { cause: error });
    }
    throw error;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

function refusal(what: string, events: PolicyEvent[]): PolicyRefusal {
  const list = events.map((event) => {
    const message = event.message.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
    return `  ${resourceOf(event.resourceUrn)}: ${event.policyName}\n    ${message.replaceAll("\n", "\n    ")}`;
  });
  const count = events.length === 1 ? "1 mandatory policy violation" : `${events.length} mandatory policy violations`;
  return new PolicyRefusal(
    `The ${what} was refused: ${count}.\n${list.join("\n")}`,
    `Mend what the messages name, or record an exemption (docs/policies.md). Exit status ${EXIT.policy}.`,
  );
}

/** `aws:s3/bucket:Bucket "models"` of a URN; a violation of the stack as a whole names no resource. */
function resourceOf(urn: string | undefined): string {
  const parts = urn?.split("::");
  if (!parts || parts.length < 4) return "stack";
  return `${parts[2]?.split("$").at(-1)} "${parts.slice(3).join("::")}"`;
}
