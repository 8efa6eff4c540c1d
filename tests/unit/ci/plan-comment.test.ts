import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { commentLimit, planComment } from "../../../automation/ci/plan-comment";
import { planComment as command } from "../../../automation/commands/plan-comment";

const parts = {
  stack: "staging",
  plan: "+ aws:s3:Bucket data create",
  preview: { changes: { same: 7, delete: 1, create: 2 } },
  cost: "$12 a month",
};

describe("[operations 7] the comment on a pull request", () => {
  test("says what changes, what it costs and the plan", () => {
    expect(planComment(parts)).toBe(`## Stack staging

| change | resources |
|---|---|
| create | 2 |
| delete | 1 |

$12 a month

<details><summary>Plan</summary>

\`\`\`text
+ aws:s3:Bucket data create
\`\`\`

</details>
`);
  });

  test("a refused preview is said first, and its plan stands open", () => {
    const text = planComment({ stack: "prod", plan: "refused: lp-sg-ssh-open" });
    expect(text).toContain("**The preview was refused or failed.**");
    expect(text).toContain("The cost could not be estimated.");
    expect(text).toContain("<details open>");
    expect(text).toContain("refused: lp-sg-ssh-open");
  });

  test("no changes are said as such", () => {
    expect(planComment({ ...parts, preview: { changes: { same: 7 } } })).toContain("No resource changes.");
  });

  property.prop({ plan: fc.string({ maxLength: 2000 }), times: fc.integer({ min: 0, max: 200 }), cost: fc.string() })(
    "fits a comment whatever the plan is, keeps its end, and nothing in it ends the block",
    ({ plan, times, cost }) => {
      const whole = `${plan.repeat(times)}the end`;
      const text = planComment({ ...parts, plan: whole, cost });
      expect(text.length).toBeLessThanOrEqual(commentLimit);
      expect(text).toContain("the end\n");
      const fence = /^(`{3,})text$/m.exec(text)?.[1] ?? "";
      const inside = text.slice(
        text.lastIndexOf(`${fence}text\n`) + fence.length + 5,
        text.lastIndexOf(`\n${fence}\n`),
      );
      expect(inside).not.toContain(fence);
    },
  );

  test("terminals' colours are taken away", () => {
    expect(planComment({ ...parts, plan: "\u001b[1;32m+ bucket\u001b[0m" })).toContain("\n+ bucket\n");
  });

  test("the command adds to the file that it is given, and takes what is missing or empty for a failure", async () => {
    const folder = mkdtempSync(join(tmpdir(), "llm-stacks-comment-"));
    try {
      const at = (name: string) => join(folder, name);
      writeFileSync(at("plan.txt"), "went wrong");
      writeFileSync(at("preview.json"), "");
      writeFileSync(at("summary.md"), "before\n");
      await command("dev", {
        plan: at("plan.txt"),
        preview: at("preview.json"),
        cost: at("none.md"),
        out: at("summary.md"),
      });
      expect(readFileSync(at("summary.md"), "utf8")).toBe(
        `before\n${planComment({ stack: "dev", plan: "went wrong" })}`,
      );
      writeFileSync(at("preview.json"), "{half");
      await expect(
        command("dev", { plan: at("plan.txt"), preview: at("preview.json"), out: at("summary.md") }),
      ).rejects.toThrow("is not the JSON of a preview");
      await expect(command("dev", { plan: at("nothing"), out: at("summary.md") })).rejects.toThrow("There is no");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
