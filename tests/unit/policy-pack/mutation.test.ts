import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { instrument } from "../../../policy-pack/tools/mutation/instrument";

const changes = (source: string) => instrument("x.ts", source).mutants.map(({ line, change }) => `${line} ${change}`);

describe("the conditions that are broken", () => {
  test("are what is reported, joined, compared, negated, chosen by and searched for", () => {
    expect(changes("report.when(a, at, text);")).toEqual(["1 a: negated"]);
    expect(changes("x = a.and(b).or(c);")).toEqual(["1 a: negated", "1 b: negated", "1 c: negated"]);
    expect(changes("x = a.not();")).toEqual(["1 a.not(): without .not()"]);
    expect(changes("x = a === b;")).toEqual(["1 a === b: === becomes !=="]);
    expect(changes("x = a < b;")).toEqual(["1 a < b: < becomes >=", "1 a < b: < becomes <="]);
    expect(changes("if (!a) b();")).toEqual(["1 a: negated"]);
    expect(changes("x = (a && b) ? c : d;")).toEqual(["1 a: negated", "1 b: negated", "1 a && b: negated"]);
    expect(changes("x = list\n  .some((a) => test(a));")).toEqual(["2 test(a): negated"]);
  });

  test("are not those of loops, of types and of values", () => {
    expect(changes("for (let i = 0; i < n; i++) while (i < n) f(i);")).toEqual([]);
    expect(changes("type X = A extends B ? C : D; const name = a || 'default'; f(a, b);")).toEqual([]);
  });
});

describe("an instrumented module", () => {
  const { code, mutants } = instrument(
    "x.js",
    "/* kept */ result = list.filter((n) => n >= 2 && !odd(n)).map((n) => (n > 3 ? 'big' : 'small'));",
  );
  const run = (active?: string): unknown => {
    const breaks = (id: string) => id === active;
    const mutation = {
      negate: (id: string, condition: boolean) => (breaks(id) ? !condition : condition),
      compare: (turn: string, _move: string, operator: string, a: number, b: number) =>
        (operator === ">=" ? a >= b : a > b) !== breaks(turn),
    };
    const execute = new Function("__mutation", "list", "odd", `let result; ${code}; return result;`);
    return execute(mutation, [1, 2, 3, 4], (n: number) => n % 2 === 1);
  };

  test("does what the module does, and another thing with each condition broken", () => {
    expect(code).toContain("/* kept */");
    expect(run()).toEqual(["small", "big"]);
    const tried = mutants.filter(({ id }) => !id.endsWith("#move"));
    expect(tried.length).toBe(4);
    for (const { id, change } of tried) expect(run(id), change).not.toEqual(["small", "big"]);
  });
});

describe("npm run policies:mutate", () => {
  let state: string;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "mutation-"));
  });
  afterEach(() => rmSync(state, { recursive: true, force: true }));

  const mutate = (...args: string[]) =>
    new Promise<{ status: number; output: string }>((resolve) => {
      const command = ["--require", "tsx/cjs", "policy-pack/tools/mutate.ts", "--state", state, ...args];
      execFile(process.execPath, command, { cwd: repoRoot }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr });
      });
    });

  test("finds that the tests of a rule notice each of its conditions, and remembers it", async () => {
    const args = ["--rule", "lp-sg-ssh-open", "--tests", "exposure-network"];
    const { status, output } = await mutate(...args);
    expect(output).toMatch(/^4 mutants in 1 file, 1 test file/);
    expect(output).toContain("4 killed, 0 survived, 0 not reached");
    expect(status).toBe(0);
    const again = await mutate(...args);
    expect(again).toEqual({ status: 0, output: output.replace(/^exposure-network.*\n/m, "") });
  });

  test("names what no test reaches, with status 1", async () => {
    const { status, output } = await mutate("lp-sg-ssh-open", "--tests", "no-such-test");
    expect(output).toContain("No test reaches:");
    expect(output).toContain(`${join("policy-pack", "rules", "exposure", "lp-sg-ssh-open.ts")}:`);
    expect(output).toContain("open: negated\n");
    expect(output).toContain("0 killed, 0 survived, 4 not reached");
    expect(status).toBe(1);
  });

  test("kills a mutant with which a test does not end, and goes on with the others", async () => {
    // Each of them takes longer than this.
    const { output } = await mutate("lp-sg-ssh-open", "--tests", "exposure-network", "--timeout", "0.001");
    expect(output).toMatch(/4 killed( \(\d never ended\))?, 0 survived/);
  });

  test.each([
    [["no-such-rule"], "no-such-rule is neither the id of a rule"],
    [["--from", "no-such-test"], '--from is "no-such-test", with which no test file begins'],
    [["--timeout", "soon"], '--timeout is "soon"; expected a number of seconds'],
  ])("says what it does not know: %s", async (args, problem) => {
    const { status, output } = await mutate(...args);
    expect(output).toContain(problem);
    expect(status).toBe(1);
  });
});
