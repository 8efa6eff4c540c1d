import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract, list } from "tar";
import { afterEach, expect, test } from "vitest";
import { releaseArchive } from "../../../../components/serverless/release-archive";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function sources(mode: number, at: Date): string {
  const folder = mkdtempSync(join(tmpdir(), "llm-stacks-release-"));
  folders.push(folder);
  mkdirSync(join(folder, "deploy/bin"), { recursive: true });
  mkdirSync(join(folder, "deploy/__pycache__"));
  writeFileSync(join(folder, "deploy/__pycache__/x.pyc"), "compiled");
  writeFileSync(join(folder, "deploy/compose.yml"), "services: {}\n");
  writeFileSync(join(folder, "deploy/bin/install.sh"), "#!/bin/sh\n");
  writeFileSync(join(folder, "main.js"), "1;\n");
  chmodSync(join(folder, "deploy/bin/install.sh"), 0o700 | mode);
  chmodSync(join(folder, "deploy/compose.yml"), 0o600 | mode);
  for (const file of ["deploy/compose.yml", "deploy/bin/install.sh", "main.js"]) utimesSync(join(folder, file), at, at);
  return folder;
}

const packed = (folder: string) =>
  releaseArchive({ ".": join(folder, "deploy"), "backend.cjs": join(folder, "main.js") });

test("the same files give the same bytes, whoever checked them out and when", () => {
  const one = packed(sources(0o000, new Date("2026-01-01")));
  const other = packed(sources(0o055, new Date("2026-11-21")));
  expect(other).toEqual(one);
  expect(one.path).toContain(one.sha256);
});

test("another text gives another archive", () => {
  const folder = sources(0, new Date());
  const before = packed(folder);
  writeFileSync(join(folder, "main.js"), "2;\n");
  expect(packed(folder).sha256).not.toBe(before.sha256);
});

test("parts lie where they were told to, programs can be run, and what tools leave is left out", async () => {
  const { path } = packed(sources(0, new Date()));
  const names: string[] = [];
  await list({ file: path, onReadEntry: (entry) => names.push(entry.path) });
  expect(names).toEqual(["backend.cjs", "bin/install.sh", "compose.yml"]);
  const to = mkdtempSync(join(tmpdir(), "llm-stacks-release-"));
  folders.push(to);
  await extract({ file: path, cwd: to });
  expect(statSync(join(to, "bin/install.sh")).mode & 0o777).toBe(0o755);
  expect(statSync(join(to, "compose.yml")).mode & 0o777).toBe(0o644);
});

test("a part that is not there is named", () => {
  expect(() => releaseArchive({ ".": "services/nothing/here" })).toThrow(
    "The release can't be packed: services/nothing/here missing",
  );
});
