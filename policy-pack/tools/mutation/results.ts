import { appendFileSync, existsSync, readFileSync } from "node:fs";

/**
 * What is known of mutants: that a test failed with them or never ended, that a test decided their condition, that it was
 * decided while modules were loaded; and that all tests of a file are done.
 */
export interface Result {
  readonly kind: "killed" | "timed out" | "reached" | "loaded" | "done";
  readonly ids: readonly string[];
  /** The test file, with a hash of its text: what another text of it has shown no longer counts. */
  readonly by: string;
}

/** Whole lines are appended, so that nothing is lost when a process is ended. */
export function addResult(file: string, result: Result): void {
  if (result.ids.length > 0 || result.kind === "done") appendFileSync(file, `${JSON.stringify(result)}\n`);
}

export function readResults(file: string): Result[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Result);
}

/** What is tried since when, for whoever watches: a mutant may never end. */
export interface Attempt {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Set by mutate.ts for the processes that run tests. */
export const environment = (
  name: "MUTANTS_FILE" | "RESULTS_FILE" | "ATTEMPT_FILE" | "TEST_FILE" | "TEST_KEY",
): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};
