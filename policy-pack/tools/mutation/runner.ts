import { readFileSync } from "node:fs";
import { type RunnerTestCase, type RunnerTestFile, TestRunner } from "vitest";
import { addResult, readResults } from "./results";

/** What the instrumented modules ask. */
const mutation = {
  active: undefined as string | undefined,
  reached: new Set<string>(),

  isActive(id: string): boolean {
    this.reached.add(id);
    return this.active === id;
  },

  negate(id: string, condition: unknown): unknown {
    if (!this.isActive(id)) return condition;
    return isTruth(condition) ? condition.not() : !condition;
  },

  not(id: string, condition: { not(): unknown }): unknown {
    return this.isActive(id) ? condition : condition.not();
  },

  compare(turn: string, move: string | undefined, operator: string, left: number, right: number): boolean {
    const holds = compare(operator, left, right);
    if (this.isActive(turn)) return !holds;
    if (move !== undefined && this.isActive(move) && left === right) return !holds;
    return holds;
  },
};
Object.assign(globalThis, { __mutation: mutation });

function isTruth(value: unknown): value is { not(): unknown } {
  return typeof value === "object" && value !== null && "not" in value && typeof value.not === "function";
}

function compare(operator: string, left: number, right: number): boolean {
  switch (operator) {
    case "===":
      return left === right;
    case "!==":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      throw new Error(`no comparison: ${operator}`);
  }
}

/** Set by mutate.ts for the processes that run tests. */
const environment = (name: "MUTANTS_FILE" | "RESULTS_FILE"): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

/**
 * Runs each test as it is, and then once with each mutant that it reached and that no test has killed yet. A test that
 * fails with one kills it.
 */
export default class MutationRunner extends TestRunner {
  private readonly wanted = new Set(JSON.parse(readFileSync(environment("MUTANTS_FILE"), "utf8")) as string[]);
  private readonly killed = new Set<string>();

  override onCollectStart(file: RunnerTestFile): void {
    super.onCollectStart(file);
    for (const { kind, ids } of readResults(environment("RESULTS_FILE")))
      if (kind === "killed") for (const id of ids) this.killed.add(id);
  }

  onBeforeRunFiles(): void {
    addResult(environment("RESULTS_FILE"), { kind: "loaded", ids: [...mutation.reached] });
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    const run = TestRunner.getTestFn(test);
    mutation.active = undefined;
    mutation.reached.clear();
    await run();
    const reached = [...mutation.reached].filter((id) => this.wanted.has(id));
    const killed: string[] = [];
    for (const id of reached) {
      if (this.killed.has(id)) continue;
      mutation.active = id;
      try {
        await run();
      } catch {
        this.killed.add(id);
        killed.push(id);
      }
    }
    mutation.active = undefined;
    addResult(environment("RESULTS_FILE"), { kind: "reached", ids: reached });
    addResult(environment("RESULTS_FILE"), { kind: "killed", ids: killed });
  }
}
