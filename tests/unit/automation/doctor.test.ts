import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { examine, packagesFinding } from "../../../automation/commands/doctor";
import { repoRoot } from "../../../automation/lib/paths";
import { debianPackages } from "../../../local/servers/packages";

const empty = mkdtempSync(join(tmpdir(), "llm-doctor-"));

beforeAll(() => {
  vi.stubEnv("LLM_STACKS_CACHE", empty);
  vi.stubEnv("LLM_STACKS_LOCAL_DIR", empty);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(empty, { recursive: true });
});

describe("the doctor", () => {
  test("names on a bare machine what is missing and how to get it", async () => {
    vi.stubEnv("PATH", empty);
    const findings = new Map((await examine()).map((finding) => [finding.what, finding]));
    for (const [what, cure] of [
      ["npm", "nodejs.org"],
      ["Go", "go.dev"],
      ["Python", "python3-venv"],
      ["git", "apt-get install git"],
    ] as const) {
      expect(findings.get(what)?.state, what).toBe("missing");
      expect(findings.get(what)?.detail).toContain(cure);
    }
    expect(findings.get("Go")?.detail).toContain("Or install Pulumi 3.220 or newer");
    expect(findings.get("Pulumi engine")?.state).toBe("later");
    expect(findings.get("Chromium")).toMatchObject({ state: "later" });
    expect(findings.get("Chromium")?.detail).toContain("apt-get install chromium");
    expect(findings.get("Node.js")?.state).toBe("ok");
  });

  test("has a line for what each demo and the tests need, which stops nothing", async () => {
    const findings = new Map((await examine()).map((finding) => [finding.what, finding]));
    for (const [what, needed] of [
      ["Servers", "./llm demo agents"],
      ["AFIRGen", "./llm demo afirgen"],
      ["For tests", "./llm test"],
    ] as const) {
      const finding = findings.get(what);
      const installed = debianPackages[needed].every(({ isInstalled }) => isInstalled());
      expect(finding?.state, what).toBe(installed ? "ok" : "later");
      if (installed) expect(finding?.detail).toBe(debianPackages[needed].map(({ name }) => name).join(", "));
      else expect(finding?.detail).toContain(needed);
    }
  });

  test("names of packages those that are not there, with what they take", () => {
    const one = (name: string, megabytes: number, there: boolean) => ({ name, megabytes, isInstalled: () => there });
    const some = [one("mariadb-server", 196, false), one("nginx", 2, true), one("tesseract-ocr", 89, false)];
    expect(packagesFinding("AFIRGen", "./llm demo afirgen", some)).toEqual({
      what: "AFIRGen",
      state: "later",
      detail:
        "./llm demo afirgen needs more: apt-get install --no-install-recommends mariadb-server tesseract-ocr (285 MB at most)",
    });
    expect(packagesFinding("AFIRGen", "./llm demo afirgen", [one("nginx", 2, true)])).toEqual({
      what: "AFIRGen",
      state: "ok",
      detail: "nginx",
    });
  });

  test("knows every package that the pipeline installs, but for the browser, and what the document of AFIRGen names", () => {
    const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");
    const known = Object.values(debianPackages).flatMap((packages) => packages.map(({ name }) => name));
    const installed = [...read(".ci/run").matchAll(/apt-get install([\w\s\\-]+)/g)].flatMap(([, words = ""]) =>
      words.split(/[\s\\]+/).filter((word) => /^[a-z]/.test(word) && word !== "chromium"),
    );
    expect(installed).toContain("mariadb-server");
    expect([...new Set([...installed, "openssl"])].sort()).toEqual([...known].sort());
    const [, named = ""] = /Debian's packages: `([^`]+)`/.exec(read("docs/systems/afirgen-application.md")) ?? [];
    expect(named.split(" ")).toEqual(debianPackages["./llm demo afirgen"].map(({ name }) => name));
  });
});
