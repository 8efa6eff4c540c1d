/** Writes the documents that are made from the program: `npm run docs:generate`. Tests fail when one is stale. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repoRoot } from "../lib/paths";
import { configurationDocument } from "./configuration";
import { diagramDocument } from "./diagram";
import { monitoringDocument } from "./monitoring";
import { recordedSystems } from "./recorded";

/** Texts by path from the checkout. */
export async function generatedDocuments(): Promise<ReadonlyMap<string, string>> {
  const systems = await recordedSystems();
  return new Map([
    ["docs/configuration.md", configurationDocument()],
    ["docs/monitoring.md", monitoringDocument(systems)],
    ...systems.map((recorded) => [`docs/diagrams/${recorded.system}.md`, diagramDocument(recorded)] as const),
  ]);
}

async function main(): Promise<void> {
  for (const [path, text] of await generatedDocuments()) {
    const file = join(repoRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(path);
  }
}

if (require.main === module) void main();
