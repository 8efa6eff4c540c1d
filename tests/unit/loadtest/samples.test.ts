import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { doubtsIn, parseSamples, percentile, type Sample, summarize } from "../../../loadtest/samples";

const steps = ["POST /api/chat", "GET /api/tags"] as const;

const sample = (change: Partial<Sample> = {}): Sample => ({
  step: steps[0],
  startedAt: 1_000_000,
  ms: 100,
  firstTokenMs: null,
  promptTokens: 8,
  tokens: 10,
  tokensPerSecond: 20,
  error: null,
  ...change,
});
const head = JSON.stringify({ steps, locust: "2.46.0" });
const file = (...lines: string[]) => lines.map((line) => `${line}\n`).join("");

describe("parseSamples", () => {
  test("reads the steps, Locust's version, the requests and the load test's own mistakes", () => {
    const broken = JSON.stringify({ broken: "KeyError: 'model'" });
    expect(parseSamples(file(head, JSON.stringify(sample()), broken))).toEqual({
      steps,
      locust: "2.46.0",
      requests: [sample()],
      broken: ["KeyError: 'model'"],
    });
  });

  test("leaves out a last line that was cut off, and has nothing of a file that is still empty", () => {
    const cut = file(head, JSON.stringify(sample())) + JSON.stringify(sample()).slice(0, 30);
    expect(parseSamples(cut).requests).toHaveLength(1);
    expect(parseSamples("").requests).toEqual([]);
  });

  test.each(["", "x", "{}", "[]", JSON.stringify(sample({ ms: -1 })), JSON.stringify({ ...sample(), error: 3 })])(
    "refuses the line %j",
    (line) => {
      expect(() => parseSamples(file(head, line))).toThrow("Line 2 of the samples can't be understood");
    },
  );
});

describe("percentile", () => {
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });

  test.prop({ values, share: fc.integer({ min: 1, max: 100 }) })(
    "is a measured value that the share does not exceed, and no smaller one is",
    ({ values, share }) => {
      const found = percentile(values, share);
      const atMost = (limit: number) => values.filter((value) => value <= limit).length;
      const needed = (share / 100) * values.length;
      expect(values).toContain(found);
      expect(atMost(found)).toBeGreaterThanOrEqual(needed - 1e-9);
      const smaller = values.filter((value) => value < found);
      expect(smaller.length).toBeLessThan(needed);
    },
  );

  test.prop({ values })("does not fall as the share grows, and ends at the largest", ({ values }) => {
    const ranks = [5, 50, 95, 99, 100].map((share) => percentile(values, share));
    expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
    expect(ranks.at(-1)).toBe(Math.max(...values));
  });

  test("of a hundred values counts them off", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([50, 95, 99].map((share) => percentile(hundred, share))).toEqual([50, 95, 99]);
    expect(() => percentile([], 50)).toThrow(RangeError);
  });
});

describe("summarize", () => {
  const requests = fc.array(
    fc
      .record({
        step: fc.constantFrom(...steps),
        startedAt: fc.integer({ min: 0, max: 100_000 }),
        ms: fc.integer({ min: 0, max: 10_000 }),
        tokens: fc.integer({ min: 1, max: 100 }),
        error: fc.option(fc.constantFrom("status 500", "no JSON: x")),
      })
      .map(sample),
    { minLength: 1 },
  );

  test.prop({ requests })("counts every request and every failure once, wherever it is told", ({ requests }) => {
    const summary = summarize({ steps, requests });
    const total = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);
    const failures = requests.filter(({ error }) => error !== null).length;
    expect([summary.requests, summary.failures]).toEqual([requests.length, failures]);
    expect(total(summary.endpoints.map((one) => one.requests))).toBe(requests.length);
    expect(total(summary.endpoints.map((one) => one.failures))).toBe(failures);
    expect(total(summary.failed.map(({ count }) => count))).toBe(failures);
    expect(summary.neverAsked).toEqual(steps.filter((name) => !requests.some(({ step }) => step === name)));
  });

  test("rates are over the time from the first start to the last end, and of good answers", () => {
    const summary = summarize({
      steps,
      requests: [
        sample({ startedAt: 0, ms: 1000, firstTokenMs: 200, tokens: 10, tokensPerSecond: 12.5 }),
        sample({ startedAt: 1500, ms: 2500, firstTokenMs: 300, tokens: 30, tokensPerSecond: 15 }),
        sample({ startedAt: 2000, ms: 1, tokens: null, tokensPerSecond: null, error: "status 403" }),
      ],
    });
    expect(summary).toMatchObject({
      startedAt: "1970-01-01T00:00:00.000Z",
      finishedAt: "1970-01-01T00:00:04.000Z",
      elapsedSeconds: 4,
      requestsPerSecond: 0.75,
      tokensPerSecond: 10,
      failed: [{ endpoint: steps[0], reason: "status 403", count: 1 }],
    });
    expect(summary.endpoints).toEqual([
      {
        name: steps[0],
        requests: 3,
        failures: 1,
        requestsPerSecond: 0.75,
        latencyMs: { p50: 1000, p95: 2500, p99: 2500 },
        firstTokenMs: { p50: 200, p95: 300, p99: 300 },
        tokensPerSecond: { p50: 12.5, p5: 12.5 },
        tokens: 40,
      },
      {
        name: steps[1],
        requests: 0,
        failures: 0,
        requestsPerSecond: 0,
        latencyMs: null,
        firstTokenMs: null,
        tokensPerSecond: null,
        tokens: 0,
      },
    ]);
  });

  test("tells equal reasons of an endpoint together, the most frequent first", () => {
    const bad = (step: string, error: string) => sample({ step, error });
    const requests = [bad(steps[1], "a"), bad(steps[0], "a"), bad(steps[0], "b"), bad(steps[0], "b")];
    expect(summarize({ steps, requests }).failed).toEqual([
      { endpoint: steps[0], reason: "b", count: 2 },
      { endpoint: steps[1], reason: "a", count: 1 },
      { endpoint: steps[0], reason: "a", count: 1 },
    ]);
  });

  test("has nothing to say of no requests", () => {
    expect(() => summarize({ steps, requests: [] })).toThrow(RangeError);
  });
});

// Locust 2.46.0, runners.py.
test.each([
  ["CPU usage was too high at some point during the test! See https://docs.locust.io/", 1],
  ["CPU usage above 90%! This may constrain your throughput", 1],
  ['All users spawned: {"Client": 2} (2 total users)', 0],
])("of %j in Locust's log come %i doubts", (line, count) => {
  expect(doubtsIn(`[2026-11-21 15:34:57,415] vm/WARNING/root: ${line}\n`)).toHaveLength(count);
});
