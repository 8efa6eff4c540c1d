import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { diagramDocument, diagramOf } from "../../../automation/docs/diagram";
import { type RecordedSystem, recordedSystems } from "../../../automation/docs/recorded";
import { repoRoot } from "../../../automation/lib/paths";
import { systemNames } from "../../../stacks/systems";

const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");

let systems: readonly RecordedSystem[];
beforeAll(async () => {
  systems = await recordedSystems();
  // Whole programs: a tenth of this where the machine has nothing else to do.
}, 300_000);

const recordedOf = (name: string) => {
  const found = systems.find(({ system }) => system === name);
  if (!found) throw new Error(`${name} was not recorded.`);
  return found;
};

describe.each(systemNames)("the picture of %s", (name) => {
  test("is the one that the program has", () => {
    const committed = read(`docs/diagrams/${name}.md`);
    expect(committed, "run `npm run docs:generate`").toBe(diagramDocument(recordedOf(name)));
  });

  test("can be taken in at a look: at most 25 boxes, each of which an arrow leads to or from, but for what shows the others", () => {
    const { nodes, edges } = diagramOf(recordedOf(name));
    expect(nodes.length).toBeLessThanOrEqual(25);
    const joined = new Set(edges.flatMap(({ from, to }) => [from, to]));
    expect(nodes.map(({ id }) => id).filter((id) => !joined.has(id) && !id.includes("dashboard"))).toEqual([]);
  });

  test("is shown by ARCHITECTURE.md", () => {
    expect(read("ARCHITECTURE.md")).toContain(`(docs/diagrams/${name}.md)`);
  });
});

test("pictures show who calls whom, and what a role may reach by name", () => {
  const arrows = (name: string) => diagramOf(recordedOf(name)).edges.map(({ from, to, ports }) => [from, to, ports]);
  expect(arrows("agents")).toEqual(
    expect.arrayContaining([
      ["agents-alb", "agents-servers", [3000]],
      ["agents-servers", "agents-engines", [8000]],
      ["agents-servers", "agents-database", [5432]],
      ["agents-servers", "agents-results", []],
      ["agents-engines", "secrets", []],
    ]),
  );
  expect(arrows("ollama")).toEqual(
    expect.arrayContaining([
      ["ollama-cdn", "ollama-alb", []],
      ["ollama-alb", "ollama-servers", [8080, 11434]],
    ]),
  );
  expect(arrows("lambda-efs")).toContainEqual(["lambda-efs-data", "lambda-efs-producer", []]);
  // The HTTP API's authorizer has the same name as the secret that engines read.
  expect(arrows("phi3")).toContainEqual(["phi3-engines", "secrets", []]);
  expect(arrows("phi3")).not.toContainEqual(["phi3-engines", "phi3-api", []]);
  // The function is invoked; the permission that says so points the other way.
  expect(arrows("lambda-efs")).not.toContainEqual(["lambda-efs-producer", "lambda-efs-api", []]);
});

test("ARCHITECTURE.md names only files and folders that there are", () => {
  const named = [...read("ARCHITECTURE.md").matchAll(/`([\w.-]+(?:\/[\w.-]*)+)`/g)]
    .map(([, path = ""]) => path)
    .filter((path) =>
      /^(automation|components|docs|local|loadtest|packer|policy-pack|pricing|services|stacks|tests|toolchain|userdata|\.github)\//.test(
        path,
      ),
    );
  expect(named.length).toBeGreaterThan(20);
  for (const path of named) expect(existsSync(join(repoRoot, path)), path).toBe(true);
});
