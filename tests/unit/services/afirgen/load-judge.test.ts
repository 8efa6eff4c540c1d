import { describe, expect, test } from "vitest";
import {
  type FirSample,
  judge,
  longestDown,
  type Observed,
  parseFirSamples,
  percentile,
  type Reading,
  reportMarkdown,
} from "../../../../loadtest/afirgen-judge";

const fir = (seconds: number, outcome = "done", worstPosition = 0): FirSample => ({
  startedAt: 0,
  ms: seconds * 1000,
  outcome,
  worstPosition,
});
const reading = (second: number, memoryPercent: number | undefined, waiting = 0): Reading => ({
  at: second * 1000,
  memoryPercent,
  waiting,
});
const observed = (more: Partial<Observed>): Observed => ({
  firs: [fir(10)],
  readings: [reading(0, 50)],
  exitCodes: [],
  answersAtEnd: true,
  ...more,
});
const verdicts = (...given: Parameters<typeof judge>) =>
  Object.fromEntries(judge(...given).map(({ what, verdict }) => [what, verdict]));

describe("what the load tests say", () => {
  test("one user: all must succeed, 95 % within 90 s", () => {
    expect(verdicts("light", observed({}), true)).toMatchObject({
      "success rate": "met",
      p95: "met",
      "answering again after": "met",
    });
    expect(verdicts("light", observed({ firs: [fir(91)] }), true)).toMatchObject({ p95: "missed" });
    expect(verdicts("light", observed({ firs: [...Array(999).fill(fir(1)), fir(1, "failed")] }), true)).toMatchObject({
      "success rate": "missed",
    });
  });

  test("three users: more than 95 % must", () => {
    const firs = (bad: number) => [
      ...Array<FirSample>(100 - bad).fill(fir(1)),
      ...Array<FirSample>(bad).fill(fir(1, "timeout")),
    ];
    expect(verdicts("moderate", observed({ firs: firs(4) }), true)).toMatchObject({ "success rate": "met" });
    expect(verdicts("moderate", observed({ firs: firs(5) }), true)).toMatchObject({ "success rate": "missed" });
  });

  test("another machine's times get no verdict, its failures do", () => {
    expect(verdicts("light", observed({ firs: [fir(500), fir(1, "failed")] }), false)).toMatchObject({
      p95: "none",
      "success rate": "missed",
    });
  });

  test("five users: queue and recovery", () => {
    expect(verdicts("stress", observed({ firs: [fir(1, "done", 2)] }), false)).toMatchObject({
      queue: "met",
      "success rate": "none",
    });
    expect(verdicts("stress", observed({}), false)).toMatchObject({ queue: "none" });
    expect(verdicts("stress", observed({ answersAtEnd: false }), false)).toMatchObject({
      "answering again after": "missed",
    });
    const down = [0, 1, 2, 33, 34].map((second) => reading(second, second === 0 || second === 34 ? 50 : undefined));
    expect(longestDown(down)).toBe(32);
    expect(verdicts("stress", observed({ readings: down }), false)).toMatchObject({
      "answering again after": "missed",
    });
  });

  test("nothing measured is a failure", () => {
    expect(verdicts("stress", observed({ firs: [] }), false)).toMatchObject({ FIRs: "missed" });
  });

  test("percentiles are measured values", () => {
    expect(
      percentile(
        Array.from({ length: 100 }, (_, index) => 100 - index),
        0.95,
      ),
    ).toBe(95);
    expect(percentile([], 0.95)).toBeUndefined();
  });

  test("samples are read, others refused, and the report says by how much it was scaled down", () => {
    const text = `{"locust": "2.46.0"}\n${JSON.stringify(fir(2))}\n{"cut`;
    expect(parseFirSamples(text)).toEqual({ locust: "2.46.0", firs: [fir(2)] });
    expect(() => parseFirSamples('{"locust": "1"}\n{"ms": 1}\n')).toThrow();
    const findings = judge("light", observed({}), false);
    const report = reportMarkdown({
      test: "light",
      users: 1,
      seconds: 60,
      scaledDownBy: 60,
      target: "here",
      locust: "2",
      passed: true,
      findings,
    });
    expect(report).toContain("1/60 of the document's duration");
    expect(report).toContain("no verdict: another machine");
  });
});
