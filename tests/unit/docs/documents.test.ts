import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { llm } from "../../support/llm";

const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: repoRoot,
  encoding: "utf8",
})
  .trim()
  .split("\n");

const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");

/** Anchors of a document's headings, as GitHub makes them. */
const anchors = (file: string) =>
  [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

const links = documents.flatMap((file) =>
  [...read(file).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => ({ file, target }))
    .filter(({ target }) => !/^https?:/.test(target)),
);

/** Every `./llm ...` in a code block or code span, without the comment behind it. */
const commands = documents.flatMap((file) =>
  [...read(file).matchAll(/\.\/llm ([^`\n#|]+)/g)].map(([, args = ""]) => ({ file, args: args.trim() })),
);

describe("documents", () => {
  test.each(links)("$file links to $target, which exists", ({ file, target }) => {
    const [path = "", anchor] = target.split("#");
    const linked = path === "" ? file : join(dirname(file), path);
    expect(existsSync(join(repoRoot, linked))).toBe(true);
    if (anchor !== undefined) expect(anchors(linked)).toContain(anchor);
  });

  test("[ollama P3] documentation command accuracy: name only commands that the command line has", async () => {
    const help = (await llm(["--help"])).stdout;
    const known = [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(10);
    for (const { file, args } of commands)
      expect(known, `${file}: ./llm ${args}`).toContain(args.split(/[\s,.;:)]/)[0]);
  });

  test("README shows the two commands first", () => {
    const [first] = read("README.md").matchAll(/```sh\n([^`]*)```/g);
    const lines = (first?.[1] ?? "").trim().split("\n");
    expect(lines.map((line) => line.split("#")[0]?.trim())).toEqual(["./llm up dev --local", "./llm test"]);
    expect(statSync(join(repoRoot, "llm")).mode & 0o111).not.toBe(0);
  });

  test("every alarm of lambda-efs has its heading in the runbook", () => {
    const program = read("stacks/lambda-efs.ts");
    const perFunction = "$" + "{name}-";
    const named = [...program.matchAll(/alarm\(["`]([^"`]+)["`]/g)].flatMap(([, name = ""]) =>
      name.startsWith(perFunction) ? ["producer-", "consumer-"].map((each) => name.replace(perFunction, each)) : [name],
    );
    expect(named).toHaveLength(8);
    expect(anchors("docs/runbooks/lambda-efs.md")).toEqual(expect.arrayContaining(named));
  });
});
