import type { z } from "zod";
import { type BnsSection, candidatesOf } from "./bns";
import { answerSchema, type Draft, draftSchema, type Fir, grounded, mistakesOf, sectionsSchema } from "./fir";
import { PlainError } from "./log";
import type { ModelClient } from "./model-client";

/** An answer of a model, judged. */
export interface Validation {
  readonly stage: "draft" | "grounding" | "sections";
  readonly attempt: number;
  readonly mistakes: readonly string[];
}

export interface Generation {
  readonly client: Pick<ModelClient, "chat">;
  readonly summariser: string;
  readonly bnsCheck: string;
  readonly maxTokens: number;
  readonly knowledge: readonly BnsSection[];
  readonly signal: AbortSignal;
  readonly onValidation: (validation: Validation) => Promise<void>;
}

/** No answer of the model could be used. */
export class UnusableAnswer extends PlainError {
  override readonly name = "UnusableAnswer";
}

const attempts = 2;
/** Longer statements don't fit into a context of 2,048 tokens beside prompt and answer: at 4 characters a token these are 750. */
export const longestStatement = 3000;
const mostCandidates = 8;

const draftPrompt = `You write First Information Reports for the police in India, in English. Read the statement and answer with JSON only.
complainant: name and contact of whoever complains. incident: what happened, in a sentence. place: where. occurredAt: date and time, as stated.
accused: name and description of each accused. summary: the whole in one sentence.
Write null where the statement does not say it. Do not invent anything.`;

const sectionsPrompt = `You check which sections of the Bharatiya Nyaya Sanhita, 2023 apply to an incident. Answer with JSON only.
Choose from the list; leave out what does not fit. Give a short reason for each.`;

/**
 * An FIR from a statement: one model writes it down, another one says which sections apply. What does not pass the schema is asked for once more.
 *
 * @throws UnusableAnswer, ModelError, or the signal's reason
 */
export async function generateFir(statement: string, generation: Generation): Promise<Fir> {
  const { summariser, bnsCheck, knowledge } = generation;
  const text = statement.slice(0, longestStatement);
  if (text.length < statement.length) {
    const mistakes = [`statement: only the first ${longestStatement} of ${statement.length} characters were read`];
    await generation.onValidation({ stage: "grounding", attempt: 1, mistakes });
  }
  const written: Draft = await ask(generation, "draft", summariser, draftSchema, draftPrompt, `Statement:\n${text}`);
  const { draft, removed } = grounded(written, statement);
  if (removed.length > 0) {
    const mistakes = removed.map((path) => `${path}: is not in the statement, and was taken out`);
    await generation.onValidation({ stage: "grounding", attempt: 1, mistakes });
  }
  const candidates = candidatesOf(`${text} ${draft.incident}`, knowledge, mostCandidates);
  if (candidates.length === 0) return { ...draft, sections: [] };
  const list = candidates.map(({ section, title }) => `${section}: ${title}`).join("\n");
  const schema = sectionsSchema(candidates.map(({ section }) => section));
  const user = `Incident:\n${draft.incident}\n\nSections:\n${list}`;
  const { sections } = await ask(generation, "sections", bnsCheck, schema, sectionsPrompt, user);
  return { ...draft, sections: chosen(sections, candidates) };
}

/** Each section once, with the title that the law gives it. */
function chosen(
  sections: readonly { readonly section: string; readonly reason: string }[],
  candidates: readonly BnsSection[],
): Fir["sections"] {
  return candidates.flatMap(({ section, title }) => {
    const found = sections.find((each) => each.section === section);
    return found ? [{ section, title, reason: found.reason }] : [];
  });
}

async function ask<T extends z.ZodType>(
  { client, maxTokens, signal, onValidation }: Generation,
  stage: Validation["stage"],
  model: string,
  schema: T,
  system: string,
  user: string,
): Promise<z.output<T>> {
  let mistakes: readonly string[] = [];
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const again =
      mistakes.length === 0 ? "" : `\n\nYour last answer was wrong (${mistakes.join("; ")}). Keep it short.`;
    const answer = await client.chat({
      model,
      system,
      user: `${user}${again}`,
      // The same question at 0 would give the same answer.
      temperature: attempt === 1 ? 0 : 0.4,
      maxTokens,
      schema: answerSchema(schema),
      signal,
    });
    const parsed = schema.safeParse(parseJson(answer));
    mistakes = parsed.success ? [] : mistakesOf(parsed.error);
    await onValidation({ stage, attempt, mistakes });
    if (parsed.success) return parsed.data;
  }
  throw new UnusableAnswer(`The model's answer can't be used (${stage}): ${mistakes.join("; ")}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
