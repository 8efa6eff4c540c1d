import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pinnedVersion } from "../../../local/environment";

const local = join(__dirname, "../../../local");
const requirements = readFileSync(join(local, "requirements.txt"), "utf8");

/** One entry per requirement: its line, with the hashes that follow it. */
const entries = requirements
  .replaceAll(/\s*\\\n\s+/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));

test("every package is pinned to one version and to the hashes of its files", () => {
  expect(entries.length).toBeGreaterThan(15);
  for (const entry of entries) expect(entry).toMatch(/^[a-z0-9.-]+==\S+( ; .*?)? --hash=sha256:[0-9a-f]{64}/);
});

test("nothing in the list says where packages come from", () => {
  // A host or a folder of one machine would be followed on every other.
  expect(requirements).not.toMatch(/^--|https?:/m);
});

test("what requirements.in asks for is in the list", () => {
  const asked = readFileSync(join(local, "requirements.in"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const names = entries.map((entry) => entry.split("==")[0]);
  expect(asked.map((line) => line.split("==")[0]).filter((name) => !names.includes(name))).toEqual([]);
  expect(asked).toContain(`ministack==${pinnedVersion(requirements)}`);
});

test("every gap is for the pinned ministack, and is closed", () => {
  const folder = join(local, "emulator", "gaps");
  const index = readFileSync(join(folder, "__init__.py"), "utf8");
  const files = readdirSync(folder).filter((file) => file.endsWith(".py") && file !== "__init__.py");
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8");
    expect([file, /^FOR_VERSION = "(.*)"$/m.exec(text)?.[1]]).toEqual([file, pinnedVersion(requirements)]);
    expect(index).toContain(`"${file.replace(".py", "")}",`);
  }
});

test("a list without ministack is refused", () => {
  expect(() => pinnedVersion("botocore==1.0.0\n")).toThrow("requirements.txt pins no ministack");
});
