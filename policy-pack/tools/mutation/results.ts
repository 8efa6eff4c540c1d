import { appendFileSync, readFileSync } from "node:fs";

/**
 * What a process that runs tests tells of mutants: that a test failed with them, that a test decided their condition, or
 * that it was decided while modules were loaded.
 */
export interface Result {
  readonly kind: "killed" | "reached" | "loaded";
  readonly ids: readonly string[];
}

/** Whole lines are appended, so that several processes can write one file. */
export function addResult(file: string, result: Result): void {
  if (result.ids.length > 0) appendFileSync(file, `${JSON.stringify(result)}\n`);
}

export function readResults(file: string): Result[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Result);
}
