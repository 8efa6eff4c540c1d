import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pagePictures, pictureFolder, type Shown, takePictures } from "../../automation/docs/pictures";
import { repoRoot } from "../../automation/lib/paths";
import { withTestBrowser } from "../support/browser";
import { pngSize } from "../support/png";

// The models' words and the times on the pictures are others each time: the files that are committed can't be compared.
describe("the pictures of the pages", () => {
  let folder: string;
  let shown: Shown;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "llm-pictures-"));
    shown = await takePictures(folder, console.error);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("are all taken, none larger than a document should have", () => {
    expect(readdirSync(folder).sort()).toEqual([...pagePictures].sort());
    for (const name of pagePictures) {
      const bytes = readFileSync(join(folder, name));
      expect(bytes.length, name).toBeLessThan(200_000);
      expect(pngSize(bytes).width, name).toBe(900);
    }
  });

  test("show an answer of the model, what is said without it, and a report", () => {
    expect(shown["phi3-page.png"].text).not.toMatch(/^$|can't be reached/);
    expect(shown["phi3-page-engine-down.png"].text).toContain("The engine can't be reached");
    expect(shown["afirgen-page.png"].text).toMatch(/^Draft of the report/);
    expect(shown["afirgen-page.png"].text).toContain("Complainant");
    for (const name of ["phi3-page.png", "afirgen-page.png"] as const) expect(shown[name].problems, name).toEqual([]);
  });
});

/** Runs in the page, as text. Texts of a widget that stick out of it, or that lie on each other. */
const faults = `(() => {
  const found = [];
  const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y + 2 < b.y + b.height && b.y + 2 < a.y + a.height;
  for (const group of document.querySelectorAll("g")) {
    const box = group.querySelector("rect").getBBox();
    const texts = [...group.querySelectorAll("text")].map((text) => ({ said: text.textContent, at: text.getBBox() }));
    for (const [index, { said, at }] of texts.entries()) {
      if (at.x < box.x || at.y < box.y || at.x + at.width > box.x + box.width || at.y + at.height > box.y + box.height)
        found.push("sticks out: " + said);
      for (const other of texts.slice(index + 1)) if (overlap(at, other.at)) found.push(said + " lies on " + other.said);
    }
  }
  return { found, groups: document.querySelectorAll("g").length };
})()`;

test("on pictures of dashboards every text is in its widget and can be read", async () => {
  const files = globSync(`${pictureFolder}/*.svg`, { cwd: repoRoot });
  expect(files.length).toBeGreaterThan(4);
  await withTestBrowser(async (browser) => {
    for (const file of files) {
      const page = await browser.newPage();
      await page.goto(`file://${join(repoRoot, file)}`);
      const seen = await page.evaluate<{ found: string[]; groups: number }>(faults);
      expect(seen.groups, file).toBeGreaterThan(5);
      expect(seen.found, file).toEqual([]);
      await page.close();
    }
  });
});
