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

/** Numbered tasks and named properties of each design document that are done, in its order; checkpoints with parts of their own are those parts. */
const DONE = {
  "lambda-efs": [
    ...["1", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "3.4", "4.1", "4.2"],
    ...["5.1", "5.2", "5.3", "5.4", "5.5", "6.1", "6.2", "6.3", "6.4", "6.5"],
    ...["7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "7.10"],
    ...["8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "9.1", "9.2", "9.3", "9.4", "10.1", "10.2", "10.3", "10.4"],
  ],
  phi3: [
    ...["1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "3", "4.1", "4.2", "4.3", "4.4", "5.1", "5.2", "6"],
    ...["7.1", "7.2", "7.3", "8.1", "8.2", "8.3", "8.4", "9.1", "9.2", "9.3", "10"],
    ...["11.1", "11.2", "11.3", "11.4", "12.1", "12.2", "13.1", "13.2", "13.3", "13.4", "14.1", "14.2", "15"],
    ...["P1", "P2", "P3", "P4", "P5", "P6"],
  ],
  ollama: [
    ...["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10"],
    ...["2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3", "4.1", "4.2", "4.3", "4.4"],
    ...["5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "5.8"],
    ...["6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "6.7", "6.8", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7"],
    ...["8.1", "8.2", "8.4", "8.5", "8.6"],
    ...["9.2", "9.4", "9.5", "9.6", "9.7", "10.1", "10.2", "10.3", "10.4"],
    ...["11.1", "11.2", "11.3", "11.4", "11.5", "12.1", "12.2", "12.3", "13", "14.1", "14.2", "14.4", "15"],
    ...[
      "P1",
      "P2",
      "P3",
      "P4",
      "P5",
      "P6",
      "P8",
      "P9",
      "P12",
      "P13",
      "P16",
      "P19",
      "P20",
      "P21",
      "P22",
      "P26",
      "P27",
      "P28",
      "P30",
      "P32",
      "P35",
    ],
  ],
  operations: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"],
  agents: ["1", "1.1", "1.2", "1.3", "2", "3", "3.1", "3.2", "4", "5", "6", "7", "7.1", "8"],
  afirgen: [
    ...["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "2.1", "2.2", "2.3", "4.1", "4.2", "4.3"],
    ...["5.1", "5.2", "5.3", "5.4", "6.1", "6.2", "6.3", "7.1", "7.2", "7.3", "7.4", "9.1"],
    ...["9.2", "9.3", "9.4", "9.5", "10.1", "10.2", "10.3", "10.4", "11.1", "11.2", "11.3", "12.1"],
    ...[
      "12.2",
      "14.1",
      "14.2",
      "14.3",
      "14.4",
      "14.5",
      "15.1",
      "15.2",
      "15.3",
      "15.4",
      "16.1",
      "16.2",
      "16.3",
      "16.4",
      "17",
      "P1",
      "P2",
      "P3",
      "P4",
      "P5",
      "P6",
      "P7",
    ],
    ...["P8", "P9", "P10"],
  ],
};

describe("docs/traceability.md", () => {
  test.each(Object.entries(DONE))("has every task of %s that is done once, in order", (system, tasks) => {
    const found = rows.map(({ task }) => task).filter((task) => task.startsWith(`${system} `));
    expect(found).toEqual(tasks.map((task) => `${system} ${task}`));
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
