import { describe, expect, test } from "vitest";
import { llm } from "../../support/llm";

describe("the command line", () => {
  test.each([
    { args: [], says: "Usage: llm" },
    { args: ["up"], says: "missing required argument 'stack'" },
    { args: ["launch"], says: "unknown command 'launch'" },
    { args: ["up", "dev", "--cloud"], says: "unknown option '--cloud'" },
    { args: ["up", "dev", "--systems", "a,,b"], says: "has an empty name" },
    { args: ["preview", "nowhere"], says: 'There is no stack "nowhere"' },
    { args: ["test", "everything"], says: 'There is no test suite "everything"' },
    { args: ["demo", "nothing"], says: 'There is no demo of "nothing"' },
    { args: ["local", "explode"], says: "unknown command 'explode'" },
    { args: ["weights", "upload", "dev"], says: "missing required argument 'folder'" },
    { args: ["capacity", "nothing", "g5.xlarge"], says: '"nothing" is not in the table of models' },
  ])("ends with status 2 and says why: llm $args", async ({ args, says }) => {
    const run = await llm(args);
    expect(run.stderr).toContain(says);
    expect(run.status).toBe(2);
  });

  test("prints its help with status 0", async () => {
    const run = await llm(["--help"]);
    expect(run.status).toBe(0);
    for (const command of [
      "up",
      "preview",
      "down",
      "outputs",
      "demo",
      "capacity",
      "doctor",
      "local",
      "weights",
      "test",
    ]) {
      expect(run.stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    }
  });
});
