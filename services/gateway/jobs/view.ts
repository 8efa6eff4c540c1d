import type { Job } from "./store";

/** A job as its caller sees it. Times are Unix seconds, as everywhere in OpenAI's API. */
export interface JobView {
  readonly id: string;
  readonly object: "job";
  readonly status: Job["state"];
  readonly attempts: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly provider: string | null;
  /** The completion, once it succeeded. */
  readonly response: object | null;
  /** Of OpenAI's form, once it failed. */
  readonly error: object | null;
}

export function jobView({ id, state, attempts, provider, result, error, ...times }: Job): JobView {
  const seconds = (date: Date | null) => (date === null ? null : Math.floor(date.getTime() / 1000));
  return {
    id,
    object: "job",
    status: state,
    attempts,
    created_at: seconds(times.createdAt) ?? 0,
    started_at: seconds(times.startedAt),
    finished_at: seconds(times.finishedAt),
    provider,
    response: result,
    error,
  };
}
