import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { repoRoot } from "../../../automation/lib/paths";
import { hardware, isInstanceType } from "../../../components/inference/hardware";
import { type Exemption, parseExemptions } from "../../../policy-pack/lib/exemptions";
import { parseFreePlan } from "../../../policy-pack/lib/free-tier/plan";
import { rules } from "../../../policy-pack/registry";
import { type Estimate, estimate } from "../../../pricing/estimate";
import { usageSchema } from "../../../pricing/usage";
import { buildSystems } from "../../../stacks/build";
import { parseStackConfig } from "../../../stacks/config";
import { type Recording, record } from "../../support/mocks";
import type { Diagnostic } from "../../support/policy-harness";
import { awsAnswers } from "../../support/registered";
import { judgeStack } from "../policy-pack/whole-stacks";
import { pricedResources } from "../pricing/shipped";

// Whole programs.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const text = readFileSync(join(repoRoot, "docs/upgrade-free-tier.md"), "utf8");
const exemptionsFile = readFileSync(join(repoRoot, "policy-exemptions.yaml"), "utf8");
const settingsSchema = z.object({
  config: z.looseObject({
    "policy:profile": z.enum(["dev", "prod", "free"]),
    "policy:freePlan": z.string(),
    "llm-stacks:afirgen": z.looseObject({ instanceType: z.string().optional() }),
  }),
});
/** They join resources by ids that only AWS gives; tests/engine judges them for the shipped stack. */
const joinedById = ["enc-s3-tls-only", "lp-s3-bpa-present", "rel-s3-versioning"];

interface Tier {
  readonly name: string;
  readonly stack: string;
  readonly config: z.output<typeof settingsSchema>["config"];
  /** What the document adds to the exemptions. */
  readonly exemptions: readonly Exemption[];
}

function tierOf(name: string): Tier {
  const section = new RegExp(`^## ${name}\\n[\\s\\S]*?(?=^## )`, "m").exec(text)?.[0] ?? "";
  const blocks = [...section.matchAll(/```yaml\n([^`]+)```/g)].map(([, block = ""]) => block);
  const [settings = "", added] = blocks;
  const [, stack = ""] = /^# Pulumi\.([\w-]+)\.yaml$/m.exec(settings) ?? [];
  const parsed = parseExemptions(
    added === undefined ? exemptionsFile : `${exemptionsFile}\n${added}`,
    "policy-exemptions.yaml",
    new Set(rules.map(({ id }) => id)),
    new Date("2026-11-22"),
  );
  expect(parsed.problems).toEqual([]);
  const shipped = parse(exemptionsFile) as { exemptions: unknown[] };
  return {
    name,
    stack,
    config: settingsSchema.parse(parse(settings)).config,
    exemptions: parsed.exemptions.slice(shipped.exemptions.length),
  };
}

async function built({ config, stack }: Tier): Promise<Recording> {
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const parsed = parseStackConfig(Object.fromEntries(texts) as Record<string, string>, "llm-stacks", stack);
  const { recording } = await record(() => buildSystems(parsed, "123456789012"), { stack, calls: awsAnswers });
  return recording;
}

const excuses = (exemption: Exemption, { policy, urn }: Diagnostic) =>
  exemption.rule === policy && exemption.resource.split("*").at(-1) === urn?.split("::").slice(2).join("::");

const cells = (row: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(`| ${row} |`))
    ?.split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());

const costCells = ({ total }: Estimate) => [total.low, total.expected, total.high].map((usd) => `$${Math.round(usd)}`);

describe.each(["Basic", "Standard", "Production"])("[afirgen 14.4] the tier %s", (name) => {
  const tier = tierOf(name);
  let recording: Recording;
  let sum: Estimate;
  beforeAll(async () => {
    recording = await built(tier);
    sum = estimate(pricedResources(recording), {
      usage: usageSchema.parse({}),
      plan: parseFreePlan(tier.config["policy:freePlan"]) ?? "always-free",
    });
  });

  test("costs what the document says, with nothing left unpriced", () => {
    expect(sum.notPriced).toEqual([]);
    expect(cells(name)).toEqual(costCells(sum));
  });

  test("has a budget that holds what is expected of it", () => {
    const [, budget = "0"] = new RegExp(`\\./llm cost ${tier.stack} --budget (\\d+)`).exec(
      text.slice(text.indexOf(`## ${name}`)),
    ) ?? [""];
    expect(sum.total.expected).toBeLessThan(Number(budget));
    expect(tier.config["llm-stacks:afirgen"]["budgetUsdPerMonth"]).toBe(Number(budget));
  });

  test("passes the policies of its profile with the exemptions of the document, and needs each of them", async () => {
    const profile = tier.config["policy:profile"];
    const said = await judgeStack(recording, { stack: tier.stack, profile });
    const refused = said.filter(({ policy, level }) => level === "mandatory" && !joinedById.includes(policy));
    const unexcused = refused.filter((found) => !tier.exemptions.some((each) => excuses(each, found)));
    expect(unexcused).toEqual([]);
    for (const each of tier.exemptions) {
      expect(each.stacks).toEqual([tier.stack]);
      expect(
        refused.some((found) => excuses(each, found)),
        each.rule,
      ).toBe(true);
    }
  });
});

describe("docs/upgrade-free-tier.md", () => {
  test("gives the free tier's own cost", async () => {
    const shipped = {
      name: "free",
      stack: "free",
      config: settingsSchema.parse(parse(readFileSync(join(repoRoot, "Pulumi.free.yaml"), "utf8"))).config,
      exemptions: [],
    };
    expect(cells("free")).toEqual(
      costCells(estimate(pricedResources(await built(shipped)), { usage: usageSchema.parse({}), plan: "credits" })),
    );
  });

  test("says of each machine what the table of hardware says", () => {
    const machines = cells("machine") ?? [];
    expect(machines).toHaveLength(4);
    for (const machine of machines) {
      const [, type = "", vcpus, memory] = /^([\w.]+): (\d+) vCPUs.*, (\d+) GiB$/.exec(machine) ?? [];
      if (!isInstanceType(type)) throw new Error(`"${machine}" names no instance type`);
      expect([Number(vcpus), Number(memory)]).toEqual([hardware[type].vcpus, hardware[type].memoryGiB]);
    }
  });

  test("gives limits of containers that add up, within each machine's memory", () => {
    const services = ["`backend`", "`gguf-server`", "`asr-ocr-server`", "`nginx`"].map((row) =>
      cells(row)?.map(Number),
    );
    const sums = [0, 1, 2, 3].map((tier) => services.reduce((sum, row) => sum + (row?.[tier] ?? Number.NaN), 0));
    expect(cells("sum")?.map(Number)).toEqual(sums);
    const gib = (cells("machine") ?? []).map((machine) => Number(/, (\d+) GiB$/.exec(machine)?.[1]));
    for (const [tier, sum] of sums.entries()) expect(sum).toBeLessThan((gib[tier] ?? 0) * 1024);
  });

  test("has shell commands that a shell reads", () => {
    const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, block = ""]) => block);
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks) execFileSync("bash", ["-n"], { input: block, stdio: ["pipe", "ignore", "pipe"] });
  });
});
