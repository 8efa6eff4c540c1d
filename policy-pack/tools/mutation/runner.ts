import { readFileSync, writeFileSync } from "node:fs";
import { type RunnerTestCase, type RunnerTestFile, TestRunner } from "vitest";
import { type Attempt, addResult, environment, type Result, readResults } from "./results";

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
      if (kind === "killed" || kind === "timed out") for (const id of ids) this.killed.add(id);
  }

  onBeforeRunFiles(): void {
    this.tell("loaded", [...mutation.reached]);
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    const run = TestRunner.getTestFn(test);
    mutation.active = undefined;
    mutation.reached.clear();
    await run();
    const reached = [...mutation.reached].filter((id) => this.wanted.has(id));
    this.tell("reached", reached);
    for (const id of reached) {
      if (this.killed.has(id)) continue;
      this.attempt(id);
      mutation.active = id;
      try {
        await run();
      } catch {
        this.killed.add(id);
        this.tell("killed", [id]);
      }
    }
    mutation.active = undefined;
    this.attempt("");
  }

  private tell(kind: Result["kind"], ids: readonly string[]): void {
    addResult(environment("RESULTS_FILE"), { kind, ids, by: environment("TEST_KEY") });
  }

  private attempt(id: string): void {
    const attempt: Attempt = { id, since: Date.now() };
    writeFileSync(environment("ATTEMPT_FILE"), JSON.stringify(attempt));
  }
}
