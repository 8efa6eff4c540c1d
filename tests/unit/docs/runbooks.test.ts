import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { metricNames, metrics } from "../../../services/afirgen/metrics";

const files = globSync("docs/runbooks/*.md", { cwd: repoRoot }).sort();
const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");
const common = "docs/runbooks/common.md";

describe("runbooks", () => {
  test("the common one has the procedures that every operator asks for", () => {
    expect([...read(common).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
      "Out of memory",
      "Database storage",
      "Scale to the next size",
      "Backup and restore",
      "Disaster",
      "High latency",
      "Spot loss",
      "Quota",
    ]);
  });

  test("[afirgen 14.2] each links to it, and is linked from it", () => {
    const own = files.filter((file) => file !== common);
    expect(own).toHaveLength(5);
    for (const file of own) {
      expect(read(file), file).toContain("](common.md)");
      expect(read(common)).toContain(`](${file.split("/").at(-1)})`);
    }
  });

  test.each(files)("%s has shell commands that a shell reads", (file) => {
    const blocks = [...read(file).matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, block = ""]) => block);
    // Placeholders in angle brackets would be redirections.
    const filled = blocks.map((block) => block.replaceAll(/<([\w. -]+)>/g, "VALUE"));
    for (const block of filled) execFileSync("bash", ["-n"], { input: block, stdio: ["pipe", "ignore", "pipe"] });
  });

  test("[afirgen 14.3] that of afirgen says what each of the ten metrics is, in its unit", () => {
    const rows = [...read("docs/runbooks/afirgen.md").matchAll(/^\| `([A-Z]\w+\/\w+)` \| (\w+) \|/gm)];
    expect(rows.map(([, name, unit]) => ({ name, unit }))).toEqual(
      metricNames.map((name) => ({ name, unit: metrics[name].unit })),
    );
  });
});
