import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { candidatesOf, readKnowledge } from "../../../../services/afirgen/backend/bns";
import { answerSchema, draftSchema, firSchema, sectionsSchema } from "../../../../services/afirgen/backend/fir";
import { generateFir, UnusableAnswer, type Validation } from "../../../../services/afirgen/backend/generate";
import type { Chat } from "../../../../services/afirgen/backend/model-client";

const knowledge = readKnowledge(join(__dirname, "../../../../services/afirgen/kb"));

const statement = "My name is Asha Rao. On 12 March at 9 pm in Pune a man with a knife snatched my mobile phone.";
const draft = {
  complainant: { name: "Asha Rao", contact: "unknown" },
  incident: "A man with a knife snatched the complainant's mobile phone.",
  place: " Pune ",
  occurredAt: "12 March, 9 pm",
  accused: [{ name: null, description: "a man with a knife" }],
  summary: "A mobile phone was snatched.",
};

function generation(answers: readonly string[]) {
  const asked: Chat[] = [];
  const validations: Validation[] = [];
  return {
    asked,
    validations,
    run: () =>
      generateFir(statement, {
        client: {
          chat: async (chat) => {
            asked.push(chat);
            return answers[asked.length - 1] ?? "";
          },
        },
        summariser: "gguf_summariser",
        bnsCheck: "gguf_bns_check",
        maxTokens: 512,
        knowledge,
        signal: new AbortController().signal,
        onValidation: async (validation) => {
          validations.push(validation);
        },
      }),
  };
}

describe("an FIR", () => {
  test("is drafted by one model and checked by the other, with titles from the law", async () => {
    const sections = { sections: [{ section: "304(2)", reason: "The phone was taken from her hand." }] };
    const { run, asked, validations } = generation([JSON.stringify(draft), JSON.stringify(sections)]);
    const fir = await run();
    expect(firSchema.parse(fir)).toEqual(fir);
    expect(fir).toMatchObject({
      complainant: { name: "Asha Rao", contact: null },
      place: "Pune",
      sections: [{ section: "304(2)", title: "Snatching", reason: "The phone was taken from her hand." }],
    });
    expect(asked.map(({ model, temperature }) => ({ model, temperature }))).toEqual([
      { model: "gguf_summariser", temperature: 0 },
      { model: "gguf_bns_check", temperature: 0 },
    ]);
    expect(validations).toEqual([
      { stage: "draft", attempt: 1, mistakes: [] },
      { stage: "sections", attempt: 1, mistakes: [] },
    ]);
  });

  test("a section that was not on the list is a mistake, and is asked for again", async () => {
    const wrong = { sections: [{ section: "999", reason: "It was taken from her." }] };
    const { run, asked, validations } = generation([JSON.stringify(draft), JSON.stringify(wrong), '{"sections": []}']);
    expect((await run()).sections).toEqual([]);
    expect(asked[2]).toMatchObject({ temperature: 0.4, user: expect.stringContaining("sections.0.section") });
    expect(validations.map(({ mistakes }) => mistakes.length)).toEqual([0, 1, 0]);
  });

  test("names, contacts and places that the statement does not have are taken out, and that is kept in the history", async () => {
    const invented = {
      ...draft,
      complainant: { name: "Asha Rao", contact: "asha.rao@example.com" },
      place: "Gandhi Market, Mumbai",
      accused: [{ name: "John Doe", description: "a man" }],
    };
    const { run, validations } = generation([JSON.stringify(invented), '{"sections": []}']);
    expect(await run()).toMatchObject({
      complainant: { name: "Asha Rao", contact: null },
      place: null,
      accused: [{ name: null, description: "a man" }],
    });
    expect(validations[1]).toMatchObject({
      stage: "grounding",
      mistakes: [
        expect.stringMatching(/^complainant.contact/),
        expect.stringMatching(/^place/),
        expect.stringMatching(/^accused.0.name/),
      ],
    });
    expect(JSON.stringify(validations)).not.toContain("example.com");
  });

  test("two unusable answers are an error that says what was wrong and quotes nothing of them", async () => {
    const { run } = generation(["not JSON", JSON.stringify({ ...draft, incident: "", own: "Asha's secret" })]);
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnusableAnswer);
    expect((error as Error).message).toMatch(/draft.*incident/);
    expect((error as Error).message).not.toContain("secret");
  });

  test("the models are given the schema that their answer is judged by", () => {
    expect(answerSchema(draftSchema)).toMatchObject({
      type: "object",
      required: ["complainant", "incident", "place", "occurredAt", "accused", "summary"],
      additionalProperties: false,
      properties: { incident: { type: "string", pattern: expect.stringContaining("{4,29}$") } },
    });
    expect(answerSchema(sectionsSchema(["303(2)", "304(2)"]))).toMatchObject({
      properties: { sections: { maxItems: 4, items: { properties: { section: { enum: ["303(2)", "304(2)"] } } } } },
    });
  });
});

describe("the knowledge base", () => {
  const sections = (text: string) => candidatesOf(text, knowledge, 8).map(({ section }) => section);

  test.each([
    ["A man snatched my chain", "304(2)"],
    ["My wallet was stolen on the bus", "303(2)"],
    ["He threatened to kill me", "351(2)"],
    ["They cheated me with an online payment and asked for the OTP", "318(4)"],
    ["He stabbed him with a knife", "118(1)"],
  ])("hints: %s", (text, section) => {
    expect(sections(text)).toContain(section);
  });

  test("a mobile phone is no riot, and nothing is hinted at by nothing", () => {
    expect(sections("I lost a mobile phone")).not.toContain("191(2)");
    expect(sections("The weather is fine.")).toEqual([]);
    expect(candidatesOf("stolen snatched knife threat cheat", knowledge, 2)).toHaveLength(2);
  });

  test("a wrong file is named", () => {
    expect(() => readKnowledge("/nowhere")).toThrow(/\/nowhere\/bns-sections\.json.*KB_FOLDER/);
  });
});
