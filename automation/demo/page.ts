import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { withBrowser } from "./browser";

export interface PageOptions {
  readonly prompt: string;
  /** Given to the page when it asks for one. Default: none, and the page's question is the end. */
  readonly apiKey?: string;
  /** Gets a picture of each state, and is made if it is not there. Default: no pictures. */
  readonly screenshotDir?: string;
  /** How long the page may take to load, and then an answer to end. Default 120. */
  readonly timeoutSeconds?: number;
  /** Longest answer in tokens. Default: the page's own. */
  readonly maxTokens?: number;
  /** Size of the window in CSS pixels. Default 1280 by 800. */
  readonly viewport?: { readonly width: number; readonly height: number };
}

export interface PageUse {
  /** The answer as the page showed it in the end. */
  readonly text: string;
  /** From sending the prompt to the first text on the page; undefined if none came. */
  readonly firstTokenMs: number | undefined;
  /** From sending the prompt to the end of the answer, or to the error. */
  readonly totalMs: number;
  /** The text grew in more than one step before the answer was at its end. */
  readonly grewBeforeEnd: boolean;
  /** Lengths of the answer on the page as it grew, in characters. */
  readonly lengths: readonly number[];
  /** What the page showed of latency and tokens, by its names: first, total, count, rate. Empty if it showed none. */
  readonly figures: Readonly<Record<string, string>>;
  /** What the page told of the engine, such as "The engine is ready." */
  readonly engine: string;
  /** The name of the model on the page. */
  readonly model: string;
  /** What the page said is wrong. */
  readonly error?: string;
  /** Errors in the browser's console, violations of the Content-Security-Policy, and errors nobody caught; but not the refusals for want of a key that was given then. */
  readonly problems: readonly string[];
  /** File names in `screenshotDir`. */
  readonly screenshots: readonly string[];
}

/** What the watcher below keeps in the page; times in milliseconds of the page's clock. */
interface Seen {
  readonly sentAt: number;
  readonly endedAt: number;
  readonly grown: readonly { readonly at: number; readonly length: number }[];
}

/**
 * Notes when a prompt is sent, each growth of the answer's text that a reader could see, and the end. It is text, because it runs in the page.
 * A page shows what came in one piece as one growth.
 */
const watcher = `
addEventListener("submit", (event) => {
  if (event.target.id === "prompt-form") window.seen = { sentAt: performance.now(), endedAt: 0, grown: [] };
}, true);
new MutationObserver(() => {
  const turn = document.querySelector(".turn:last-of-type");
  const seen = window.seen;
  if (!turn || !seen) return;
  const length = turn.querySelector("[data-part=answer]").textContent.length;
  if (length > (seen.grown.at(-1)?.length ?? 0)) seen.grown.push({ at: performance.now(), length });
  if (seen.endedAt === 0 && ["complete", "stopped", "failed"].includes(turn.dataset.state)) seen.endedAt = performance.now();
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
  console.error("Content-Security-Policy: " + violatedDirective + " forbids " + blockedURI + " in " + sourceFile));
`;

/**
 * Uses the demo page as a visitor does, in a headless Chromium: opens it, types the prompt, sends it, gives the key if asked for one, and watches the answer grow.
 * What the page shows as an error is in the result; that the page itself can't be used is thrown.
 *
 * @param url of the page
 * @throws UserError if there is no Chromium; Error if the page can't be loaded, is another page, or shows no end of the answer in time
 */
export function usePage(url: string, options: PageOptions): Promise<PageUse> {
  return withBrowser((browser) => usePageIn(browser, url, options));
}

/** Like `usePage`, in a browser that is open, as a visitor who was never here before. */
export async function usePageIn(browser: Browser, url: string, options: PageOptions): Promise<PageUse> {
  const { prompt, apiKey, maxTokens, timeoutSeconds = 120, viewport = { width: 1280, height: 800 } } = options;
  const context = await browser.newContext({ viewport });
  context.setDefaultTimeout(timeoutSeconds * 1000);
  try {
    const page = await context.newPage();
    const problems = await watch(page);
    const camera = new Camera(page, options.screenshotDir);
    await open(page, url);
    await page.locator("#engine:not([data-state=unknown])").waitFor();
    await camera.take("page-open");
    if (maxTokens !== undefined) await page.locator("#max-tokens").fill(String(maxTokens));
    await page.locator("#prompt").fill(prompt);
    await page.locator("#send").click();
    await answered(page, 0, camera);
    if (apiKey !== undefined && (await page.locator("#key-form").isVisible())) {
      await camera.take("page-key");
      const turns = await page.locator(".turn").count();
      await page.locator("#key").fill(apiKey);
      problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes("status of 401")));
      // The page sends the prompt again.
      await page.locator("#key").press("Enter");
      await answered(page, turns, camera);
    }
    const result = await read(page);
    await camera.take(result.error === undefined ? "page-answer" : "page-error");
    return { ...result, problems, screenshots: camera.taken };
  } finally {
    await context.close();
  }
}

/** Starts watching the page. The list gets what goes wrong in it. */
async function watch(page: Page): Promise<string[]> {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.addInitScript(watcher);
  return problems;
}

async function open(page: Page, url: string): Promise<void> {
  const response = await page.goto(url);
  if (!response?.ok()) throw new Error(`${url} answered ${response?.status() ?? "nothing"} instead of the page.`);
  if ((await page.locator("#prompt-form").count()) === 0) throw new Error(`${url} is not the demo page.`);
}

/** Waits until the turn with that index is at its end, with a picture of it halfway. */
async function answered(page: Page, index: number, camera: Camera): Promise<void> {
  const turn = page.locator(".turn").nth(index);
  await turn.and(page.locator("[data-state=streaming], [data-state=complete], [data-state=failed]")).waitFor();
  if ((await turn.getAttribute("data-state")) === "streaming") await camera.take("page-streaming");
  await turn.and(page.locator("[data-state=complete], [data-state=failed]")).waitFor();
}

async function read(page: Page): Promise<Omit<PageUse, "problems" | "screenshots">> {
  const turn = page.locator(".turn").last();
  const failure = turn.locator("[data-part=failure]");
  const { sentAt, endedAt, grown } = await page.evaluate<Seen>("window.seen");
  const before = grown.filter(({ at }) => at < endedAt);
  const figures: Record<string, string> = {};
  for (const figure of await turn.locator("[data-part=figures]:not([hidden]) [data-figure]").all()) {
    figures[(await figure.getAttribute("data-figure")) ?? ""] = await figure.innerText();
  }
  return {
    text: (await turn.locator("[data-part=answer]").textContent()) ?? "",
    firstTokenMs: grown[0] && grown[0].at - sentAt,
    totalMs: endedAt - sentAt,
    grewBeforeEnd: before.length > 1,
    lengths: grown.map(({ length }) => length),
    figures,
    engine: await page.locator("#engine").innerText(),
    model: await page.locator("#model").innerText(),
    ...((await failure.isVisible()) ? { error: await failure.innerText() } : {}),
  };
}

/** Takes pictures of the whole page into a folder, if there is one. */
class Camera {
  readonly taken: string[] = [];

  constructor(
    private readonly page: Page,
    private readonly folder: string | undefined,
  ) {}

  async take(name: string): Promise<void> {
    if (this.folder === undefined) return;
    mkdirSync(this.folder, { recursive: true });
    const file = `${name}.png`;
    await this.page.screenshot({ path: join(this.folder, file), fullPage: true });
    this.taken.push(file);
  }
}
