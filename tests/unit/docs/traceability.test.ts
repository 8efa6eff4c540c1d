import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { designTasks } from "../../support/design-tasks";

interface Row {
  line: number;
  task: string;
  where: string[];
  tests: string[];
}

const codeSpans = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path as string);

/** Rows of every table whose header is Task | What | Where | Test. */
function parseRows(text: string): Row[] {
  return text
    .split("\n")
    .map((content, index) => ({ cells: content.split("|").map((cell) => cell.trim()), line: index + 1 }))
    .filter(({ cells }) => cells.length === 6 && /\d/.test(cells[1] ?? ""))
    .map(({ cells, line }) => ({
      line,
      task: cells[1] ?? "",
      where: codeSpans(cells[3] ?? ""),
      tests: codeSpans(cells[4] ?? ""),
    }));
}

const rows = parseRows(readFileSync(join(repoRoot, "docs/traceability.md"), "utf8"));
const titles = globSync("tests/**/*.test.ts", { cwd: repoRoot })
  .map((file) => readFileSync(join(repoRoot, file), "utf8"))
  .join("\n");

/** The rows of a document, in its order. A heading whose parts have rows is those parts, but in a document whose parts are ours. */
function rowsOf(system: keyof typeof designTasks): string[] {
  const { tasks, properties } = designTasks[system];
  const hasParts = (task: string) => tasks.some((other) => other.startsWith(`${task}.`));
  return [
    ...tasks.filter((task) => system === "agents" || !hasParts(task)),
    ...properties.map((number) => `P${number}`),
  ].map((task) => `${system} ${task}`);
}

const operations = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"].map((task) => `operations ${task}`);
const expected = new Map([
  ...(Object.keys(designTasks) as (keyof typeof designTasks)[]).map((system) => [system, rowsOf(system)] as const),
  ["operations", operations] as const,
]);

describe("docs/traceability.md", () => {
  test.each([...expected])("has every task and property of %s once, in order", (system, tasks) => {
    expect(tasks.length).toBeGreaterThan(10);
    expect(rows.map(({ task }) => task).filter((task) => task.startsWith(`${system} `))).toEqual(tasks);
  });

  test.each(rows)("line $line, $task: names where it is and the test that shows it, and both exist", (row) => {
    expect(row.where.length).toBeGreaterThan(0);
    expect(row.tests.length).toBeGreaterThan(0);
    for (const path of [...row.where, ...row.tests]) expect(existsSync(join(repoRoot, path)), path).toBe(true);
    for (const path of row.tests) expect(path).toMatch(/^tests\/.*\.test\.ts$/);
  });

  test("a named property's id stands in the title of a test", () => {
    const ids = rows.map(({ task }) => task).filter((task) => / P\d+$/.test(task));
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) expect(titles).toContain(`[${id}]`);
  });
});
