/**
 * No value changes a script's structure. Judged by the tree of a shell parser, and by bash itself, which says what it
 * took the values for.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { parse } from "unbash";
import { describe, expect, test } from "vitest";
import {
  type GatewayOptions,
  InvalidOptionsError,
  type OllamaOptions,
  renderGateway,
  renderOllama,
  renderVllm,
  type VllmOptions,
} from "../../../userdata/render";
import { assembleScript, shellWord } from "../../../userdata/script";
import { gatewayOptions, ollamaOptions, vllmOptions } from "./options";

const attacks = [
  "'; touch /tmp/owned; '",
  "$(touch /tmp/owned)",
  "`touch /tmp/owned`",
  "\nLLM_STACKS_FILE\ntouch /tmp/owned\n",
  "'\"'\"'",
  "\\'; reboot #",
  "a\n'b\nc",
  "$ROOT$((1))",
  "--option",
  "",
  "!!",
  "*",
  "é 漢字 😀",
  "\r\n",
  "\\",
  "'",
];
const hostile = fc.oneof(
  fc.constantFrom(...attacks),
  fc.string({ unit: "binary" }).filter((text) => !text.includes("\0") && text.isWellFormed()),
  fc
    .array(
      fc.constantFrom("'", '"', "\\", "$", "`", "(", ")", "\n", ";", "&", "|", "<", ">", "#", " ", "A", "=", "{", "}"),
    )
    .map((all) => all.join("")),
);

interface Shape {
  readonly tree: unknown;
  /** What stands in quoted words, in order. */
  readonly quoted: readonly string[];
}

/** The parser's tree without positions, with every word that is only quoted text taken out into a list. */
function shapeOf(script: string): Shape {
  const quoted: string[] = [];
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== "object" || node === null) return node;
    const { type, text, value } = node as { type?: string; text?: string; value?: unknown };
    if (type === "Word" && typeof value === "string" && /^(?:'[^']*'|\\')+$/.test(text ?? "")) {
      quoted.push(value);
      return "quoted";
    }
    const entries = Object.entries(node).filter(([key]) => !/^(?:pos|end|text)$|(?:Pos|End)$/.test(key));
    return Object.fromEntries(entries.map(([key, child]) => [key, walk(child)]));
  };
  const parsed = parse(script);
  expect("errors" in parsed ? parsed.errors : undefined).toBeUndefined();
  // The parser makes parts of a word when they are asked for; JSON asks for all.
  return { tree: walk(JSON.parse(JSON.stringify(parsed))), quoted };
}

const parts = (one: string, two: string, text: string) => ({
  title: "Tries values.",
  settings: { ONE: one, TWO: two },
  documents: { "/etc/document": text },
  files: [{ path: "/opt/llm-stacks/ready", mode: "0755", template: "ready.sh" }] as const,
  body: ["base.sh"],
});
const reference = shapeOf(assembleScript(parts("first", "second", "third")));

describe("a script with values in it", () => {
  test("has their words where the reference has its own", () => {
    expect(reference.quoted.filter((text) => ["first", "second", "third"].includes(text))).toEqual([
      "first",
      "second",
      "third",
    ]);
  });

  property.prop([hostile, hostile, hostile], { numRuns: 60 })(
    "has the same structure, whatever they are",
    (one, two, text) => {
      const { tree, quoted } = shapeOf(assembleScript(parts(one, two, text)));
      expect(tree).toEqual(reference.tree);
      const given: Record<string, string> = { first: one, second: two, third: text };
      expect(quoted).toEqual(reference.quoted.map((word) => given[word] ?? word));
    },
  );

  test("would be told from one that is quoted carelessly", () => {
    const careless = assembleScript(parts("first", "second", "third")).replace("ONE='first'", "ONE=''$(reboot)''");
    expect(shapeOf(careless).tree).not.toEqual(reference.tree);
  });

  property.prop([fc.array(hostile, { minLength: 1, maxLength: 40 })], { numRuns: 15 })(
    "means those values to bash, at once and when it reads them back on a later start",
    (values) => {
      const root = mkdtempSync(join(tmpdir(), "llm-stacks-values-"));
      try {
        const settings = Object.fromEntries(values.map((value, index) => [`VALUE_${index}`, value]));
        mkdirSync(join(root, "opt/llm-stacks"), { recursive: true });
        const all = Object.keys(settings)
          .map((name) => `"$${name}"`)
          .join(" ");
        const later = Object.keys(settings)
          .map((name) => `${name}=lost`)
          .join("\n");
        writeFileSync(
          join(root, "opt/llm-stacks/lib.sh"),
          `printf '%s\\0' ${all}\n${later}\n. "$ROOT/etc/llm-stacks/settings"\nprintf '%s\\0' ${all}\n`,
        );
        const script = assembleScript({ title: "", settings, documents: {}, files: [], body: [] });
        const printed = execFileSync("bash", ["-c", script], {
          env: { ...process.env, ROOT: root, LC_ALL: "C.UTF-8" },
        });
        expect(printed.toString("utf8").split("\0").slice(0, -1)).toEqual([...values, ...values]);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  );

  test("can't hold what no shell variable can", () => {
    expect(() => shellWord("a\0b")).toThrow("a value holds a NUL character");
  });
});

type Path = readonly string[];

/** Paths of all texts in the options. */
function textsIn(options: object, at: Path = []): readonly Path[] {
  return Object.entries(options).flatMap(([key, value]) => {
    if (typeof value === "string") return [[...at, key]];
    return typeof value === "object" && value !== null ? textsIn(value, [...at, key]) : [];
  });
}

function withText<T extends object>(options: T, [first = "", ...rest]: Path, text: string): T {
  const inner = (options as Record<string, unknown>)[first];
  return { ...options, [first]: rest.length === 0 ? text : withText(inner as object, rest, text) };
}

const systems = [
  ["vLLM", vllmOptions, (options: object) => renderVllm(options as VllmOptions)],
  ["Ollama", ollamaOptions, (options: object) => renderOllama(options as OllamaOptions)],
  ["the gateway", gatewayOptions, (options: object) => renderGateway(options as GatewayOptions)],
] as const;

describe.each(systems)("the options of %s", (_, options, render) => {
  const paths = textsIn(options);
  const { tree } = shapeOf(render(options));

  property.prop([fc.constantFrom(...paths), hostile], { numRuns: 60 })(
    "are refused or leave the structure as it is, whatever text they hold",
    (path, text) => {
      let script: string;
      try {
        script = render(withText(options, path, text));
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidOptionsError);
        expect(String(error)).toContain(`${path.join(".")}: is `);
        return;
      }
      expect(shapeOf(script).tree).toEqual(tree);
    },
  );

  test("are refused where a text could mean something to a program that gets it", () => {
    for (const path of paths) {
      for (const text of ["--option", "a b", "a\nb", "$(reboot)", "'"]) {
        expect(() => render(withText(options, path, text)), `${path.join(".")}: ${text}`).toThrow(InvalidOptionsError);
      }
    }
  });
});
