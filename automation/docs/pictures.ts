/** Takes the pictures of the pages that the documents show: `npm run docs:pictures`. Dashboards are drawn by `npm run docs:generate`. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { statement } from "../../local/afirgen/statements";
import { startWhole } from "../../local/afirgen/whole";
import { ensureModelServer } from "../../local/model/server";
import { withTestBrowser } from "../../tests/support/browser";
import { type Site, startPageServer } from "../../tests/support/page-server";
import { usePageIn } from "../demo/page";
import { repoRoot } from "../lib/paths";

/** Where the documents' pictures are, from the checkout. */
export const pictureFolder = "docs/pictures";

/** Files that `takePictures` writes. */
export const pagePictures = ["phi3-page.png", "phi3-page-engine-down.png", "afirgen-page.png"] as const;
type PagePicture = (typeof pagePictures)[number];

/** What the pages said when the pictures were taken. */
export type Shown = Readonly<Record<PagePicture, { readonly text: string; readonly problems: readonly string[] }>>;

const viewport = { width: 900, height: 600 };
// The small model continues texts; it was not trained to answer.
const question = "Once upon a time there was a lighthouse keeper who";
const afirgenSite: Site = { folder: "services/afirgen/site", api: ["/api/"], headers: {} };

/**
 * Uses each page in Chromium as a visitor does, served as in the tests, with the small real model of local runs behind it, and takes its picture.
 *
 * @param folder gets the files
 * @throws UserError when Chromium, the model or a server that AFIRGen needs can't be had; Error when a page does not come to its end
 */
export function takePictures(folder: string, log: (line: string) => void): Promise<Shown> {
  mkdirSync(folder, { recursive: true });
  return withTestBrowser(async (browser) => ({
    ...(await takeDemoPage(browser, folder, log)),
    "afirgen-page.png": await takeAfirgenPage(browser, join(folder, "afirgen-page.png"), log),
  }));
}

async function takeDemoPage(browser: Browser, folder: string, log: (line: string) => void) {
  const taken = mkdtempSync(join(tmpdir(), "llm-pictures-"));
  const model = await ensureModelServer(log, { names: ["phi-3-mini"], api: "vllm" });
  const page = await startPageServer(model.endpoint);
  const use = async (picture: string, file: PagePicture) => {
    const seen = await usePageIn(browser, page.url, {
      prompt: question,
      maxTokens: 64,
      screenshotDir: taken,
      viewport,
    });
    copyFileSync(join(taken, picture), join(folder, file));
    return { text: seen.error ?? seen.text, problems: seen.problems };
  };
  try {
    const answered = await use("page-answer.png", "phi3-page.png");
    await model.stop();
    return {
      "phi3-page.png": answered,
      "phi3-page-engine-down.png": await use("page-error.png", "phi3-page-engine-down.png"),
    };
  } finally {
    await page.close();
    await model.stop();
    rmSync(taken, { recursive: true, force: true });
  }
}

async function takeAfirgenPage(browser: Browser, file: string, log: (line: string) => void) {
  const whole = await startWhole({ log });
  const server = await startPageServer(whole.url, afirgenSite);
  const context = await browser.newContext({ viewport });
  // The model writes for as long as it takes on this machine.
  context.setDefaultTimeout(300_000);
  try {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(server.url);
    await page.locator("#text").fill(statement);
    await page.locator("#send").click();
    await page.locator("#result:not([hidden]), #failure:not([hidden])").waitFor();
    await page.screenshot({ path: file, fullPage: true });
    return { text: await page.locator("#result, #failure:not([hidden])").first().innerText(), problems };
  } finally {
    await context.close();
    await server.close();
    await whole.stop();
  }
}

async function main(): Promise<void> {
  const shown = await takePictures(join(repoRoot, pictureFolder), console.error);
  for (const name of pagePictures) console.log(`${pictureFolder}/${name}: ${shown[name].text.slice(0, 100)}`);
}

if (require.main === module) void main();
