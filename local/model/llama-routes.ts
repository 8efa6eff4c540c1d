import { randomUUID } from "node:crypto";

/** What a client asks for, whichever of the two APIs it speaks. */
export interface Ask {
  readonly api: "generate" | "chat" | "completions" | "chat/completions";
  readonly model: string;
  readonly messages: readonly Message[];
  readonly stream: boolean;
  /** Undefined: until the model ends, or the context is full. */
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
}

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** What came of it. */
export interface Told {
  readonly text: string;
  readonly promptTokens: number;
  readonly tokens: number;
  /** Whether the model ended by itself. */
  readonly finished: boolean;
  readonly promptMs: number;
  readonly totalMs: number;
}

/** A request that can't be answered, with the status that says so. */
export class BadAsk extends Error {
  override readonly name = "BadAsk";
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const apis: Readonly<Record<string, Ask["api"]>> = {
  "/api/generate": "generate",
  "/api/chat": "chat",
  "/v1/completions": "completions",
  "/v1/chat/completions": "chat/completions",
};

/** @returns undefined for a path that generates nothing. @throws BadAsk for a body that says nothing usable */
export function readAsk(path: string, body: string): Ask | undefined {
  const api = apis[path];
  if (!api) return undefined;
  const value = parseObject(body);
  const { model } = value;
  if (typeof model !== "string" || model === "") throw new BadAsk(400, "model is missing: expected its name");
  const openAi = path.startsWith("/v1/");
  const options = (openAi ? value : value["options"]) as Record<string, unknown> | undefined;
  return {
    api,
    model,
    messages: path.includes("chat") ? readMessages(value["messages"]) : readPrompt(value),
    // Ollama streams unless told not to; OpenAI's API does not unless told to.
    stream: openAi ? value["stream"] === true : value["stream"] !== false,
    maxTokens: positive(options?.[openAi ? "max_tokens" : "num_predict"]),
    temperature: typeof options?.["temperature"] === "number" ? options["temperature"] : undefined,
  };
}

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, as for any other value.
  }
  throw new BadAsk(400, "the body is no JSON object");
}

function readPrompt(value: Record<string, unknown>): Message[] {
  const { prompt, system } = value;
  if (typeof prompt !== "string" || prompt === "") throw new BadAsk(400, "prompt is missing: expected a text");
  const first: Message[] = typeof system === "string" ? [{ role: "system", content: system }] : [];
  return [...first, { role: "user", content: prompt }];
}

function readMessages(value: unknown): Message[] {
  const roles = new Set(["system", "user", "assistant"]);
  const fits = (one: unknown): one is Message =>
    typeof one === "object" &&
    one !== null &&
    roles.has((one as Message).role) &&
    typeof (one as Message).content === "string";
  if (Array.isArray(value) && value.every(fits) && value.at(-1)?.role === "user") return value;
  throw new BadAsk(400, "messages must be a list of {role, content}, the last of the user");
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;
}

/** How an answer is written: a piece of a stream, its end, or all at once. */
export interface Voice {
  readonly contentType: string;
  piece(text: string): string;
  end(told: Told): string;
  whole(told: Told): string;
}

export function voiceOf(ask: Ask, now: Date = new Date(), id: string = randomUUID()): Voice {
  return ask.api === "generate" || ask.api === "chat" ? ollamaVoice(ask, now) : openAiVoice(ask, now, id);
}

function ollamaVoice({ api, model, stream }: Ask, now: Date): Voice {
  const said = (text: string) =>
    api === "chat" ? { message: { role: "assistant", content: text } } : { response: text };
  const common = { model, created_at: now.toISOString() };
  const ending = ({ finished, promptTokens, tokens, promptMs, totalMs }: Told) => ({
    done: true,
    done_reason: finished ? "stop" : "length",
    // Nanoseconds, as Ollama has them.
    total_duration: Math.round(totalMs * 1e6),
    load_duration: 0,
    prompt_eval_count: promptTokens,
    prompt_eval_duration: Math.round(promptMs * 1e6),
    eval_count: tokens,
    eval_duration: Math.round((totalMs - promptMs) * 1e6),
  });
  return {
    contentType: stream ? "application/x-ndjson" : "application/json; charset=utf-8",
    piece: (text) => `${JSON.stringify({ ...common, ...said(text), done: false })}\n`,
    end: (told) => `${JSON.stringify({ ...common, ...said(""), ...ending(told) })}\n`,
    whole: (told) => JSON.stringify({ ...common, ...said(told.text), ...ending(told) }),
  };
}

function openAiVoice({ api, model, stream }: Ask, now: Date, id: string): Voice {
  const chat = api === "chat/completions";
  const common = { id: `${chat ? "chatcmpl" : "cmpl"}-${id}`, created: Math.floor(now.getTime() / 1000), model };
  const object = chat ? "chat.completion" : "text_completion";
  const streamed = chat ? "chat.completion.chunk" : "text_completion";
  const choice = (text: string, finish: string | null, whole = false) => {
    const content = { role: "assistant", content: text };
    const said = chat ? (whole ? { message: content } : { delta: content }) : { text };
    return { index: 0, ...said, finish_reason: finish };
  };
  const reason = (told: Told) => (told.finished ? "stop" : "length");
  const usage = ({ promptTokens, tokens }: Told) => ({
    prompt_tokens: promptTokens,
    completion_tokens: tokens,
    total_tokens: promptTokens + tokens,
  });
  const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
  return {
    contentType: stream ? "text/event-stream" : "application/json",
    piece: (text) => event({ ...common, object: streamed, choices: [choice(text, null)] }),
    end: (told) =>
      `${event({ ...common, object: streamed, choices: [choice("", reason(told))], usage: usage(told) })}data: [DONE]\n\n`,
    whole: (told) =>
      JSON.stringify({ ...common, object, choices: [choice(told.text, reason(told), true)], usage: usage(told) }),
  };
}
