import { describe, expect, test } from "vitest";
import { type LoadTestResult, renderJson, renderMarkdown } from "../../../loadtest/report";

const result: LoadTestResult = {
  system: "ollama",
  passed: false,
  baseUrl: "https://d1.cloudfront.net",
  model: "tiny",
  resources: { "Load balancer": "ollama-alb-dev-1.us-east-1.elb.amazonaws.com" },
  users: 2,
  spawnRatePerSecond: 1,
  durationSeconds: 60,
  pacingSeconds: 2,
  maxTokens: 32,
  locust: "2.46.0",
  doubts: ["too little CPU"],
  startedAt: "2026-11-21T15:00:00.000Z",
  finishedAt: "2026-11-21T15:01:00.000Z",
  elapsedSeconds: 60,
  requests: 30,
  failures: 2,
  requestsPerSecond: 0.5,
  tokensPerSecond: 14.93,
  endpoints: [
    {
      name: "POST /api/chat, streamed",
      requests: 30,
      failures: 2,
      requestsPerSecond: 0.5,
      latencyMs: { p50: 1200, p95: 1900, p99: 2100.5 },
      firstTokenMs: { p50: 200, p95: 300, p99: 400 },
      tokensPerSecond: { p50: 20, p5: 17.2 },
      tokens: 896,
    },
    {
      name: "GET /",
      requests: 0,
      failures: 0,
      requestsPerSecond: 0,
      latencyMs: null,
      firstTokenMs: null,
      tokensPerSecond: null,
      tokens: 0,
    },
  ],
  failed: [{ endpoint: "POST /api/chat, streamed", reason: "no JSON: <b>|x\\</b>\nbad", count: 2 }],
  neverAsked: ["GET /"],
};

describe("renderMarkdown", () => {
  const text = renderMarkdown(result);

  test("begins with the outcome and what makes it doubtful", () => {
    expect(text.split("\n").slice(0, 8)).toEqual([
      "# Load test: ollama",
      "",
      "**Failed**: 30 requests, 2 of them failed, in 60 s: 0.5 requests/s and 14.93 tokens/s in all.",
      "",
      "Never asked: GET /. The run ended before its turn; let it last longer.",
      "",
      "**Doubtful**: too little CPU",
      "",
    ]);
    expect(renderMarkdown({ ...result, passed: true })).toContain("**Passed**");
  });

  test("has a row of figures for every endpoint, and of tokens for those that generate", () => {
    expect(text).toContain("| POST /api/chat, streamed | 30 | 2 | 0.5 | 1200 | 1900 | 2100.5 |");
    expect(text).toContain("| GET / | 0 | 0 | 0 | – | – | – |");
    expect(text).toContain("| POST /api/chat, streamed | 200 | 300 | 400 | 20 | 17.2 | 896 |");
    expect(text.match(/^\| GET \/ /gm)).toHaveLength(1);
  });

  test("names the resources and the load", () => {
    expect(text).toContain("| Load balancer | ollama-alb-dev-1.us-east-1.elb.amazonaws.com |");
    expect(text).toContain("| Load | 2 users, 1 more each second, for 60 s;");
  });

  test("keeps what a server said in its cell", () => {
    expect(text).toContain("| 2 | POST /api/chat, streamed | no JSON: &lt;b>\\|x\\\\&lt;/b> bad |");
    expect(renderMarkdown({ ...result, failed: [] })).not.toContain("## Failures");
  });
});

test("renderJson is the result, to be read by programs", () => {
  expect(JSON.parse(renderJson(result))).toEqual(result);
});
