import { type Browser, chromium } from "playwright-core";
import { UserError } from "../lib/user-error";
import { findChromium, programs } from "./chromium";

/**
 * Opens a headless Chromium, hands it over and closes it, whatever happens.
 *
 * @param program of Chromium. Default: the one on this machine
 * @throws UserError if there is none or it does not start; whatever `use` throws
 */
export async function withBrowser<Result>(
  use: (browser: Browser) => Promise<Result>,
  program: string | undefined = findChromium(),
): Promise<Result> {
  if (program === undefined) {
    throw new UserError(
      `There is no Chromium on this machine, which the page is shown in; none of ${programs.join(", ")} is on PATH.`,
      "Install it: apt-get install chromium (Debian), or Chrome from https://www.google.com/chrome",
    );
  }
  const browser = await start(program);
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

async function start(program: string): Promise<Browser> {
  try {
    // Chromium's sandbox needs a user other than root.
    return await chromium.launch({ executablePath: program, chromiumSandbox: process.getuid?.() !== 0 });
  } catch (cause) {
    throw new UserError(
      `${program} does not start: ${cause instanceof Error ? cause.message : cause}`,
      "See whether it starts by hand: chromium --headless --dump-dom about:blank",
      { cause },
    );
  }
}
