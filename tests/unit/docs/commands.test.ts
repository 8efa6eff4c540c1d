import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { helpOf, mistakesIn } from "../../support/command-help";

const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: repoRoot,
  encoding: "utf8",
})
  .trim()
  .split("\n");

interface Call {
  readonly file: string;
  readonly call: string;
  /** In a line of text a command may be named without what it is given. */
  readonly whole: boolean;
}

/** Calls of ours in a text: up to a comment, a pipe or the next command. */
function callsIn(file: string, text: string, whole: boolean): Call[] {
  return [...text.replaceAll("\\\n", " ").matchAll(/\.\/llm ([^`\n#|;&>)]+)/g)].map(([, call = ""]) => ({
    file,
    call: call.trim(),
    whole,
  }));
}

const calls = documents.flatMap((file) => {
  const text = readFileSync(join(repoRoot, file), "utf8")
    // A cell of a table has pipes escaped; what is in angle brackets is for the reader to fill in.
    .replaceAll("\\|", "/")
    .replaceAll(/<([^<>\n]+)>/g, (_, name: string) => name.replaceAll(/[^\w-]+/g, "-"));
  const fence = /^ *```(\w*)\n([\s\S]*?)^ *```/gm;
  const blocks = [...text.matchAll(fence)].flatMap(([, language = "", block = ""]) =>
    ["", "sh", "console"].includes(language) ? [block] : [],
  );
  const spans = [...text.replaceAll(fence, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  return [
    ...blocks.flatMap((block) => callsIn(file, block, true)),
    ...spans.flatMap((span) => callsIn(file, span, false)),
  ];
});

/** Words of a call; brackets around what may be left out are dropped. */
const wordsOf = (call: string) =>
  (call.replaceAll(/\[|\](?=\s|$)/g, " ").match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) =>
    word.replaceAll(/['"]/g, ""),
  );

const groups = new Set(["local", "weights", "state"]);

async function mistakesOf({ call, whole }: Call): Promise<string[]> {
  const words = wordsOf(call);
  const named = words.slice(0, groups.has(words[0] ?? "") ? 2 : 1);
  // Two at once, as `start/stop`.
  const [first = ""] = (named.at(-1) ?? "").split("/");
  const help = await helpOf("automation/main.ts", [...named.slice(0, -1), first]);
  if (!help) return [`there is no command ${named.join(" ")}`];
  return mistakesIn(words.slice(named.length), whole ? help : { ...help, required: 0 });
}

describe("[ollama P3] documentation command accuracy", () => {
  test.each(calls)("$file: ./llm $call", async (call) => {
    expect(await mistakesOf(call)).toEqual([]);
  });

  test("there are many, and a wrong one is found", async () => {
    expect(calls.length).toBeGreaterThan(150);
    const wrong = (call: string) => mistakesOf({ file: "README.md", call, whole: true });
    expect(await wrong("up dev --cloud")).toEqual(["there is no option --cloud"]);
    expect(await wrong("cost dev --budget")).toEqual(["--budget has no value"]);
    expect(await wrong("load dev")).toEqual(["1 arguments, not 2 to 2"]);
    expect(await wrong("launch dev")).toEqual(["there is no command launch"]);
  });
});
