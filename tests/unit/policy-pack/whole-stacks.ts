/** Whole stacks before the pack: inputs come from mocks, with all ids known. */
import { readSettings } from "../../../automation/lib/project";
import { buildSystems } from "../../../stacks/build";
import { parseStackConfig } from "../../../stacks/config";
import { type Recording, record } from "../../support/mocks";
import type { Diagnostic, Json, Resource } from "../../support/policy-harness";
import { awsAnswers } from "../../support/registered";
import { serve } from "./rules";

const recorded = new Map<string, ReturnType<typeof recordOnce>>();

/** What the program registers for a stack as it is shipped, and the settings that it is shipped with. Several tests of one process ask. */
export function recordShipped(stack: string): ReturnType<typeof recordOnce> {
  const known = recorded.get(stack) ?? recordOnce(stack);
  recorded.set(stack, known);
  return known;
}

async function recordOnce(stack: string) {
  const settings = readSettings(stack).config ?? {};
  const texts = Object.entries(settings).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const config = parseStackConfig(Object.fromEntries(texts) as Record<string, string>, "llm-stacks", stack);
  const { recording } = await record(() => buildSystems(config, "123456789012"), { stack, calls: awsAnswers });
  return { recording, config, settings };
}

/** As the pack is asked about a resource. */
export function asResource({ type, name, inputs }: Recording["resources"][number]): Resource {
  return { type, name, props: JSON.parse(JSON.stringify(inputs ?? {})) as Record<string, Json> };
}

/** All that the pack says: of the whole stack, then of each resource. */
export async function judgeStack(
  { resources: registered }: Recording,
  { stack, profile }: Pick<NonNullable<Parameters<typeof serve>[0]>, "stack" | "profile">,
): Promise<Diagnostic[]> {
  const resources: Resource[] = [{ type: "pulumi:pulumi:Stack", name: stack }, ...registered.map(asResource)];
  const pack = await serve({ profile, stack });
  const diagnostics: Diagnostic[] = [...(await pack.analyzeStack(resources))];
  for (const resource of resources) diagnostics.push(...(await pack.analyze(resource)));
  return diagnostics;
}
