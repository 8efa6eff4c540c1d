import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { countSteps, type Report, renderJson, renderMarkdown } from "../../../automation/demo/report";
import { summarize } from "../../../automation/demo/statistics";
import { check, type StepRecord, Steps } from "../../../automation/demo/steps";

const step = (name: string, status: StepRecord["status"], details = {}, error?: string): StepRecord => ({
  name,
  status,
  startedAt: "2026-01-01T00:00:01.000Z",
  durationMs: 12.3,
  details,
  ...(error ? { error } : {}),
});
const steps = [
  step("ingest", "passed", {
    status: 201,
    timings: { loadMs: 1.5 },
    list: ["a", "b"],
    objects: [{ key: "k" }],
    empty: {},
  }),
  step("predict", "failed", {}, "answered 500 | <b>\nnext line"),
  step("archive", "skipped", {}, "A step it needs did not pass."),
];
const report: Report = {
  system: "lambda-efs",
  passed: false,
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:01:00.000Z",
  commit: "abc-dirty",
  versions: { pulumi: "3.220.0" },
  target: { bucket: "data" },
  file: { name: "m.onnx", sizeBytes: 5, sha256: "ff" },
  counts: countSteps(steps),
  steps,
};

test("the Markdown report, whole", () => {
  expect(renderMarkdown(report)).toBe(`# Evidence: lambda-efs

**Failed**: 1 of 3 steps passed, 1 failed, 1 skipped.

|  |  |
|---|---|
| From | 2026-01-01T00:00:00.000Z |
| To | 2026-01-01T00:01:00.000Z |
| Commit | abc-dirty |
| pulumi | 3.220.0 |
| bucket | data |
| File | m.onnx, 5 bytes, SHA-256 ff |

## Steps

| Step | Status | ms | Error |
|---|---|---|---|
| ingest | passed | 12.3 |  |
| predict | failed | 12.3 | answered 500 \\| &lt;b> next line |
| archive | skipped | 12.3 | A step it needs did not pass. |

### ingest

|  |  |
|---|---|
| status | 201 |
| timings.loadMs | 1.5 |
| list | a, b |
| objects.0.key | k |
`);
});

test("the JSON report is the report", () => expect(JSON.parse(renderJson(report))).toEqual(report));

prop.prop([fc.string(), fc.jsonValue()])("no text breaks the Markdown out of its table", (text, value) => {
  const rendered = renderMarkdown({ ...report, steps: [step(text, "failed", { value }, text)] });
  const row = rendered.split("\n").filter((line) => line.includes("| failed | 12.3 |"));
  expect(row).toHaveLength(1);
  expect(row[0]?.replaceAll(/\\[\\|]/g, "").split("|")).toHaveLength(6);
});

describe("summarize", () => {
  test.each([
    [[5], { count: 1, min: 5, mean: 5, p50: 5, max: 5 }],
    [[4, 1, 3, 2], { count: 4, min: 1, mean: 2.5, p50: 2, max: 4 }],
    [[30, 10.04, 20], { count: 3, min: 10, mean: 20, p50: 20, max: 30 }],
  ])("of %j", (values, expected) => expect(summarize(values)).toEqual(expected));

  test("of nothing is an error", () => expect(() => summarize([])).toThrow(RangeError));

  prop.prop([fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1 })])(
    "half of the values are at most the median",
    (values) => {
      const { min, p50, max, mean } = summarize(values);
      expect(values.filter((value) => value <= p50).length * 2).toBeGreaterThanOrEqual(values.length);
      expect(values.filter((value) => value < p50).length * 2).toBeLessThan(values.length);
      expect(min <= p50 && p50 <= max && min <= mean + 0.1 && mean <= max + 0.1).toBe(true);
    },
  );
});

describe("Steps", () => {
  test("keeps what a failing step saw, skips what needs it, and goes on with the rest", async () => {
    const lines: string[] = [];
    const run = new Steps((line) => lines.push(line));
    const one = await run.run("one", [], async () => 1);
    const two = await run.run("two", [one], async (details, value) => {
      details["seen"] = value;
      check(value > 1, "too small");
      return value;
    });
    const three = await run.run("three", [one, two], async () => "never");
    const four = await run.run("four", [], async () => {
      throw new TypeError("outer", { cause: new Error("inner") });
    });
    expect([one, two, three, four]).toEqual([1, undefined, undefined, undefined]);
    expect(run.passed).toBe(false);
    expect(run.records).toMatchObject([
      { name: "one", status: "passed" },
      { name: "two", status: "failed", details: { seen: 1 }, error: "too small" },
      { name: "three", status: "skipped", durationMs: 0, error: "A step it needs did not pass." },
      { name: "four", status: "failed", error: "TypeError: outer (Error: inner)" },
    ]);
    expect(lines[1]).toMatch(/^FAIL two \([\d.]+ ms\): too small$/);
  });

  test("a skipped step is no success", async () => {
    const run = new Steps(() => undefined);
    await run.run("skipped", [undefined], async () => 1);
    expect(run.passed).toBe(false);
  });
});
