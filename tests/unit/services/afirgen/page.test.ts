import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fieldsOf, progressOf, sectionsOf } from "../../../../services/afirgen/site/report.js";

const folder = join(__dirname, "../../../../services/afirgen/site");
const id = "00000000-0000-4000-8000-000000000000";

describe("the page", () => {
  test.each([
    [{ id, status: "waiting", position: 1 }, "You are next."],
    [{ id, status: "waiting", position: 7 }, "number 7 in the queue"],
    [{ id, status: "working" }, "being written"],
    [{ id, status: "failed", error: "No speech was found in the recording." }, "No speech was found"],
    [{ id, status: "cancelled" }, "Cancelled"],
  ] as const)("%j is told as: %s", (view, said) => {
    expect(progressOf(view)).toContain(said);
  });

  test("shows a report's fields, what was not said, and what was understood", () => {
    const fir = {
      complainant: { name: "Asha Rao", contact: null },
      incident: "A man snatched my phone.",
      place: "Pune",
      occurredAt: null,
      accused: [{ name: null, description: "tall" }],
      summary: "A phone was snatched.",
      sections: [{ section: "304(2)", title: "Snatching", reason: "It was taken from her hand." }],
    };
    const view = { id, status: "done" as const, fir, statement: "my words" };
    expect(Object.fromEntries(fieldsOf(view))).toMatchObject({
      Complainant: "Asha Rao",
      Contact: "Not said",
      When: "Not said",
      Accused: "tall",
      "Your statement, as it was understood": "my words",
    });
    expect(sectionsOf(view)).toEqual(["304(2): Snatching. It was taken from her hand."]);
    expect(sectionsOf({ ...view, fir: { ...fir, sections: [] } })[0]).toContain("does not mean that none applies");
  });

  test("loads nothing from elsewhere, has no code in its markup, and every field has a label", () => {
    const html = readFileSync(join(folder, "index.html"), "utf8");
    expect(html).not.toMatch(/https?:|<script(?! type="module" src="app\.js")|\son\w+=|style=/);
    for (const [, field] of html.matchAll(/<(?:textarea|input) id="([\w-]+)"/g))
      expect(html).toContain(`for="${field}"`);
    const script = readFileSync(join(folder, "app.js"), "utf8");
    expect(script).not.toMatch(/innerHTML|insertAdjacentHTML|eval\(/);
    for (const [, part] of script.matchAll(/element\("([\w-]+)"/g)) expect(html).toContain(`id="${part}"`);
  });
});
