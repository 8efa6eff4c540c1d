import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answered, type Judge, startJudge } from "../../support/loadtest/judge";

let judge: Judge;

beforeAll(async () => {
  judge = await startJudge();
});

afterAll(() => judge.stop());

type Json = Record<string, unknown>;
type Good = Answered & { /** The answer's JSON, piece by piece. */ readonly pieces: readonly Json[] };

const model = fc.constantFrom("llama3.2:1b", "phi-3-mini", "tiny", "gemma3:270m");
const words = fc
  .array(fc.string({ unit: "grapheme", minLength: 1 }), { maxLength: 5 })
  .chain((some) => fc.shuffledSubarray([...some, "word"], { minLength: some.length + 1 }));
const count = fc.integer({ min: 1, max: 4000 });
const ending = fc.constantFrom("stop", "length");

const ndjson = (pieces: readonly Json[]) => pieces.map((piece) => `${JSON.stringify(piece)}\n`).join("");
const events = (pieces: readonly Json[]) => pieces.map((piece) => `data: ${JSON.stringify(piece)}\n\n`).join("");
const withDone = (text: string) => `${text}data: [DONE]\n\n`;

/** What Ollama answers to /api/generate and /api/chat. */
const ollama = (chat: boolean, streamed: boolean) =>
  fc
    .record({ model, words, reason: ending, tokens: count, prompt: fc.option(count), seconds: count, load: fc.nat() })
    .map(({ model, words, reason, tokens, prompt, seconds, load }): Good => {
      const says = (text: string): Json =>
        chat ? { message: { role: "assistant", content: text } } : { response: text };
      const counts = {
        done: true,
        done_reason: reason,
        total_duration: seconds * 1000 + load,
        load_duration: load,
        ...(prompt === null ? {} : { prompt_eval_count: prompt, prompt_eval_duration: 1 }),
        eval_count: tokens,
        eval_duration: seconds * 1000,
      };
      const common = { model, created_at: "2026-11-21T15:00:00Z" };
      const parts = words.map((word): Json => ({ ...common, ...says(word), done: false }));
      const pieces = streamed
        ? [...parts, { ...common, ...says(""), ...counts }]
        : [{ ...common, ...says(words.join("")), ...counts }];
      const step = `POST /api/${chat ? "chat" : "generate"}${streamed ? ", streamed" : ""}`;
      const body = streamed ? ndjson(pieces) : JSON.stringify(pieces[0]);
      return { system: "ollama", step, model, status: 200, body, pieces };
    });

/** What vLLM answers to /v1/chat/completions and /v1/completions. */
const completion = (chat: boolean, streamed: boolean) =>
  fc
    .record({ model, words, reason: ending, tokens: count, prompt: count })
    .map(({ model, words, reason, tokens, prompt }): Good => {
      const object = chat ? (streamed ? "chat.completion.chunk" : "chat.completion") : "text_completion";
      const common = { id: "cmpl-1", object, created: 1, model };
      const usage = { prompt_tokens: prompt, completion_tokens: tokens, total_tokens: prompt + tokens };
      const choice = (said: Json, finish: string | null) => ({
        ...common,
        choices: [{ index: 0, ...said, finish_reason: finish }],
      });
      const whole = words.join("");
      const pieces: Json[] = streamed
        ? [
            choice({ delta: { role: "assistant", content: "" } }, null),
            ...words.map((word) => choice({ delta: { content: word } }, null)),
            choice({ delta: {} }, reason),
            { ...common, choices: [], usage },
          ]
        : [{ ...choice(chat ? { message: { role: "assistant", content: whole } } : { text: whole }, reason), usage }];
      const step = `POST /v1/${chat ? "chat/" : ""}completions${streamed ? ", streamed" : ""}`;
      const body = streamed ? withDone(events(pieces)) : JSON.stringify(pieces[0]);
      return { system: "phi3", step, model, status: 200, body, pieces };
    });

const tags = fc.record({ model, others: fc.array(fc.string()) }).map(({ model, others }): Good => {
  const name = model.includes(":") ? model : `${model}:latest`;
  const value = { models: [...others, name].map((name) => ({ name, model: name, size: 1 })) };
  return { system: "ollama", step: "GET /api/tags", model, status: 200, body: JSON.stringify(value), pieces: [value] };
});

const modelList = fc.record({ model, others: fc.array(fc.string()) }).map(({ model, others }): Good => {
  const value = { object: "list", data: [...others, model].map((id) => ({ id, object: "model" })) };
  return { system: "phi3", step: "GET /v1/models", model, status: 200, body: JSON.stringify(value), pieces: [value] };
});

const page = fc
  .record({
    model,
    body: fc.constantFrom("Ollama is running", "<!doctype html>\n<title>x</title>", "<!DOCTYPE html><p>"),
  })
  .map((one): Good => ({ system: "ollama", step: "GET /", status: 200, pieces: [], ...one }));

const health = fc
  .record({ model, body: fc.constantFrom("", "{}") })
  .map((one): Good => ({ system: "phi3", step: "GET /health", status: 200, pieces: [], ...one }));

const generated = {
  "ollama generate": ollama(false, false),
  "ollama generate, streamed": ollama(false, true),
  "ollama chat": ollama(true, false),
  "ollama chat, streamed": ollama(true, true),
  "phi3 completion": completion(false, false),
  "phi3 chat": completion(true, false),
  "phi3 chat, streamed": completion(true, true),
};
const kinds: Record<string, fc.Arbitrary<Good>> = { ...generated, tags, modelList, page, health };

/** The body again, of changed pieces. */
function bodyOf({ step, system }: Answered, pieces: readonly unknown[]): string {
  if (!step.endsWith("streamed")) return JSON.stringify(pieces[0]);
  return system === "ollama" ? ndjson(pieces as Json[]) : withDone(events(pieces as Json[]));
}

/** A change to the last piece that holds the key, or to the last of all. */
const edit = (good: Good, change: (piece: Json) => unknown, holds: (piece: Json) => boolean = () => true): string => {
  const index = good.pieces.findLastIndex(holds);
  return bodyOf(
    good,
    good.pieces.map((piece, at) => (at === index ? change(structuredClone(piece)) : piece)),
  );
};
const all = (good: Good, change: (piece: Json) => Json) =>
  bodyOf(
    good,
    good.pieces.map((piece) => change(structuredClone(piece))),
  );
const without =
  (key: string) =>
  ({ [key]: _, ...rest }: Json) =>
    rest;
const notCounts = [0, -1, 1.5, true, "12", null, undefined, [3]];
const mute = (piece: Json, silence: string): Json => {
  const text = JSON.stringify(piece, (key, value) => (["response", "content", "text"].includes(key) ? silence : value));
  return JSON.parse(text) as Json;
};
const choices = (change: (choice: Json) => unknown) => (piece: Json) => ({
  ...piece,
  choices: (piece["choices"] as Json[]).map(change),
});
const hasChoice = (piece: Json) => (piece["choices"] as unknown[]).length > 0;

type Spoil = (good: Good) => Partial<Answered> | Partial<Answered>[];

/** What makes any answer with JSON a bad one. */
const anyway: Record<string, Spoil> = {
  "another status": ({ body }) =>
    [201, 204, 301, 400, 401, 403, 404, 429, 500, 502, 503, 504].map((status) => ({ status, body })),
  "an error page": () => ({ body: "<html><body>502 Bad Gateway</body></html>" }),
  nothing: () => ({ body: "" }),
  "half of it": ({ body }) => ({ body: body.slice(0, Math.floor(body.length / 2)) }),
  "no object": (good) => [null, 1, "x", [], [{}], true].map((value) => ({ body: edit(good, () => value) })),
  "an empty object": (good) => ({ body: edit(good, () => ({})) }),
};
const generation: Record<string, Spoil> = {
  "another model": (good) =>
    ["other", "", null, 1].map((model) => ({ body: all(good, (piece) => ({ ...piece, model })) })),
  "no text": (good) => ["", " ", "\n\t "].map((silence) => ({ body: all(good, (piece) => mute(piece, silence)) })),
  "an error in place of the end": (good) => ({ body: edit(good, () => ({ error: "out of memory" })) }),
};
const ofOllama: Record<string, Spoil> = {
  ...generation,
  "not done": (good) => [false, "true", 1, null].map((done) => ({ body: edit(good, (piece) => ({ ...piece, done })) })),
  "no done": (good) => ({ body: edit(good, without("done")) }),
  "done for no reason": (good) =>
    ["load", "unload", "", null].map((done_reason) => ({ body: edit(good, (piece) => ({ ...piece, done_reason })) })),
  "tokens that can't be counted": (good) =>
    notCounts.map((eval_count) => ({ body: edit(good, (piece) => ({ ...piece, eval_count })) })),
  "no time for tokens": (good) =>
    notCounts.map((eval_duration) => ({ body: edit(good, (piece) => ({ ...piece, eval_duration })) })),
  "less time in all than for tokens": (good) => ({
    body: edit(good, (piece) => ({ ...piece, total_duration: Number(piece["eval_duration"]) - 1 })),
  }),
  "a prompt without tokens": (good) => ({ body: edit(good, (piece) => ({ ...piece, prompt_eval_count: 0 })) }),
};
const ofChat: Record<string, Spoil> = {
  "another speaker": (good) => ({
    body: edit(good, (piece) => ({ ...piece, message: { role: "user", content: "x" } })),
  }),
  "no message": (good) =>
    ["text", null, []].map((message) => ({ body: edit(good, (piece) => ({ ...piece, message })) })),
  "no content": (good) => ({
    body: edit(good, (piece) => ({ ...piece, message: { role: "assistant", content: null } })),
  }),
};
const ofStream: Record<string, Spoil> = {
  "no end": (good) => ({ body: bodyOf(good, good.pieces.slice(0, -1)).replace("data: [DONE]\n\n", "") }),
  "more after the end": ({ body, pieces }) => ({
    body: `${body}data: ${JSON.stringify(pieces[0])}\n${JSON.stringify(pieces[0])}\n`,
  }),
};
const ofCompletion: Record<string, Spoil> = {
  ...generation,
  "another object": (good) => ({ body: all(good, (piece) => ({ ...piece, object: "list" })) }),
  "no choice": (good) => ({ body: edit(good, (piece) => ({ ...piece, choices: [] }), hasChoice) }),
  "two choices": (good) => ({
    body: edit(
      good,
      (piece) => ({ ...piece, choices: [...(piece["choices"] as Json[]), ...(piece["choices"] as Json[])] }),
      hasChoice,
    ),
  }),
  "an end for no reason": (good) =>
    ["error", "", null].map((finish_reason) => ({
      body: edit(
        good,
        choices((one) => ({ ...one, finish_reason })),
        hasChoice,
      ),
    })),
  "no usage": (good) => ({ body: edit(good, without("usage")) }),
  "usage that does not add up": (good) => ({
    body: edit(good, (piece) => ({ ...piece, usage: { ...(piece["usage"] as Json), total_tokens: 1 } })),
  }),
  "tokens that can't be counted": (good) =>
    notCounts.map((completion_tokens) => ({
      body: edit(good, (piece) => ({ ...piece, usage: { ...(piece["usage"] as Json), completion_tokens } })),
    })),
};
const ofLists: Record<string, Spoil> = {
  "other models": (good) => ["-other", ":other"].map((end) => `${good.model}${end}`).map((model) => ({ model })),
  "no list": () =>
    [
      "{}",
      '{"models": {}, "data": {}, "object": "list"}',
      '{"models": ["tiny"], "data": ["tiny"], "object": "list"}',
    ].map((body) => ({ body })),
};
const ofPage: Record<string, Spoil> = {
  "another status": ({ body }) => [302, 403, 502].map((status) => ({ status, body })),
  "no page": () => ["", '{"detail":"Not Found"}', "Forbidden"].map((body) => ({ body })),
};
const spoils: Record<string, Record<string, Spoil>> = {
  "ollama generate": { ...anyway, ...ofOllama },
  "ollama generate, streamed": { ...anyway, ...ofOllama, ...ofStream },
  "ollama chat": { ...anyway, ...ofOllama, ...ofChat },
  "ollama chat, streamed": { ...anyway, ...ofOllama, ...ofChat, ...ofStream },
  "phi3 completion": { ...anyway, ...ofCompletion },
  "phi3 chat": { ...anyway, ...ofCompletion },
  "phi3 chat, streamed": { ...anyway, ...ofCompletion, ...ofStream },
  tags: { ...anyway, ...ofLists },
  modelList: { ...anyway, ...ofLists },
  page: ofPage,
  health: { "another status": ({ body }) => [204, 403, 500, 503].map((status) => ({ status, body })) },
};
const cases = Object.entries(spoils).flatMap(([kind, own]) =>
  Object.entries(own).map(([how, spoil]) => ({ kind, how, spoil, good: kinds[kind] as fc.Arbitrary<Good> })),
);

describe("[ollama P12] Load Test Response Validation", () => {
  test.each(Object.entries(kinds))("%s: a well-formed answer is none of the failures", async (_kind, good) => {
    await fc.assert(
      fc.asyncProperty(good, async ({ pieces, ...answer }) => {
        expect((await judge.judge(answer)).error).toBeNull();
      }),
    );
  });

  test.each(cases)("$kind with $how is a failure with a reason", async ({ good, spoil }) => {
    await fc.assert(
      fc.asyncProperty(good, async (answer) => {
        for (const change of [spoil(answer)].flat()) {
          const { pieces, ...spoilt } = { ...answer, ...change };
          const { error } = await judge.judge(spoilt);
          expect(error, spoilt.body).toBeTruthy();
        }
      }),
      { numRuns: 20 },
    );
  });

  test("whatever JSON or text a server sends for an answer of the model is a failure, not a crash", async () => {
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: "binary" }),
      fc.json().map((json) => `data: ${json}\n\ndata: [DONE]\n\n`),
    );
    const kind = fc.oneof(...Object.values(generated));
    await fc.assert(
      fc.asyncProperty(kind, body, async ({ pieces, ...answer }, body) => {
        expect((await judge.judge({ ...answer, body })).error).toBeTruthy();
      }),
    );
  });

  test("tells the tokens and the time that the server counted", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(...Object.values(generated)), async ({ pieces, ...answer }) => {
        const { spoke, generation } = await judge.judge(answer);
        const last = pieces.at(-1) ?? {};
        const usage = last["usage"] as Json | undefined;
        expect(spoke).toBe(true);
        expect(generation).toEqual({
          promptTokens: usage?.["prompt_tokens"] ?? last["prompt_eval_count"] ?? 0,
          tokens: usage?.["completion_tokens"] ?? last["eval_count"],
          seconds: usage ? null : Number(last["eval_duration"]) / 1e9,
        });
      }),
    );
  });
});

test("the reason says what was found and what was expected, in one short line", async () => {
  const said = async (body: object) =>
    (
      await judge.judge({
        system: "ollama",
        step: "POST /api/generate",
        model: "tiny",
        status: 200,
        body: JSON.stringify(body),
      })
    ).error;
  expect(await said({ model: "large", response: "x", done: true })).toBe("model is large, expected tiny");
  expect(await said({ error: "no\nmemory ".repeat(200) })).toMatch(/^error: no memory no memory [^\n]{1,110}\.\.\.$/);
});
