/**
 * Writes docs/checkov.md and the results that it is made of: `npm run policies:checkov`. Needs the engine and the
 * emulator; installs Checkov at first.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { repoRoot } from "../../../automation/lib/paths";
import { readSettings, SYSTEMS_KEY } from "../../../automation/lib/project";
import { UserError } from "../../../automation/lib/user-error";
import { checkovDocument, disagreements, type SystemResult } from "./document";
import { judgeByCheckov, previewStack } from "./judge-stack";

const STACKS = ["dev", "prod"];

async function main(): Promise<void> {
  const log = (line: string) => console.error(line);
  const results: SystemResult[] = [];
  for (const stack of STACKS) {
    for (const system of systemsOf(stack)) {
      log(`${system} with the settings of ${stack} ...`);
      const { left, ...result } = await judgeByCheckov(await previewStack(stack, [system]), log);
      if (left.length > 0) throw new Error(`Terraform's names are not known for ${left.join(", ")}`);
      results.push({ system, stack, ...result });
    }
  }
  results.sort((a, b) => a.system.localeCompare(b.system));
  const { unanswered, unused } = disagreements(results);
  for (const { system, stack, failed } of results) {
    for (const { id, name, address } of failed.filter((each) => unanswered.includes(each.id))) {
      log(`${system}, ${stack}: ${id} ${name}: ${address}`);
    }
  }
  if (unanswered.length > 0 || unused.length > 0) {
    throw new UserError(
      `Checks without an answer: ${unanswered.join(", ") || "none"}. Answers that no check needs: ${unused.join(", ") || "none"}.`,
      "Mend the component, or answer in tests/support/checkov/opinions.ts; remove answers that are not needed.",
    );
  }
  writeFileSync(join(__dirname, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(repoRoot, "docs", "checkov.md"), checkovDocument(results));
  console.log("docs/checkov.md is written.");
}

function systemsOf(stack: string): string[] {
  const systems = readSettings(stack).config?.[SYSTEMS_KEY];
  return Array.isArray(systems) ? systems : [];
}

main().catch((error: unknown) => {
  console.error(error instanceof UserError ? `${error.message}\n  -> ${error.hint}` : error);
  process.exitCode = 1;
});
