import { CommandError, ConcurrentUpdateError, type EngineEvent, type PolicyEvent } from "@pulumi/pulumi/automation";
import { EXIT, Interrupted, PolicyRefusal } from "./exit";
import { WithoutPolicyBlock } from "./findings/engine-block";
import { plainMessage } from "./findings/message";
import type { FindingsPresenter } from "./findings/presenter";
import { PolicyLog } from "./findings/report";
import { resourceOf } from "./findings/urn";
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
  /** Shows what the policies said, in place of the engine's own list. Default: the engine's list stays. */
  findings?: FindingsPresenter;
  /** Hears every event of the engine too. */
  listen?: (event: EngineEvent) => void;
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
  const policies = new PolicyLog();
  const show = (text: string) => progress.write(text);
  const engineOutput = options.findings ? new WithoutPolicyBlock(show) : { push: show, end: () => undefined };
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
  const outcome = await operation({
    onOutput: (text) => engineOutput.push(text),
    onError: (text) => process.stderr.write(text),
    onEvent: (event) => {
      policies.record(event);
      options.listen?.(event);
      if (event.policyEvent?.enforcementLevel === "mandatory") refusals.push(event.policyEvent);
    },
    signal: stop.signal,
    color: progress.isTTY ? "always" : "never",
  })
    .then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
    .finally(() => process.off("SIGINT", onSignal).off("SIGTERM", onSignal));
  engineOutput.end();

  const refused = "error" in outcome && !interrupted && refusals.length > 0;
  if (options.findings && !policies.isEmpty) options.findings.present(policies.report(), progress, refused);
  if ("result" in outcome) return outcome.result;
  if (interrupted) {
    throw new Interrupted(`The ${what} was stopped.`, "Run the same command again: it goes on from what was recorded.");
  }
  if (refused) throw refusal(what, refusals);
  if (outcome.error instanceof ConcurrentUpdateError) throw outcome.error;
  if (outcome.error instanceof CommandError) {
    throw new UserError(`The ${what} failed; the engine's message is above.`, undefined, { cause: outcome.error });
  }
  throw outcome.error;
}

function refusal(what: string, events: PolicyEvent[]): PolicyRefusal {
  const list = events.map(({ resourceUrn, policyName, message }) => {
    return `  ${resourceOf(resourceUrn)}: ${policyName}\n    ${plainMessage(message).replaceAll("\n", "\n    ")}`;
  });
  const count = events.length === 1 ? "1 mandatory policy violation" : `${events.length} mandatory policy violations`;
  return new PolicyRefusal(
    `The ${what} was refused: ${count}.\n${list.join("\n")}`,
    `Mend what the messages name, or record an exemption (docs/policies.md). Exit status ${EXIT.policy}.`,
  );
}
