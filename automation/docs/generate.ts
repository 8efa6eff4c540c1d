/** Writes the documents that are made from the program: `npm run docs:generate`. Tests fail when one is stale. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SystemName } from "../../stacks/systems";
import { repoRoot } from "../lib/paths";
import { configurationDocument } from "./configuration";
import { dashboardFile, dashboardPicturesOf, dashboardSvg } from "./dashboard-picture";
import { diagramDocument, withDiagram } from "./diagram";
import { monitoringDocument } from "./monitoring";
import { recordedSystems } from "./recorded";

/** Whose diagram the README shows. */
export const shownInReadme: SystemName = "phi3";

/** Texts by path from the checkout. */
export async function generatedDocuments(): Promise<ReadonlyMap<string, string>> {
  const systems = await recordedSystems();
  const readme = readFileSync(join(repoRoot, "README.md"), "utf8");
  return new Map([
    ...systems
      .filter(({ system }) => system === shownInReadme)
      .map((recorded) => ["README.md", withDiagram(readme, recorded)] as const),
    ["docs/configuration.md", configurationDocument()],
    ["docs/monitoring.md", monitoringDocument(systems)],
    ...systems.map((recorded) => [`docs/diagrams/${recorded.system}.md`, diagramDocument(recorded)] as const),
    ...systems.flatMap(dashboardPicturesOf).map((picture) => [dashboardFile(picture), dashboardSvg(picture)] as const),
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
