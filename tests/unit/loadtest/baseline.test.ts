import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Baseline, readBaseline, regressions } from "../../../loadtest/baseline";
import type { LoadTestResult } from "../../../loadtest/report";

const settings = { system: "phi3", model: "phi-3-mini", users: 50, pacingSeconds: 2, maxTokens: 32 };
const endpoint = (name: string, p95: number) => ({ name, latencyMs: { p50: p95 / 2, p95, p99: p95 * 2 } });
const baseline = {
  ...settings,
  requests: 1000,
  failures: 10,
  tokensPerSecond: 500,
  endpoints: [endpoint("chat", 1000), { name: "health", latencyMs: null }],
} as Baseline;
const now = (more: object = {}) => ({ ...baseline, ...more }) as unknown as LoadTestResult;

describe("beside a baseline", () => {
  test("the same, better, and worse within the tolerance are no regression", () => {
    expect(regressions(now(), baseline, 0.2)).toEqual([]);
    expect(regressions(now({ endpoints: [endpoint("chat", 1200)], tokensPerSecond: 400 }), baseline, 0.2)).toEqual([]);
    expect(regressions(now({ endpoints: [endpoint("chat", 10)], failures: 0 }), baseline, 0.2)).toEqual([]);
  });

  test.each([
    [{ endpoints: [endpoint("chat", 1201)] }, "chat: p95 1201 ms, 1000 ms in the baseline"],
    [{ endpoints: [] }, "chat had no good answer"],
    [{ tokensPerSecond: 399 }, "399 tokens/s in all, 500 in the baseline"],
    [{ failures: 21 }, "2.1 % of the requests failed, 1.0 % in the baseline"],
  ])("%j is one", (more, told) => {
    expect(regressions(now(more), baseline, 0.2)).toEqual([told]);
  });

  test("other settings can't be compared", () => {
    expect(() => regressions(now({ users: 5 }), baseline, 0.2)).toThrow("with other settings: users 50, now 5");
  });

  test("a file that is none is named, with the way to one", () => {
    const dir = mkdtempSync(join(tmpdir(), "baseline-test-"));
    const file = join(dir, "b.json");
    try {
      expect(() => readBaseline(file)).toThrow(`The baseline ${file} can't be read`);
      writeFileSync(file, "{");
      expect(() => readBaseline(file)).toThrow("is no report of a load test");
      writeFileSync(file, JSON.stringify(baseline));
      expect(readBaseline(file)).toEqual(baseline);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
