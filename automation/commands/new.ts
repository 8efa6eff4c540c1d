import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isNamePart } from "../../components/lib/names";
import { freeBlocks, newSettings, twinName } from "../environments/new-stack";
import { UsageError } from "../lib/exit";
import { repoRoot } from "../lib/paths";
import { knownStacks, readSettings, type StackSettings, SYSTEMS_KEY } from "../lib/project";

export interface NewFlags {
  from: string;
  systems?: string[];
  region?: string;
  account?: string;
}

const longestName = 20;
const regionName = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** `./llm new`: a settings file for a new stack, with addresses that no other stack has. */
export function newStack(name: string, flags: NewFlags): void {
  checkNames(name, flags);
  const source = readSettings(flags.from);
  const systems = flags.systems ?? listOf(source);
  const { systems: rows } = require("../../stacks/systems") as typeof import("../../stacks/systems");
  const names = Object.keys(rows) as (keyof typeof rows)[];
  const chosen = names.filter((system) => systems.includes(system));
  const unknown = systems.filter((system) => !names.some((known) => known === system));
  if (unknown.length > 0) {
    throw new UsageError(`There is no system "${unknown.join('", "')}".`, `Systems: ${names.join(", ")}.`);
  }
  const taken = knownStacks().flatMap((stack) => blocksOf(readSettings(stack)));
  const blocks = new Map(
    freeBlocks(chosen, taken).map(({ system, cidr }) => [rows[system as keyof typeof rows].configKey, cidr]),
  );
  const text = readFileSync(join(repoRoot, `Pulumi.${flags.from}.yaml`), "utf8");
  const made = newSettings(name, text, {
    ...(flags.systems && { systems: flags.systems }),
    ...(flags.region && { region: flags.region }),
    ...(flags.account && { accountId: flags.account }),
    blocks,
  });
  writeFileSync(join(repoRoot, `Pulumi.${name}.yaml`), made.text, { flag: "wx" });
  console.log(
    `Pulumi.${name}.yaml is a stack like ${flags.from} with addresses of its own. Read it, then: ./llm preview ${name}`,
  );
  for (const what of made.todo) console.log(`  -> ${what}`);
}

/** The twin of a stack in another region: its name, with a settings file, which is made where there is none. */
export function twinIn(stack: string, region: string): string {
  if (readSettings(stack).config?.["aws:region"] === region) return stack;
  const twin = twinName(stack, region);
  if (!knownStacks().includes(twin)) newStack(twin, { from: stack, region });
  return twin;
}

function checkNames(name: string, { from, region, account }: NewFlags): void {
  if (!isNamePart(name) || name.length > longestName) {
    throw new UsageError(
      `"${name}" can't be a stack's name.`,
      `Use up to ${longestName} lower case letters, digits and single hyphens, a letter first.`,
    );
  }
  if (existsSync(join(repoRoot, `Pulumi.${name}.yaml`))) {
    throw new UsageError(`There is a stack "${name}" already.`, `See Pulumi.${name}.yaml.`);
  }
  if (!knownStacks().includes(from)) {
    throw new UsageError(`There is no stack "${from}" to start from.`, `Stacks: ${knownStacks().join(", ")}.`);
  }
  if (region !== undefined && !regionName.test(region)) {
    throw new UsageError(`"${region}" is not an AWS region.`, "Such as --region eu-west-1");
  }
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw new UsageError(`"${account}" is not an AWS account.`, "It has twelve digits.");
  }
}

function listOf({ config }: StackSettings): string[] {
  const list = config?.[SYSTEMS_KEY];
  return Array.isArray(list) ? list.map(String) : [];
}

/** The addresses of a stack's systems; none of a file that is wrong, which its own preview tells. */
function blocksOf({ config = {} }: StackSettings): string[] {
  const { cidrOf } = require("../../stacks/config") as typeof import("../../stacks/config");
  const { systemNames } = require("../../stacks/systems") as typeof import("../../stacks/systems");
  const environment = config["llm-stacks:environment"];
  if (environment !== "dev" && environment !== "staging" && environment !== "prod" && environment !== "free") return [];
  const region = String(config["aws:region"] ?? "us-east-1");
  const raw = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/^llm-stacks:/, ""), value]),
  );
  return systemNames
    .filter((name) => listOf({ config }).includes(name))
    .map((name) => cidrOf(name, raw, { environment, region, secrets: new Set() }))
    .filter((cidr): cidr is string => cidr !== undefined);
}
