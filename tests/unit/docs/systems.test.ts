import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { capacityTable } from "../../../automation/commands/capacity";
import { repoRoot } from "../../../automation/lib/paths";
import { environments } from "../../../components/lib/context";
import { afirgenSchema } from "../../../stacks/afirgen-settings";
import { defaultAgentsBudget, idleUsdPerMonth } from "../../../stacks/agents-cost";
import { agentsSchema } from "../../../stacks/agents-settings";
import { defaultBudget } from "../../../stacks/inference-settings";
import { ollamaSchema } from "../../../stacks/ollama-settings";
import { phi3Schema } from "../../../stacks/phi3-settings";
import { settingsAt } from "../../../stacks/setting";
import type { Place } from "../../../stacks/system";

const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");
const place = (environment: Place["environment"]): Place => ({ environment, region: "us-east-1", secrets: new Set() });
const schemas = { phi3: phi3Schema, ollama: ollamaSchema, agents: agentsSchema, afirgen: afirgenSchema };

/** Paths of all settings, such as `size.min`; a list of objects is one setting. */
function settingPaths(schema: unknown, path: readonly string[] = []): string[] {
  const keys = settingsAt(schema, path);
  return keys.length === 0 ? [path.join(".")] : keys.flatMap((key) => settingPaths(schema, [...path, key]));
}

/** Names of the alarms that a system's composition makes, without system and stack. */
function alarmsOf(system: string): string[] {
  // What systems behind a load balancer have in common is not of one that has none.
  const shared = system === "afirgen" ? [] : ["stacks/inference-parts.ts"];
  const sources = [...globSync(`stacks/${system}*.ts`, { cwd: repoRoot }), ...shared].map(read);
  return [...sources.join("\n").matchAll(/\balarm\(\s*"([a-z0-9-]+)"/g)].map(([, name = ""]) => name);
}

describe.each(Object.keys(schemas))("the documents of %s", (system) => {
  const text = read(`docs/systems/${system}.md`);

  test("name every setting in their table, and no other", () => {
    const table = /## Settings\n[\s\S]*?(?=\n## )/.exec(text)?.[0] ?? "";
    const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
    );
    const schema = schemas[system as keyof typeof schemas];
    expect(cells.sort()).toEqual(settingPaths(schema(place("dev"))).sort());
  });

  test("have a heading for every alarm in the runbook", () => {
    const headings = [...read(`docs/runbooks/${system}.md`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    const alarms = alarmsOf(system);
    expect(alarms.length).toBeGreaterThan(3);
    expect(headings).toEqual(expect.arrayContaining(alarms));
  });
});

describe("the document of phi3", () => {
  const text = read("docs/systems/phi3.md");

  test("shows what ./llm capacity prints", () => {
    const [, shown = ""] = /\$ \.\/llm capacity [^\n]+\n([^`]+)```/.exec(text) ?? [];
    const types = ["g5.xlarge", "g6.xlarge", "g6e.xlarge"];
    expect(shown.trim()).toBe(capacityTable("microsoft/Phi-3-mini-4k-instruct", types, {}));
  });

  test("gives the sizes and budgets that each environment really has", () => {
    const domain = {
      name: "llm.example.com",
      certificateArn: `arn:aws:acm:us-east-1:123456789012:certificate/${"0".repeat(8)}`,
    };
    const settings = environments
      .filter((environment) => environment !== "free")
      .map((environment) => phi3Schema(place(environment)).parse({ domain }));
    const all = (of: (one: (typeof settings)[number]) => string | number) => settings.map(of).join(" · ");
    expect(text).toContain(
      `| \`size.min\`, \`size.max\`, \`size.desired\` | ${all(({ size }) => `${size.min}, ${size.max}`)};`,
    );
    const budgets = all(({ instanceTypes, size }) => defaultBudget(instanceTypes, size.max));
    expect(text).toContain(`| \`budgetUsdPerMonth\` | ${budgets} |`);
  });
});

describe("the document of agents", () => {
  const text = read("docs/systems/agents.md");
  const domain = {
    name: "agents.example.com",
    certificateArn: `arn:aws:acm:us-east-1:123456789012:certificate/${"0".repeat(8)}`,
  };
  const settings = environments
    .filter((environment) => environment !== "free")
    .map((environment) => agentsSchema(place(environment)).parse({ domain, allowP5: true }));

  test("gives the sizes and budgets that each environment really has", () => {
    const all = (of: (one: (typeof settings)[number]) => string | number) => settings.map(of).join(" · ");
    expect(text).toContain(
      `| \`size.min\`, \`size.max\`, \`size.desired\` | ${all(({ size }) => `${size.min}, ${size.max}`)};`,
    );
    expect(text).toContain(
      `| \`servers.size.min\`, \`servers.size.max\` | ${all(({ servers: { size } }) => `${size.min}, ${size.max}`)} |`,
    );
    expect(text).toContain(`| \`budgetUsdPerMonth\` | ${all(defaultAgentsBudget)} |`);
  });

  test("gives the sums that the budget is made of", () => {
    const least = settings.map((one) => idleUsdPerMonth(one, one.size.min, one.servers.size.min));
    const [dev = 0, , prod = 0] = least;
    expect(text).toContain(`**about $${Math.round(dev)}**`);
    expect(text).toContain(`**about $${(Math.round(prod / 100) * 100).toLocaleString("en-US")}**`);
  });
});
