import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { hardware, isInstanceType } from "../../../components/inference/hardware";
import { agentsSchema } from "../../../stacks/agents-settings";
import { ollamaSchema } from "../../../stacks/ollama-settings";
import { phi3Schema } from "../../../stacks/phi3-settings";

const text = readFileSync(join(repoRoot, "docs/first-deploy.md"), "utf8");
const domain = {
  name: "a.example.com",
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
};
const schemas = { phi3: phi3Schema, ollama: ollamaSchema, agents: agentsSchema };
const rows = [...text.matchAll(/^\| `(\w+)` \| ([\w, ]+) \| (.+?) \| (\d+) \| (.+?) \|$/gm)].flatMap(
  ([, system = "", stacks = "", ...cells]) => stacks.split(", ").map((stack) => ({ system, stack, cells })),
);

describe("[operations 11] docs/first-deploy.md", () => {
  test("has a row for each system with a fleet in each stack", () => {
    expect(rows.map(({ system, stack }) => `${system} ${stack}`).sort()).toEqual(
      Object.keys(schemas)
        .flatMap((system) => ["dev", "prod", "staging"].map((stack) => `${system} ${stack}`))
        .sort(),
    );
  });

  test.each(rows)("says of $system in $stack what its defaults are, and what they cost", ({ system, stack, cells }) => {
    const environment = stack as "dev" | "staging" | "prod";
    const schema = schemas[system as keyof typeof schemas]({ environment, region: "us-east-1", secrets: new Set() });
    const allowP5 = system === "agents" && environment === "prod" ? { allowP5: true } : {};
    const { instanceTypes, size } = schema.parse(environment === "dev" ? {} : { domain, ...allowP5 });
    const [type = ""] = instanceTypes;
    if (!isInstanceType(type)) throw new Error(`${type} is not in the table of instance types`);
    const { vcpus, usdPerHour } = hardware[type];
    const range = (from: string, to: string) => (from === to ? from : `${from} to ${to}`);
    const usd = (count: number) => (count * usdPerHour.value).toFixed(2);
    expect(cells).toEqual([
      `${range(String(size.min), String(size.max))} ${type}`,
      String(size.max * vcpus),
      range(usd(size.min), usd(size.max)),
    ]);
  });

  test("names the quota of each family, with the command that raises it", () => {
    for (const code of ["L-DB2E81BA", "L-417A185B", "L-1216C47A", "L-3819A6DF"]) expect(text).toContain(code);
    expect(text).toMatch(/request-service-quota-increase .*--quota-code L-DB2E81BA --desired-value \d+/);
  });
});
