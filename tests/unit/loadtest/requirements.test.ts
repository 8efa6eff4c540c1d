import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { pinnedVersion } from "../../../local/environment";
import { findPython } from "../../../local/python";

const read = (file: string) => readFileSync(join(repoRoot, "loadtest", file), "utf8");
const requirements = read("requirements.txt");

test("every package is pinned to one version and to the hashes of its files, and nothing says where they come from", () => {
  const entries = requirements
    .replaceAll(/\s*\\\n\s+/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  expect(entries.length).toBeGreaterThan(30);
  for (const entry of entries) expect(entry).toMatch(/^[a-z0-9.-]+==\S+( ; .*?)? --hash=sha256:[0-9a-f]{64}/);
  expect(requirements).not.toMatch(/^--|https?:/m);
});

test("the list has the Locust that requirements.in asks for", () => {
  expect(read("requirements.in")).toContain(`\nlocust==${pinnedVersion(requirements, "locust")}\n`);
});

test("a machine without Python is told that the load test needs it", async () => {
  await expect(findPython("/nowhere", "the load test")).rejects.toThrow(
    "The load test needs Python 3.10 or newer with venv; no python3 is on PATH.",
  );
});
