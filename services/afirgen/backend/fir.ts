import { z } from "zod";

/** What a model may say nothing of. A small one writes "unknown" or an empty text where it should write null. */
const missing =
  /^(?:|-+|n\/?a|none|null|nil|unknown|not (?:known|stated|mentioned|specified|provided|given|available))\.?$/i;

// Answers follow these patterns as a grammar. They keep a small model from rambling, and from writing one digit over and over, at which some servers break an
// answer off. All of them at their longest are fewer characters than MODEL_MAX_TOKENS has tokens, so whatever is written is whole. Reports are in English.
const word = "([A-Za-z'/-]{1,15}|[0-9]{1,6})[,.;:]?";
/** Of addresses: digits, @ and so on as well. */
const mark = "[A-Za-z0-9@+_.-]{1,24}";

/** Up to so many words, or null. */
const maybe = (words: number, each = word) =>
  z
    .string()
    .trim()
    .regex(new RegExp(`^${each}( ${each}){0,${words - 1}}$`), `is not ${words} words or fewer in English`)
    .nullable()
    .transform((text) => (text === null || missing.test(text) ? null : text));

/** 5 words or more. */
const sentence = (words: number) =>
  z
    .string()
    .trim()
    .regex(
      new RegExp(`^[A-Z][a-z]{0,14}( ${word}){4,${words - 1}}$`),
      `is no sentence in English of 5 to ${words} words`,
    );

/** What the first model makes of a statement. */
export const draftSchema = z.strictObject({
  complainant: z.strictObject({ name: maybe(4), contact: maybe(3, mark) }),
  incident: sentence(30),
  place: maybe(8),
  occurredAt: maybe(6),
  accused: z.array(z.strictObject({ name: maybe(4), description: maybe(6) })).max(2),
  summary: sentence(20),
});

export type Draft = z.output<typeof draftSchema>;

/**
 * The draft without names, contacts and places that the statement does not have: models invent them. Of what stays, more than half of the words stand in the
 * statement. The second value names what was taken out.
 */
export function grounded(
  draft: Draft,
  statement: string,
): { readonly draft: Draft; readonly removed: readonly string[] } {
  const known = new Set(words(statement));
  const removed: string[] = [];
  const keep = (path: string, text: string | null) => {
    if (text === null) return null;
    const all = words(text);
    if (all.filter((word) => known.has(word)).length * 2 > all.length) return text;
    removed.push(path);
    return null;
  };
  const { complainant, accused } = draft;
  const checked: Draft = {
    ...draft,
    complainant: {
      name: keep("complainant.name", complainant.name),
      contact: keep("complainant.contact", complainant.contact),
    },
    place: keep("place", draft.place),
    accused: accused.map((each, index) => ({ ...each, name: keep(`accused.${index}.name`, each.name) })),
  };
  return { draft: checked, removed };
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** What the second model says of sections. It may only name those that it was shown. */
export function sectionsSchema(candidates: readonly string[]) {
  return z.strictObject({
    sections: z
      .array(z.strictObject({ section: z.enum(candidates as [string, ...string[]]), reason: sentence(12) }))
      .max(4),
  });
}

export const sectionSchema = z.object({
  /** Of the Bharatiya Nyaya Sanhita, 2023: "303(2)". */
  section: z.string(),
  title: z.string(),
  /** The model's. */
  reason: z.string(),
});

/** A First Information Report as it is stored and answered. A person has to check it: a model wrote it. */
export const firSchema = draftSchema.extend({ sections: z.array(sectionSchema) });

export type Fir = z.output<typeof firSchema>;

/** The JSON schema that a model's answer is made to follow. */
export function answerSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  return rest;
}

/** What is wrong, by path, without the values: they are personal. */
export function mistakesOf(error: z.ZodError): string[] {
  return error.issues.map(({ path, code, message }) => {
    const told =
      code === "custom" || code === "too_big" || code === "too_small" || code === "invalid_format"
        ? message
        : code.replaceAll("_", " ");
    return `${path.join(".") || "answer"}: ${told}`;
  });
}
