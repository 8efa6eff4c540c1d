import type { AxeResults } from "axe-core";
import axe from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PageOptions, usePageIn } from "../../automation/demo/page";
import { ensureModelServer, type ModelServer } from "../../local/model/server";
import { withTestBrowser } from "../support/browser";
import { type PageServer, startPageServer } from "../support/page-server";

// The page in a real browser, with a real model behind it. What CloudFront, the firewall and the load balancer do with its requests is not shown here.
const key = "sk-demo-web";
const prompt = "Write a long story about the sea.";

let open: ModelServer;
let locked: ModelServer;
let server: PageServer;
let browser: Browser;
let closeBrowser: () => void;
let browserClosed: Promise<void>;
let context: BrowserContext | undefined;

beforeAll(async () => {
  const options = { names: ["phi-3-mini"], api: "vllm" } as const;
  open = await ensureModelServer(console.log, options);
  locked = await ensureModelServer(console.log, { ...options, apiKey: key });
  server = await startPageServer(open.endpoint);
  browser = await new Promise<Browser>((resolve, reject) => {
    browserClosed = withTestBrowser((started) => {
      resolve(started);
      return new Promise<void>((done) => {
        closeBrowser = done;
      });
    });
    browserClosed.catch(reject);
  });
});

afterAll(async () => {
  closeBrowser?.();
  await browserClosed;
  await server?.close();
  await open?.stop();
  await locked?.stop();
});

beforeEach(() => {
  server.engine = open.endpoint;
  server.faults.clear();
  server.requests.length = 0;
  server.left.length = 0;
});
afterEach(async () => {
  await context?.close();
  context = undefined;
});

const use = (options: Partial<PageOptions> = {}) =>
  usePageIn(browser, server.url, { prompt, maxTokens: 24, ...options });

/** The page as a new visitor opens it; closed after the test. */
async function visit(options: BrowserContextOptions = {}): Promise<Page> {
  context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator("#engine:not([data-state=unknown])").waitFor();
  return page;
}

async function send(page: Page, text: string, maxTokens: number): Promise<void> {
  await page.locator("#max-tokens").fill(String(maxTokens));
  await page.locator("#prompt").fill(text);
  await page.locator("#send").click();
}

const inState = (page: Page, state: string) => page.locator(`.turn:last-of-type[data-state=${state}]`).waitFor();
const answerOf = (page: Page) => page.locator(".turn").last().locator("[data-part=answer]").innerText();
const failureOf = (page: Page) => page.locator(".turn").last().locator("[data-part=failure]").innerText();

describe("[phi3 9.2] the demo page", () => {
  test("shows an answer while it comes, then its latency and its tokens, with nothing to complain about", async () => {
    const seen = await use();
    expect(seen).toMatchObject({ grewBeforeEnd: true, problems: [], engine: "The engine is ready." });
    expect(seen.model).toMatch(/^phi-3-mini/);
    expect(seen.error).toBeUndefined();
    expect(seen.text.trim()).not.toBe("");
    expect(seen.firstTokenMs).toBeLessThan(seen.totalMs);
    expect(seen.figures).toEqual({
      first: expect.stringMatching(/^\d+ ms$|^\d+\.\d\d s$/),
      total: expect.stringMatching(/^\d+ ms$|^\d+\.\d\d s$/),
      count: expect.stringMatching(/^\d+ tokens$/),
      rate: expect.stringMatching(/^\d+\.\d tokens\/s$/),
    });
  });

  test("tells the model what was said before, until a new conversation begins", async () => {
    const page = await visit();
    const sent: { role: string; content: string }[][] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") sent.push(request.postDataJSON().messages);
    });
    await send(page, "First.", 4);
    await inState(page, "complete");
    await send(page, "Second.", 4);
    await page.locator(".turn").nth(1).and(page.locator("[data-state=complete]")).waitFor();
    await page.locator("#restart").click();
    expect(await page.locator(".turn").count()).toBe(0);
    await send(page, "Third.", 4);
    await inState(page, "complete");
    expect(sent.map((messages) => messages.map(({ role }) => role))).toEqual([
      ["user"],
      ["user", "assistant", "user"],
      ["user"],
    ]);
    expect(sent[1]?.[0]?.content).toBe("First.");
    expect(sent[2]?.[0]?.content).toBe("Third.");
  });

  test("says that an answer reached the longest length it may have", async () => {
    const page = await visit();
    await send(page, prompt, 4);
    await inState(page, "complete");
    expect(await page.locator("[data-part=note]").innerText()).toContain("Allow more tokens");
  });

  test("stops an answer, keeps what came, and lets the engine rest", async () => {
    const page = await visit();
    await send(page, prompt, 1900);
    await page.locator(".turn [data-part=answer]:not(:empty)").waitFor();
    await page.locator("#stop").click();
    await inState(page, "stopped");
    expect(await answerOf(page)).not.toBe("");
    expect(await page.locator("[data-part=note]").innerText()).toBe("Stopped.");
    expect(await page.locator("#send").isVisible()).toBe(true);
    await expect.poll(() => server.left).toEqual(["POST /v1/chat/completions"]);
  });

  test("can be used with the keyboard alone, and never loses the focus", async () => {
    const page = await visit();
    const focused = () => page.evaluate<string>("document.activeElement.id");
    await page.locator("#prompt").focus();
    await page.keyboard.type(prompt);
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("send");
    await page.keyboard.press("Enter");
    await page.locator(".turn [data-part=answer]:not(:empty)").waitFor();
    expect(await focused()).toBe("stop");
    await page.keyboard.press("Enter");
    await inState(page, "stopped");
    expect(await focused()).toBe("send");
    await page.locator("#prompt").focus();
    await page.keyboard.type("Again.");
    await page.keyboard.press("Control+Enter");
    await page.locator(".turn").nth(1).waitFor();
    expect(await focused()).toBe("prompt");
  });
});

describe("[phi3 9.2] the demo page asks for the API's key", () => {
  beforeEach(() => {
    server.engine = locked.endpoint;
  });

  test("and answers the prompt once it has it", async () => {
    const seen = await use({ apiKey: key });
    expect(seen.error).toBeUndefined();
    expect(seen.text.trim()).not.toBe("");
    expect(seen.problems).toEqual([]);
  });

  test("and says so where it gets none or another", async () => {
    const refused = "The API asks for a key, or for another one than was given. (401)";
    expect((await use()).error).toBe(refused);
    expect((await use({ apiKey: "sk-wrong" })).error).toBe(refused);
  });

  test("keeps it for the tab, never in the address, and takes none that can't be a header", async () => {
    const page = await visit();
    await page.locator("#key").fill("schlüssel");
    await page.locator("#key").press("Enter");
    expect(await page.locator("#key-failure").innerText()).toContain("Latin letters");
    await page.locator("#key").fill(` ${key} `);
    await page.locator("#key").press("Enter");
    await expect.poll(() => page.locator("#model").innerText()).toMatch(/^phi-3-mini/);
    await page.reload();
    await expect.poll(() => page.locator("#model").innerText()).toMatch(/^phi-3-mini/);
    expect(await page.locator("#key-form").isVisible()).toBe(false);
    expect(page.url()).toBe(server.url);
    expect(await page.evaluate<number>("localStorage.length + document.cookie.length")).toBe(0);
  });
});

describe("[phi3 9.2] the demo page says what went wrong", () => {
  const chatPath = "/v1/chat/completions";
  const events = { "content-type": "text/event-stream" };
  const part = (text: string) => `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`;

  test.each([
    ["the engine is down", { status: 503, body: "<h1>503</h1>" }, /^No engine is ready/],
    ["the firewall refuses", { status: 403, body: "<h1>403</h1>" }, /^The firewall refused/],
    ["too many requests were sent", { status: 429, headers: { "retry-after": "42" }, body: "" }, /again in 42 s\./],
    [
      "the prompt is too long",
      { status: 400, body: '{"error":{"message":"maximum context length is 4096 tokens"}}' },
      /maximum context length is 4096 tokens\. Shorten the prompt/,
    ],
    ["something else answers", { headers: { "content-type": "text/html" }, body: "<p>Hello" }, /^The server sent text/],
    ["the connection is lost", { headers: events, body: part("So far"), cut: true }, /^The answer broke off: the conn/],
    ["the stream ends early", { headers: events, body: part("So far") }, /^The answer broke off: the connection/],
    [
      "the engine fails midway",
      { headers: events, body: `${part("So far")}data: {"error":{"message":"Out of memory"}}\n\n` },
      /^The answer broke off: Out of memory\./,
    ],
  ])("when %s", async (_, fault, message) => {
    server.faults.set(chatPath, fault);
    const seen = await use();
    expect(seen.error).toMatch(message);
    expect(seen.text).toBe(fault.body.startsWith("data:") ? "So far" : "");
  });

  test("when the network is lost, and gives the prompt back to be sent again", async () => {
    const page = await visit();
    await page.context().setOffline(true);
    await send(page, prompt, 4);
    await inState(page, "failed");
    expect(await failureOf(page)).toBe("No connection to the server. Check the network, then send again.");
    expect(await page.locator("#prompt").inputValue()).toBe(prompt);
    await page.context().setOffline(false);
    await page.locator("#send").click();
    await page.locator(".turn").nth(1).and(page.locator("[data-state=complete]")).waitFor();
  });

  test("shows what a model writes as text, never as markup", async () => {
    const hostile = '<img src="x" onerror="document.title = 1"><script>document.title = 2</script>';
    server.faults.set(chatPath, { headers: events, body: `${part(hostile)}data: [DONE]\n\n` });
    const seen = await use({ prompt: hostile });
    expect(seen).toMatchObject({ text: hostile, problems: [] });
  });
});

describe("[phi3 9.2] the demo page is for everyone", () => {
  const phone = { width: 320, height: 640 };
  const long = "W".repeat(400);
  const widest = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)";

  /** The page in its fullest state: a long answer, a failure, and the question for a key. */
  async function visitFull(options: BrowserContextOptions): Promise<Page> {
    const page = await visit(options);
    await send(page, long, 4);
    await inState(page, "complete");
    server.faults.set("/v1/chat/completions", { status: 500, body: JSON.stringify({ message: long }) });
    await send(page, long, 4);
    await page.locator(".turn").nth(1).and(page.locator("[data-state=failed]")).waitFor();
    server.faults.clear();
    server.engine = locked.endpoint;
    await page.locator("#send").click();
    await page.locator("#key-form").waitFor();
    return page;
  }

  test("fits a phone's screen, with targets for a thumb", async () => {
    const page = await visitFull({ viewport: phone, isMobile: true, hasTouch: true });
    expect(await page.evaluate<number>(widest)).toBe(phone.width);
    for (const target of await page.locator("button:visible, input:visible, textarea:visible").all()) {
      const box = await target.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0), String(await target.getAttribute("id"))).toBeGreaterThan(
        43.9,
      );
    }
  });

  test.each(["light", "dark"] as const)("has no serious fault of accessibility in %s colours", async (colorScheme) => {
    const page = await visitFull({ colorScheme });
    await page.evaluate(axe.source);
    const { violations, passes } = await page.evaluate<AxeResults>("axe.run()");
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
    expect(passes.map(({ id }) => id)).toContain("color-contrast");
  });

  test("has an own look in the dark", async () => {
    const colour = async (colorScheme: "light" | "dark") => {
      const page = await visit({ colorScheme });
      const found = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      await page.context().close();
      return found;
    };
    expect(await colour("light")).toBe("rgb(255, 255, 255)");
    expect(await colour("dark")).toBe("rgb(20, 23, 27)");
  });
});

describe("[phi3 9.2] the demo page without its engine", () => {
  test("says that it is down, and answers again when it is back", async () => {
    await locked.stop();
    server.engine = locked.endpoint;
    const seen = await use();
    expect(seen.error).toBe("The engine can't be reached: it is down, or still starting. Try again in a minute. (502)");
    expect(seen.engine).toBe("No engine is ready: it is down, or still starting.");
    const page = await visit();
    await send(page, prompt, 4);
    await inState(page, "failed");
    server.engine = open.endpoint;
    await page.locator("#send").click();
    await page.locator(".turn").nth(1).and(page.locator("[data-state=complete]")).waitFor();
  });
});
