import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";

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

/** Numbered tasks of the Lambda + EFS document, and the sections of what was asked for beyond it. */
const LAMBDA_EFS_TASKS = [
  ...["1", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "3.4", "4.1", "4.2"],
  ...["5.1", "5.2", "5.3", "5.4", "5.5", "6.1", "6.2", "6.3", "6.4", "6.5"],
  ...["7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "7.10"],
  ...["8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "9.1", "9.2", "9.3", "9.4", "10.1", "10.2", "10.3", "10.4"],
];

describe("docs/traceability.md", () => {
  test("has every numbered task of the Lambda + EFS document once, in order", () => {
    const found = rows.map(({ task }) => task).filter((task) => task.startsWith("lambda-efs "));
    expect(found).toEqual(LAMBDA_EFS_TASKS.map((task) => `lambda-efs ${task}`));
  });

  test.each(rows)("line $line, $task: names where it is and the test that shows it, and both exist", (row) => {
    expect(row.where.length).toBeGreaterThan(0);
    expect(row.tests.length).toBeGreaterThan(0);
    for (const path of [...row.where, ...row.tests]) expect(existsSync(join(repoRoot, path)), path).toBe(true);
    for (const path of row.tests) expect(path).toMatch(/^tests\/.*\.test\.ts$/);
  });

  test("a named property's id stands in the title of a test", () => {
    const ids = rows.map(({ task }) => task).filter((task) => / P\d+$/.test(task));
    for (const id of ids) expect(titles).toContain(`[${id}]`);
  });
});
