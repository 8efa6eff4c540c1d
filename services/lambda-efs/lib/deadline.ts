import type { Context } from "aws-lambda";

/** What the handlers use of Lambda's context. */
export type Invocation = Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">;

/** Enough to remove a partial file, log and answer. */
const MARGIN_MS = 3_000;

/** Fires shortly before Lambda would kill the run, so that it can still clean up and say what happened. */
export function deadline(invocation: Invocation): AbortSignal {
  return AbortSignal.timeout(Math.max(0, Math.floor(invocation.getRemainingTimeInMillis()) - MARGIN_MS));
}
