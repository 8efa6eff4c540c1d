/** The reference of all settings, from the schemas that check them. */
import { z } from "zod";
import { type Environment, environments } from "../../components/lib/context";
import { baseSettings } from "../../stacks/config";
import { environmentDefaults } from "../../stacks/environments";
import { helpFor } from "../../stacks/setting";
import type { Place, System } from "../../stacks/system";
import { type SystemName, systemNames, systems } from "../../stacks/systems";
import { table } from "../lib/markdown";

/** The region of shipped stacks; settings that name zones have those of the stack's own. */
const region = "us-east-1";

export interface Leaf {
  /** Such as `size.min`; `[]` stands for a list's place. */
  readonly path: string;
  readonly expects: string;
  /** As YAML would have it, or in words. */
  readonly byDefault: string;
}

/** Every setting of a schema, in its order; a list of maps is one, and each key of its maps another. */
export function leavesOf(root: z.ZodType): Leaf[] {
  return walk(root, root, [], undefined);
}

function walk(root: z.ZodType, schema: z.ZodType, path: readonly string[], inside: string | undefined): Leaf[] {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) {
    const around = schema instanceof z.ZodOptional ? written(path) : inside;
    return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, child]) =>
      walk(root, child, [...path, key], around),
    );
  }
  const expects = expected(root, path);
  const leaf = {
    path: written(path),
    expects: expects ?? "a list of maps, with the keys below",
    byDefault: defaultOf(schema, inside),
  };
  if (!(inner instanceof z.ZodArray) || !(bare(inner.element as z.ZodType) instanceof z.ZodObject)) {
    if (expects === undefined) throw new Error(`${leaf.path} does not say what it expects; give it a setting().`);
    return [leaf];
  }
  return [leaf, ...walk(root, inner.element as z.ZodType, [...path, "[]"], "each")];
}

/** In the words of the schema's own error messages; of a list, also what each of its values may be. */
function expected(root: z.ZodType, path: readonly string[]): string | undefined {
  const own = helpFor(root, path)?.expects;
  const each = helpFor(root, [...path, "[]"])?.expects;
  return own !== undefined && each?.startsWith("one of ") && !own.endsWith(each) ? `${own}, each ${each}` : own;
}

function written(path: readonly string[]): string {
  return path.join(".").replaceAll(".[]", "[]");
}

function bare(schema: z.ZodType): z.ZodType {
  let here = schema;
  while (here instanceof z.ZodDefault || here instanceof z.ZodOptional || here instanceof z.ZodPrefault) {
    here = here.def.innerType as z.ZodType;
  }
  return here;
}

/** What a setting is when it is left out. */
function defaultOf(schema: z.ZodType, inside: string | undefined): string {
  const { success, data } = schema.safeParse(undefined);
  const where = inside === undefined ? "" : inside === "each" ? " in each" : ` where \`${inside}\` is given`;
  if (!success) return `to be set${where}`;
  if (data === undefined) return "none";
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return `\`${text}\`${inside === undefined || inside === "each" ? "" : where}`;
}

/** Defaults of every environment in one cell: those that agree are told together. */
function together(byEnvironment: ReadonlyMap<Environment, string>): string {
  const grouped = Map.groupBy(byEnvironment, ([, text]) => text);
  if (grouped.size === 1) return [...grouped.keys()].join("");
  return [...grouped]
    .map(([text, those]) => `${those.map(([environment]) => environment).join(", ")}: ${text}`)
    .join("; ");
}

/** The settings of a system with the defaults of all environments, without and with the system's secrets. */
export function settingsOf(name: SystemName): Leaf[] {
  const system: System = systems[name];
  const cells = (secrets: ReadonlySet<string>) => {
    const all = environments.map((environment) => {
      const place: Place = { environment, region, secrets };
      return { environment, leaves: leavesOf(system.schema(place)) };
    });
    return (all[0]?.leaves ?? []).map((leaf, index) => ({
      ...leaf,
      expects: together(new Map(all.map(({ environment, leaves }) => [environment, leaves[index]?.expects ?? ""]))),
      byDefault: together(new Map(all.map(({ environment, leaves }) => [environment, leaves[index]?.byDefault ?? ""]))),
    }));
  };
  const withSecrets = cells(new Set(system.secretKeys));
  return cells(new Set()).map((leaf, index) => {
    const other = withSecrets[index]?.byDefault;
    const keys = system.secretKeys.map((key) => `\`${key}\``).join(", ");
    return other === leaf.byDefault
      ? leaf
      : { ...leaf, byDefault: `${leaf.byDefault}; with the secret ${keys} ${other}` };
  });
}

const introduction = `# Configuration

Every setting of a stack and of its systems, drawn from the schemas that check them by \`npm run docs:generate\`. They stand in \`Pulumi.<stack>.yaml\`, or are set by command:

\`\`\`sh
pulumi config set llm-stacks:alarmEmail ops@example.com --stack dev
pulumi config set --path 'llm-stacks:phi3.size.max' 4 --stack dev
\`\`\`

Before anything is made, all of them are read. What is wrong or unknown is refused together, each with what was expected and the command that mends it. Some must fit each other, such as sizes, or a model and the memory of its instances; those checks are told in the documents of the systems.

\`to be set\` means that there is no default. \`none\` means that it may be left out; what happens then is told in the system's document. Zones are those of ${region} here, and of the stack's region in truth.`;

const elsewhere = `## Beside the program

Read by other parts, which check them: \`aws:region\`, the region, needed in every stack; \`cost:budgetUsd\` and \`cost:usage\` ([costs](costs.md)); \`policy:profile\`, \`policy:freePlan\` and \`policy:exemptions\` ([policies](policies.md)).`;

export function configurationDocument(): string {
  return `${[
    introduction,
    "## The stack",
    "Under `llm-stacks:` itself.",
    rows(leavesOf(z.strictObject(baseSettings))),
    elsewhere,
    "## What an environment decides",
    "`llm-stacks:environment` chooses the defaults; where a setting below has the same name, that one wins. [stacks/environments.ts](../stacks/environments.ts) says what each is.",
    environmentTable(),
    ...systemNames.map(section),
  ].join("\n\n")}\n`;
}

function section(name: SystemName): string {
  const { configKey, secretKeys } = systems[name] as System;
  const keys = secretKeys.map((key) => `\`llm-stacks:${key}\``).join(", ");
  return [
    `## ${name}`,
    `Under \`llm-stacks:${configKey}\`. What each is for: [${name}](systems/${name}.md#settings).`,
    rows(settingsOf(name)),
    ...(keys ? [`Secrets, all of which may be left out (\`pulumi config set --secret\`): ${keys}.`] : []),
  ].join("\n\n");
}

function rows(leaves: readonly Leaf[]): string {
  return table(
    ["setting", "expected", "default"],
    leaves.map(({ path, expects, byDefault }) => [`\`${path}\``, expects, byDefault]),
  ).join("\n");
}

function environmentTable(): string {
  const names = Object.keys(environmentDefaults.dev) as (keyof (typeof environmentDefaults)["dev"])[];
  return table(
    ["", ...environments],
    names.map((name) => [
      `\`${name}\``,
      ...environments.map((environment) => {
        const value = environmentDefaults[environment][name];
        return value === undefined ? "none" : `\`${value}\``;
      }),
    ]),
  ).join("\n");
}
