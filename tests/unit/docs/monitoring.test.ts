import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  alarmsOf,
  dashboardsOf,
  monitoringDocument,
  ownMetricsOf,
  writersOf,
} from "../../../automation/docs/monitoring";
import { type RecordedSystem, recordedSystems } from "../../../automation/docs/recorded";
import { repoRoot } from "../../../automation/lib/paths";

const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");

let systems: readonly RecordedSystem[];
beforeAll(async () => {
  systems = await recordedSystems();
  // Whole programs: a tenth of this where the machine has nothing else to do.
}, 300_000);

describe("docs/monitoring.md", () => {
  test("is what the program makes", () => {
    expect(read("docs/monitoring.md"), "run `npm run docs:generate`").toBe(monitoringDocument(systems));
  });

  test("every alarm leads to a heading of its own system's runbook", () => {
    const alarms = systems.flatMap((recorded) =>
      alarmsOf(recorded).map((alarm) => ({ system: recorded.system, ...alarm })),
    );
    expect(alarms.length).toBeGreaterThan(40);
    for (const { system, name, runbook } of alarms) {
      const [file = "", anchor = ""] = runbook.split("#");
      expect(file, name).toBe(`docs/runbooks/${system}.md`);
      expect(existsSync(join(repoRoot, file)), name).toBe(true);
      const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
      expect(headings, `${name} links to ${runbook}`).toContain(anchor);
    }
  });

  test("every dashboard has headings with graphs below, each with a title", () => {
    const boards = systems.flatMap(dashboardsOf);
    expect(boards).toHaveLength(5);
    for (const { name, rows } of boards) {
      expect(rows.length, name).toBeGreaterThan(1);
      for (const { title, graphs } of rows) {
        expect(title, name).not.toBe("");
        expect(graphs.length, `${name}: ${title}`).toBeGreaterThan(0);
        expect(graphs, `${name}: ${title}`).not.toContain("");
      }
    }
  });

  test("what alarms and dashboards read of the system's own, some role may write", () => {
    const read = systems.flatMap((recorded) =>
      [...ownMetricsOf(recorded).keys()].map((namespace) => ({ recorded, namespace })),
    );
    expect(read.map(({ namespace }) => namespace)).toEqual(["phi3", "ollama", "agents", "afirgen/free"]);
    for (const { recorded, namespace } of read) expect(writersOf(recorded, namespace), namespace).not.toEqual([]);
  });
});

test("an alarm is told in words: signal, threshold, periods and what silence means", () => {
  const facts = (system: string, name: string) =>
    systems
      .filter((each) => each.system === system)
      .flatMap(alarmsOf)
      .find((alarm) => alarm.name === name);
  expect(facts("phi3", "phi3-latency-prod")).toMatchObject({
    signal: "AWS/ApplicationELB TargetResponseTime, p99",
    when: "above 5 in 3 of 5 min",
    missingData: "good",
    runbook: "docs/runbooks/phi3.md#latency",
  });
  expect(facts("lambda-efs", "lambda-efs-producer-throttles-prod")?.when).toBe("above 0 in 2 of 3 x 5 min");
  expect(facts("lambda-efs", "lambda-efs-api-server-errors-prod")?.when).toBe("at least 5 in 5 min");
  expect(facts("agents", "agents-cache-cpu-prod")).toMatchObject({
    signal: "Redis CPU (%), of AWS/ElastiCache EngineCPUUtilization",
    missingData: "bad",
  });
});
