import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import packageJson from "../../../package.json";
import { type SystemName, systemNames } from "../../../stacks/systems";
import { devDefaults, registered } from "../../support/registered";

const files = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "README.md", "docs/*.md"],
  {
    cwd: repoRoot,
    encoding: "utf8",
  },
)
  .trim()
  .split("\n");
const documents = files.map((file) => ({ file, text: readFileSync(join(repoRoot, file), "utf8") }));
const systems = systemNames.join("|");

/** Everything that the dev stack of each system registers and tells, as text. */
let deployed: string;

async function registeredText(system: SystemName): Promise<string> {
  const { recording, outputs } = await registered(system, devDefaults);
  return JSON.stringify([recording.resources.map(({ inputs }) => inputs), outputs]);
}

beforeAll(async () => {
  const texts: string[] = [];
  for (const system of systemNames) texts.push(await registeredText(system));
  deployed = texts.join("\n");
  // Whole programs: a tenth of this where the machine has nothing else to do.
}, 300_000);

describe("[ollama P2] documentation naming consistency", () => {
  const named = documents.flatMap(({ file, text }) =>
    [...text.matchAll(new RegExp(`\\b(?:${systems})(?:-[a-z0-9]+)+-dev\\b|/(?:${systems})/dev/[a-z-]+`, "g"))].map(
      ([name]) => ({ file, name }),
    ),
  );

  test("names of resources in documents are those of the dev stack", () => {
    expect(named.length).toBeGreaterThan(20);
    for (const { file, name } of named) expect(deployed.includes(name), `${file} names ${name}`).toBe(true);
  });

  test("no document keeps a name of what the design was made from", () => {
    for (const { file, text } of documents)
      expect(text, file).not.toMatch(/crud|education.?portal|tfvars|terraform apply/i);
  });
});

test("[ollama P3] documentation command accuracy: documents name only npm scripts that there are", () => {
  const scripts = documents.flatMap(({ file, text }) =>
    [...text.matchAll(/npm run ([a-z:-]+)/g)].map(([, script = ""]) => ({ file, script })),
  );
  expect(scripts.length).toBeGreaterThan(2);
  for (const { file, script } of scripts) expect(Object.keys(packageJson.scripts), file).toContain(script);
});
