import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const section = z.strictObject({
  section: z.string().regex(/^\d{1,3}(\(\d+\))?$/, 'must be like "303(2)"'),
  title: z.string().min(1),
  /** Words, or beginnings of words, that hint at it. */
  words: z.array(z.string().regex(/^[a-z ]+$/, "must be lower-case letters")).min(1),
});
export type BnsSection = z.output<typeof section>;

const knowledge = z.strictObject({ source: z.string(), sections: z.array(section).min(1) });

/** The knowledge base: sections of the Bharatiya Nyaya Sanhita that an FIR may name. @throws Error that says what is wrong with the file */
export function readKnowledge(folder: string): readonly BnsSection[] {
  const file = join(folder, "bns-sections.json");
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file} can't be read as JSON; KB_FOLDER must name the folder of the knowledge base.`, { cause });
  }
  const parsed = knowledge.safeParse(value);
  if (!parsed.success) throw new Error(`${file} is no knowledge base:\n${z.prettifyError(parsed.error)}`);
  const names = parsed.data.sections.map((each) => each.section);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${file} has section ${twice} twice.`);
  return parsed.data.sections;
}

/** The sections that the words of a statement hint at, most hints first, in the order of the law where equal. None without a hint. */
export function candidatesOf(text: string, sections: readonly BnsSection[], most: number): readonly BnsSection[] {
  const plain = ` ${text.toLowerCase().replaceAll(/[^a-z]+/g, " ")} `;
  return sections
    .map((each) => ({ each, hints: each.words.filter((word) => plain.includes(` ${word}`)).length }))
    .filter(({ hints }) => hints > 0)
    .sort((a, b) => b.hints - a.hints)
    .slice(0, most)
    .map(({ each }) => each);
}
