import { describe, expect, test } from "vitest";
import { capacityTable } from "../../../automation/commands/capacity";

const phi3 = "microsoft/Phi-3-mini-4k-instruct";

describe("./llm capacity", () => {
  test("shows the sum and the price of each type", () => {
    expect(capacityTable(phi3, ["g5.xlarge", "g4dn.xlarge"], { context: "4096" })).toBe(
      [
        "microsoft/Phi-3-mini-4k-instruct with 4096 tokens of context, 0.9 of the GPU's memory",
        "g5.xlarge: fits",
        "  1 x A10G, 21.98 GiB seen by CUDA each",
        "  19.78 GiB usable - 7.12 GiB weights - 1.50 GiB overhead leave 11.16 GiB for the cache, 30480 tokens: 7 at once of 4096 tokens each.",
        "  $1.006 an hour, $734 a month (us-east-1, on demand, 2026-11-21)",
        "g4dn.xlarge: DOES NOT FIT",
        "  1 x T4, 14.56 GiB seen by CUDA each",
        "  13.10 GiB usable - 7.12 GiB weights - 1.50 GiB overhead leave 4.49 GiB for the cache, 12240 tokens, but a T4 has no bfloat16, the format of the weights; take a type with a newer GPU.",
        "  $0.526 an hour, $384 a month (us-east-1, on demand, 2026-11-21)",
      ].join("\n"),
    );
  });

  test("says what has too little, and marks prices that one source alone gives", () => {
    const table = capacityTable(phi3, ["g5.xlarge", "g5.8xlarge"], { utilization: "0.4" });
    expect(table).toContain("g5.xlarge: DOES NOT FIT");
    expect(table).toContain("too few for one request of 4096");
    expect(table).toContain("(us-east-1, on demand, 2026-11-21, unverified)");
  });

  test("takes the model's own context where that is shorter, and types without GPUs", () => {
    expect(capacityTable("tinyllama", ["t3.medium"], {})).toContain("tinyllama with 2048 tokens of context");
    expect(capacityTable("tinyllama", ["t3.medium"], {})).toContain("  no GPU, 4 GiB");
  });

  test.each([
    ["gpt-5", ["g5.xlarge"], {}, '"gpt-5" is not in the table of models'],
    [phi3, ["g9.xlarge"], {}, '"g9.xlarge" is no instance type that systems may use.'],
    [phi3, ["g5.xlarge"], { context: "4k" }, "--context is 4k."],
    [phi3, ["g5.xlarge"], { context: "0.5" }, "--context is 0.5."],
    [phi3, ["g5.xlarge"], { utilization: "90" }, "--utilization is 90."],
  ])("refuses %s on %s with %o", (model, types, flags, says) => {
    expect(() => capacityTable(model, types, flags)).toThrow(says);
  });
});
