import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { withBrowser } from "../../../automation/demo/browser";
import { findChromium } from "../../../automation/demo/chromium";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llm-stacks-browser-"));
  for (const name of ["google-chrome", "chromium-browser", "chromium"]) {
    writeFileSync(join(folder, name), "#!/bin/sh\necho 'no display' >&2\nexit 1\n");
  }
  chmodSync(join(folder, "google-chrome"), 0o755);
  chmodSync(join(folder, "chromium-browser"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Where macOS has an application, that is found with any PATH.
describe.runIf(process.platform === "linux")("the browser on this machine", () => {
  test("is Chromium before Chrome, if it can be run", () => {
    expect(findChromium(["/nowhere", folder].join(delimiter))).toBe(join(folder, "chromium-browser"));
  });

  test("is none where PATH has none", () => {
    expect(findChromium("/nowhere")).toBeUndefined();
    expect(findChromium("")).toBeUndefined();
  });

  test("is asked for where there is none", async () => {
    vi.stubEnv("PATH", "/nowhere");
    const use = vi.fn();
    await expect(withBrowser(use)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining("There is no Chromium on this machine"),
      hint: expect.stringContaining("apt-get install chromium"),
    });
    expect(use).not.toHaveBeenCalled();
    vi.unstubAllEnvs();
  });

  test("is named with its own words where it does not start", async () => {
    const program = join(folder, "google-chrome");
    const failing = withBrowser(async () => undefined, program);
    await expect(failing).rejects.toThrow(`${program} does not start`);
    await expect(failing).rejects.toThrow("no display");
  });
});
