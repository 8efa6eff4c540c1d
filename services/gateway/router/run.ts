import { type AttemptReport, GatewayError, ProviderError, type SkipReason } from "../errors";
import type { Plan } from "./plan";
import { reasons } from "./plan";
import type { Target } from "./providers";
import { decide } from "./rules";

/** Stands between a request and a target. */
export interface Circuit {
  /**
   * Runs the call and counts how it went.
   *
   * @throws Skipped without running it when the circuit is open, or when another request probes it
   */
  run<T>(call: () => Promise<T>): Promise<T>;
}

/** A target was not asked after all. */
export class Skipped extends Error {
  override readonly name = "Skipped";

  constructor(readonly reason: SkipReason) {
    super(reasons[reason]);
  }
}

export interface RunDeps<T> {
  circuit(target: Target): Circuit;
  /**
   * Asks one target.
   *
   * @throws Skipped when it must not be asked, or ProviderError; with `committed` when part of the answer has gone out to the caller
   */
  attempt(target: Target): Promise<T>;
  /** Waits before a retry; ends early, with false, when the caller leaves. */
  sleep(ms: number): Promise<boolean>;
  now(): number;
  /** Hears of each failed attempt. */
  failed?(target: Target, failure: ProviderError): void;
}

/**
 * Asks the targets of a plan in turn until one answers, by the rules for each kind of failure.
 *
 * @param deadline by the clock of `deps.now`
 * @throws GatewayError that names every provider tried and why each did not answer, or passes a provider's refusal of the request on
 */
export async function run<T>({ targets, skipped }: Plan, deadline: number, deps: RunDeps<T>): Promise<T> {
  const reports: AttemptReport[] = [];
  for (let index = 0; index < targets.length; index++) {
    const target = targets[index];
    if (target === undefined) break;
    for (let tries = 1; ; tries++) {
      let failure: ProviderError;
      try {
        return await deps.circuit(target).run(() => deps.attempt(target));
      } catch (error) {
        if (error instanceof Skipped) {
          reports.push({ provider: target.id, kind: error.reason, message: error.message });
          break;
        }
        if (!(error instanceof ProviderError)) throw error;
        failure = error;
      }
      reports.push(report(target, failure));
      deps.failed?.(target, failure);
      const decision = decide(failure, tries, deadline - deps.now());
      if (decision.do === "next") break;
      if (decision.do === "give-up") {
        throw giveUp(target, failure, reports, [...unasked(targets, index), ...skipped]);
      }
      if (decision.delayMs > 0 && !(await deps.sleep(decision.delayMs))) {
        throw giveUp(target, new ProviderError("cancelled", "the caller left"), reports, []);
      }
    }
  }
  throw allFailed(reports, skipped);
}

function report({ id }: Target, { kind, message, details: { status } }: ProviderError): AttemptReport {
  return { provider: id, kind, ...(status === undefined ? {} : { status }), message };
}

function unasked(targets: readonly Target[], last: number): AttemptReport[] {
  return targets.slice(last + 1).map(({ id }) => ({ provider: id, kind: "not_asked", message: reasons.not_asked }));
}

/** The error of a request that nobody else may answer, or could. */
function giveUp(
  target: Target,
  failure: ProviderError,
  tried: readonly AttemptReport[],
  others: readonly AttemptReport[],
): GatewayError {
  const { kind, message, details } = failure;
  if (details.committed && kind !== "cancelled") {
    const text = `The answer broke off: ${target.id}: ${message}`;
    return new GatewayError("stream_interrupted", text, { attempts: tried, cause: failure });
  }
  switch (kind) {
    case "cancelled":
      return new GatewayError("client_closed", "The caller left.", { attempts: tried, cause: failure });
    case "bad_request": {
      const passOn = details.body && details.status ? { status: details.status, body: details.body } : undefined;
      return new GatewayError("invalid_request", message, { passOn, attempts: tried, cause: failure });
    }
    default: {
      const attempts = [...tried, ...others];
      return new GatewayError("timeout", `The request's time is up. ${told(attempts)}`, { attempts, cause: failure });
    }
  }
}

function allFailed(reports: readonly AttemptReport[], skipped: readonly AttemptReport[]): GatewayError {
  const attempts = [...reports, ...skipped];
  const asked = reports.filter(({ kind }) => !(kind in reasons));
  if (asked.length === 0) {
    return new GatewayError("no_provider", `No provider may answer this request now. ${told(attempts)}`, {
      attempts,
      retryAfterSeconds: 5,
    });
  }
  return new GatewayError("all_providers_failed", `No provider could answer. ${told(attempts)}`, { attempts });
}

function told(attempts: readonly AttemptReport[]): string {
  return attempts.map(({ provider, message }) => `${provider}: ${message}`).join("; ");
}
