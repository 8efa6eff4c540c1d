import { table } from "../automation/lib/markdown";
import type { EndpointResult, Percentiles, Summary } from "./samples";

export interface LoadTestResult extends Summary {
  readonly system: string;
  /** Every endpoint was asked, and every answer was good. */
  readonly passed: boolean;
  readonly baseUrl: string;
  readonly model: string;
  /** Names of the deployed resources, from the stack's outputs. */
  readonly resources: Readonly<Record<string, string>>;
  readonly users: number;
  readonly spawnRatePerSecond: number;
  readonly durationSeconds: number;
  readonly pacingSeconds: number;
  readonly maxTokens: number;
  /** Locust's version. */
  readonly locust: string;
  /** What makes the figures doubtful. */
  readonly doubts: readonly string[];
}

export function renderJson(result: LoadTestResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** The same to be read. */
export function renderMarkdown(result: LoadTestResult): string {
  const { system, endpoints, failed, neverAsked, doubts } = result;
  const lines = [
    `# Load test: ${system}`,
    "",
    `**${result.passed ? "Passed" : "Failed"}**: ${result.requests} requests, ${result.failures} of them failed, in ${result.elapsedSeconds} s: ${result.requestsPerSecond} requests/s and ${result.tokensPerSecond} tokens/s in all.`,
    ...neverAsked.map((name) => `\nNever asked: ${name}. The run ended before its turn; let it last longer.`),
    ...doubts.map((doubt) => `\n**Doubtful**: ${doubt}`),
    "",
    ...table(
      ["", ""],
      [
        ["From", result.startedAt],
        ["To", result.finishedAt],
        ["Address", result.baseUrl],
        ["Model", result.model],
        ...Object.entries(result.resources),
        ["Load", load(result)],
        ["Locust", result.locust],
      ],
    ),
    "",
    "## Requests",
    "",
    "Latency is the time until an answer was whole, of good answers only.",
    "",
    ...table(
      ["Endpoint", "Requests", "Failed", "Requests/s", "p50 ms", "p95 ms", "p99 ms"],
      endpoints.map((one) => [one.name, ...figures(one), ...cells(one.latencyMs)]),
    ),
    "",
    "## Tokens",
    "",
    "First token: the time until the first text of a streamed answer. Tokens/s: while one answer was generated, without its wait; 95 % of the answers were at least as fast as p5.",
    "",
    ...table(
      ["Endpoint", "First token p50 ms", "p95 ms", "p99 ms", "Tokens/s p50", "p5", "Tokens"],
      endpoints
        .filter(({ tokens }) => tokens > 0)
        .map((one) => [
          one.name,
          ...cells(one.firstTokenMs),
          text(one.tokensPerSecond?.p50),
          text(one.tokensPerSecond?.p5),
          String(one.tokens),
        ]),
    ),
  ];
  if (failed.length > 0) {
    const rows = failed.map(({ count, endpoint, reason }) => [String(count), endpoint, reason]);
    lines.push("", "## Failures", "", ...table(["Count", "Endpoint", "Reason"], rows));
  }
  return `${lines.join("\n")}\n`;
}

function load({ users, spawnRatePerSecond, durationSeconds, pacingSeconds, maxTokens }: LoadTestResult): string {
  return `${users} users, ${spawnRatePerSecond} more each second, for ${durationSeconds} s; each asks every ${pacingSeconds} s or as soon as it is answered, for at most ${maxTokens} tokens`;
}

function figures({ requests, failures, requestsPerSecond }: EndpointResult): string[] {
  return [requests, failures, requestsPerSecond].map(String);
}

function cells(values: Percentiles | null): string[] {
  return [values?.p50, values?.p95, values?.p99].map(text);
}

function text(value: number | undefined): string {
  return value === undefined ? "–" : String(value);
}
