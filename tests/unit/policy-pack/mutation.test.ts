import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
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
  const mutate = (...args: string[]) =>
    new Promise<{ status: number; output: string }>((resolve) => {
      const command = ["--require", "tsx/cjs", "policy-pack/tools/mutate.ts", ...args];
      execFile(process.execPath, command, { cwd: repoRoot }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr });
      });
    });

  test("finds that the tests of a rule notice each of its conditions", async () => {
    const { status, output } = await mutate("lp-sg-ssh-open", "--tests", "exposure-network");
    expect(output).toMatch(/^4 mutants in 1 file, 1 test file/);
    expect(output).toContain("4 killed, 0 survived");
    expect(status).toBe(0);
  });

  test("names what no test notices, with status 1", async () => {
    const { status, output } = await mutate("lp-sg-ssh-open", "--tests", "no-such-test");
    expect(output).toContain(`${join("policy-pack", "rules", "exposure", "lp-sg-ssh-open.ts")}:`);
    expect(output).toContain("open: negated (no test reaches it)");
    expect(output).toContain("0 killed, 4 survived");
    expect(status).toBe(1);
  });

  test("says which names it does not know", async () => {
    const { status, output } = await mutate("no-such-rule");
    expect(output).toContain("no-such-rule is neither the id of a rule");
    expect(status).toBe(1);
  });
});
