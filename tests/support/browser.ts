import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { withBrowser } from "../../automation/demo/browser";
import { findChromium } from "../../automation/demo/chromium";

const run = promisify(execFile);

/**
 * Opens a headless Chromium for a test, hands it over and closes it. Installs Chromium first where there is none, if this is root on Debian or Ubuntu.
 * @throws UserError, with what to do, where there is none and it can't be installed: no test passes for want of it
 */
export async function withTestBrowser<Result>(use: (browser: Browser) => Promise<Result>): Promise<Result> {
  return withBrowser(use, findChromium() ?? (await installChromium()));
}

async function installChromium(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    await run("apt-get", ["update", "-qq"]);
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  } catch (error) {
    console.error(`Chromium can't be installed: ${error instanceof Error ? error.message : error}`);
  }
  return findChromium();
}
