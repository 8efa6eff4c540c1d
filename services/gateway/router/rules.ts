import type { FailureKind } from "../errors";

/** What comes after a failure. */
export type Decision =
  | { readonly do: "retry"; readonly delayMs: number }
  | { readonly do: "next" }
  /** The failure itself is the answer. */
  | { readonly do: "give-up" };

interface Failure {
  readonly kind: FailureKind;
  readonly details: { readonly retryAfterMs?: number; readonly committed?: boolean };
}

interface Rule {
  /** Tries of the same target after the first. */
  readonly retries: number;
  /** Before the first retry; doubles with each. */
  readonly delayMs: number;
  readonly after: "next" | "give-up";
  readonly why: string;
}

/** Longest Retry-After that is waited for rather than asking somebody else. */
export const PATIENCE_MS = 2_000;

/** One rule per kind of failure. */
export const RULES: Readonly<Record<FailureKind, Rule>> = {
  connect: { retries: 0, delayMs: 0, after: "next", why: "nobody listens there now" },
  reset: {
    retries: 1,
    delayMs: 0,
    after: "next",
    why: "an idle connection may have been closed just as it was used again",
  },
  timeout: { retries: 0, delayMs: 0, after: "next", why: "it would take as long again" },
  rate_limited: { retries: 1, delayMs: 250, after: "next", why: "waits as long as asked, if that is short" },
  overloaded: { retries: 0, delayMs: 0, after: "next", why: "another request only adds to the load" },
  server_error: { retries: 1, delayMs: 100, after: "next", why: "may be a passing failure" },
  unauthorized: { retries: 0, delayMs: 0, after: "next", why: "the gateway's own key is wrong, not the caller's" },
  model_not_found: { retries: 0, delayMs: 0, after: "next", why: "another provider serves another model" },
  context_length: { retries: 0, delayMs: 0, after: "next", why: "another model may take longer prompts" },
  malformed: { retries: 0, delayMs: 0, after: "next", why: "what stands there does not speak the API" },
  bad_request: { retries: 0, delayMs: 0, after: "give-up", why: "nobody could answer it: the caller has to change it" },
  cancelled: { retries: 0, delayMs: 0, after: "give-up", why: "nobody waits for the answer" },
  deadline: { retries: 0, delayMs: 0, after: "give-up", why: "the request's time is up" },
};

/**
 * What to do after a failure.
 *
 * @param tries of this target so far, this one among them; at least 1
 * @param remainingMs of the request's time
 */
export function decide(failure: Failure, tries: number, remainingMs: number): Decision {
  // A second answer would be glued to the beginning of the first.
  if (failure.details.committed) return { do: "give-up" };
  const { retries, delayMs, after } = RULES[failure.kind];
  if (after === "give-up") return { do: "give-up" };
  if (remainingMs <= 0) return { do: "give-up" };
  if (tries > retries) return { do: after };
  const wait = failure.details.retryAfterMs ?? delayMs * 2 ** (tries - 1);
  return wait <= PATIENCE_MS && wait < remainingMs ? { do: "retry", delayMs: wait } : { do: after };
}
