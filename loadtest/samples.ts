import { z } from "zod";

const milliseconds = z.number().nonnegative();

/** One request, as locustfile.py writes it down. */
const sampleSchema = z.object({
  step: z.string(),
  /** Milliseconds since 1970. */
  startedAt: milliseconds,
  ms: milliseconds,
  firstTokenMs: milliseconds.nullable(),
  promptTokens: z.int().nonnegative().nullable(),
  tokens: z.int().positive().nullable(),
  tokensPerSecond: z.number().positive().nullable(),
  /** Why the answer is no good. */
  error: z.string().nullable(),
});

export type Sample = z.output<typeof sampleSchema>;

const lineSchema = z.union([
  sampleSchema,
  /** The first line. */
  z.object({ steps: z.array(z.string()).min(1), locust: z.string() }),
  /** The load test itself went wrong. */
  z.object({ broken: z.string() }),
]);

export interface Samples {
  /** What was to be asked, in the scenario's order. */
  readonly steps: readonly string[];
  /** Locust's version. */
  readonly locust: string;
  readonly requests: readonly Sample[];
  /** Mistakes of the load test's own. */
  readonly broken: readonly string[];
}

/**
 * Reads what locustfile.py wrote; a last line without an end, of a process that was killed, does not count.
 *
 * @throws Error for a line that it can't have written
 */
export function parseSamples(text: string): Samples {
  const found = { steps: [] as string[], locust: "", requests: [] as Sample[], broken: [] as string[] };
  for (const [index, line] of text.split("\n").slice(0, -1).entries()) {
    const value = lineSchema.safeParse(parseJson(line));
    if (!value.success) throw new Error(`Line ${index + 1} of the samples can't be understood: ${line.slice(0, 200)}`);
    if ("broken" in value.data) found.broken.push(value.data.broken);
    else if ("steps" in value.data) Object.assign(found, value.data);
    else found.requests.push(value.data);
  }
  return found;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Half, 95 % and 99 % of the values are at most this, by nearest rank: each is a value that was measured. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface EndpointResult {
  /** `POST /api/chat, streamed` */
  readonly name: string;
  readonly requests: number;
  readonly failures: number;
  readonly requestsPerSecond: number;
  /** Until the answer was whole. Of good answers only, as are all that follow: a refusal takes no time. */
  readonly latencyMs: Percentiles | null;
  /** Until the first text of the model. Streamed answers only. */
  readonly firstTokenMs: Percentiles | null;
  /** While one answer was generated; 95 % are at least `p5`. */
  readonly tokensPerSecond: { readonly p50: number; readonly p5: number } | null;
  readonly tokens: number;
}

export interface Failure {
  readonly endpoint: string;
  readonly reason: string;
  readonly count: number;
}

export interface Summary {
  readonly startedAt: string;
  readonly finishedAt: string;
  /** From the start of the first request to the end of the last. */
  readonly elapsedSeconds: number;
  readonly requests: number;
  readonly failures: number;
  readonly requestsPerSecond: number;
  /** Of all answers together: what the system gave, not what one caller saw. */
  readonly tokensPerSecond: number;
  readonly endpoints: readonly EndpointResult[];
  /** Most frequent first. */
  readonly failed: readonly Failure[];
  /** What was to be asked and never was, because the run ended before. */
  readonly neverAsked: readonly string[];
}

/** What the requests have in common. @throws RangeError without any */
export function summarize({ steps, requests }: Pick<Samples, "steps" | "requests">): Summary {
  if (requests.length === 0) throw new RangeError("No requests to summarize.");
  const start = Math.min(...requests.map(({ startedAt }) => startedAt));
  const end = Math.max(...requests.map(({ startedAt, ms }) => startedAt + ms));
  const elapsedSeconds = Math.max(end - start, 1) / 1000;
  const endpoints = steps.map((name) => {
    const own = requests.filter(({ step }) => step === name);
    return endpointResult(name, own, elapsedSeconds);
  });
  return {
    startedAt: new Date(start).toISOString(),
    finishedAt: new Date(end).toISOString(),
    elapsedSeconds: rounded(elapsedSeconds),
    requests: requests.length,
    failures: requests.filter(({ error }) => error !== null).length,
    requestsPerSecond: rounded(requests.length / elapsedSeconds),
    tokensPerSecond: rounded(endpoints.reduce((sum, { tokens }) => sum + tokens, 0) / elapsedSeconds),
    endpoints,
    failed: failuresOf(requests),
    neverAsked: endpoints.filter((endpoint) => endpoint.requests === 0).map(({ name }) => name),
  };
}

function endpointResult(name: string, requests: readonly Sample[], elapsedSeconds: number): EndpointResult {
  const good = requests.filter(({ error }) => error === null);
  const measured = (key: "ms" | "firstTokenMs" | "tokensPerSecond") =>
    good.map((sample) => sample[key]).filter((value) => value !== null);
  const speeds = measured("tokensPerSecond");
  return {
    name,
    requests: requests.length,
    failures: requests.length - good.length,
    requestsPerSecond: rounded(requests.length / elapsedSeconds),
    latencyMs: percentiles(measured("ms")),
    firstTokenMs: percentiles(measured("firstTokenMs")),
    tokensPerSecond:
      speeds.length === 0 ? null : { p50: rounded(percentile(speeds, 50)), p5: rounded(percentile(speeds, 5)) },
    tokens: good.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0),
  };
}

function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const [p50, p95, p99] = [50, 95, 99].map((share) => Math.round(percentile(values, share) * 10) / 10);
  return { p50, p95, p99 } as Percentiles;
}

/** By nearest rank: the least value that `share` % of them do not exceed. @throws RangeError for an empty list */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.max(Math.ceil((share / 100) * sorted.length), 1) - 1];
  if (value === undefined) throw new RangeError("No values to rank.");
  return value;
}

function failuresOf(requests: readonly Sample[]): Failure[] {
  const counts = new Map<string, Failure>();
  for (const { step, error } of requests) {
    if (error === null) continue;
    const key = JSON.stringify([step, error]);
    counts.set(key, { endpoint: step, reason: error, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((one, other) => other.count - one.count);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** What Locust warned of in its log that bears on the figures. */
export function doubtsIn(output: string): string[] {
  return /CPU usage (above|was too high)/i.test(output)
    ? [
        "the load test had too little CPU time, so that latencies are longer than the system's. Run it from a larger or another machine.",
      ]
    : [];
}
