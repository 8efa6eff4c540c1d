import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { examine } from "../../../automation/commands/doctor";

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
});
