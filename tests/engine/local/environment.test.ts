import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ensurePythonEnvironment } from "../../../local/environment";
import { findPython } from "../../../local/python";

// Installing, with a package made here instead of the real ones: no index is asked.

let folder: string;
let hash: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "llm-stacks-environment-"));
  const { command } = await findPython();
  const info = join(folder, "ministack-1.0.dist-info");
  mkdirSync(info);
  writeFileSync(join(folder, "ministack.py"), "");
  writeFileSync(join(info, "METADATA"), "Metadata-Version: 2.1\nName: ministack\nVersion: 1.0\n");
  writeFileSync(join(info, "WHEEL"), "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  writeFileSync(join(info, "RECORD"), "ministack.py,,\n");
  const wheel = "ministack-1.0-py3-none-any.whl";
  execFileSync(command, ["-m", "zipfile", "-c", wheel, "ministack.py", "ministack-1.0.dist-info"], { cwd: folder });
  hash = createHash("sha256")
    .update(readFileSync(join(folder, wheel)))
    .digest("hex");
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_FIND_LINKS", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function requirements(line: string): string {
  const file = join(folder, "requirements.txt");
  writeFileSync(file, `${line}\n`);
  return file;
}

test("packages are installed once, also when two runs want them at once, and then found", async () => {
  const cache = join(folder, "cache");
  const lines: string[] = [];
  const file = requirements(`ministack==1.0 --hash=sha256:${hash}`);
  const install = () => ensurePythonEnvironment((line) => lines.push(line), cache, file);
  const [first, second] = await Promise.all([install(), install()]);
  expect(second).toEqual(first);
  expect(execFileSync(first.python, ["-c", "import ministack; print('in')"], { encoding: "utf8" })).toBe("in\n");
  expect(lines.filter((line) => line.startsWith("Installing"))).toHaveLength(1);
  expect(readdirSync(cache)).toEqual([expect.stringMatching(/^emulator-1\.0-[0-9a-f]{12}$/)]);
  expect(await install()).toEqual(first);
});

test("a package whose file has another hash is refused, and nothing of it stays", async () => {
  const cache = join(folder, "cache");
  const file = requirements(`ministack==1.0 --hash=sha256:${"0".repeat(64)}`);
  await expect(ensurePythonEnvironment(() => {}, cache, file)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("Installing the local AWS failed"),
    hint: expect.stringContaining("is not the one that"),
  });
  expect(readdirSync(cache)).toEqual([]);
});

test("a package without a hash is refused", async () => {
  const file = requirements("ministack==1.0");
  await expect(ensurePythonEnvironment(() => {}, join(folder, "cache"), file)).rejects.toMatchObject({
    message: expect.stringContaining("hash"),
  });
});

test("a package that can't be had says so, with what to check", async () => {
  const file = requirements(`ministack==2.0 --hash=sha256:${hash}`);
  await expect(ensurePythonEnvironment(() => {}, join(folder, "cache"), file)).rejects.toMatchObject({
    message: expect.stringContaining("No matching distribution found for ministack==2.0"),
    hint: expect.stringContaining("Check that pip can reach its package index"),
  });
});
