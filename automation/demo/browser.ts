import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { UserError } from "../lib/user-error";

/** Names of Chromium's program, in the order they are looked for on PATH. */
const programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where macOS has it, which puts applications on no PATH. */
const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The program of Chromium or Chrome on this machine; undefined if there is none. */
export function findChromium(path: string = process.env["PATH"] ?? ""): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const onPath = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  return [...onPath, ...applications].find(isProgram);
}

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

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
