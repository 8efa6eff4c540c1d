import { describe, expect, test } from "vitest";
import { countTests } from "../../../automation/commands/test";

const file = (status: string, ...tests: string[]) => ({
  name: "x.test.ts",
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

describe("counting tests", () => {
  test("takes vitest's own numbers", () => {
    const report = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
    expect(countTests({ ...report, testResults: [file("failed", "passed", "failed")] })).toEqual({
      passed: 3,
      failed: 1,
      skipped: 3,
    });
  });

  test("counts a file that could not be loaded as a failure", () => {
    const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
    expect(countTests({ ...report, testResults: [file("passed", "passed"), file("failed")] }).failed).toBe(1);
  });
});
