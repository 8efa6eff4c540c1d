import { describe, expect, test } from "vitest";
import { llm } from "../../support/llm";

describe("the command line", () => {
  test.each([
    { args: [], says: "Usage: llm" },
    { args: ["up"], says: "No stack is named and none is chosen" },
    { args: ["sleep"], says: "No stack is named and none is chosen" },
    { args: ["restore", "dev"], says: "required option '--to <point>' not specified" },
    { args: ["drill", "dev"], says: "it runs on this machine only: --local" },
    { args: ["switch", "nowhere"], says: 'There is no stack "nowhere"' },
    { args: ["new", "qa", "--from", "nowhere"], says: 'There is no stack "nowhere" to start from' },
    { args: ["new", "Q_A", "--from", "dev"], says: `"Q_A" can't be a stack's name` },
    { args: ["new", "dev", "--from", "prod"], says: 'There is a stack "dev" already' },
    { args: ["new", "qa", "--from", "dev", "--account", "12"], says: '"12" is not an AWS account' },
    { args: ["new", "qa", "--from", "dev", "--region", "mars"], says: '"mars" is not an AWS region' },
    { args: ["new", "qa", "--from", "dev", "--systems", "x"], says: 'There is no system "x"' },
    { args: ["up", "dev", "--region", "mars"], says: '"mars" is not an AWS region' },
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
    // Whatever stack is chosen in this checkout.
    const run = await llm(args, { env: { LLM_STACKS_LOCAL_DIR: ".local/command-line" } });
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
      "new",
      "switch",
      "sleep",
      "wake",
      "reap",
      "backup",
      "backups",
      "restore",
      "drill",
    ]) {
      expect(run.stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    }
  });
});
