import type { FrontAnswer, FrontClient, StreamedLine } from "./front-client";
import { tenths } from "./statistics";
import { check } from "./steps";

/** What the demos of OpenAI-compatible systems check alike. */

type Details = Record<string, unknown>;

/** That a chat comes token by token, with a count of them, and ends in good order. */
export async function checkStreamedChat(details: Details, front: FrontClient, json: object): Promise<void> {
  const lines = await front.stream("/v1/chat/completions", { method: "POST", json });
  const { text, usage, pieces } = readStream(lines);
  const [first, last] = [pieces[0], pieces.at(-1)];
  check(first !== undefined && last !== undefined, "No text came.");
  Object.assign(details, {
    text,
    events: pieces.length,
    firstTextMs: tenths(first.atMs),
    lastTextMs: tenths(last.atMs),
    usage,
  });
  check(lines.at(-1)?.text === "data: [DONE]", `The stream ended with ${lines.at(-1)?.text}, not with [DONE].`);
  check(pieces.length > 1 && last.atMs > first.atMs, "All text came at once: something on the way holds it back.");
  check(usage !== undefined && usage.completion_tokens > 0, "The stream told no count of tokens.");
}

/** What an answer is reported by. @throws CheckFailed unless it has text and a count of tokens */
export function figures({ body, clientMs }: FrontAnswer, text: unknown): Record<string, unknown> {
  check(typeof text === "string" && text.trim() !== "", "The answer has no text.");
  check(body.usage?.completion_tokens > 0, "The answer tells no count of tokens.");
  return { text, usage: body.usage, clientMs: tenths(clientMs) };
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** What the events of a streamed chat say: the text, the count of tokens, and the events that brought text. */
export function readStream(lines: readonly StreamedLine[]) {
  const events = lines
    .filter(({ text }) => text.startsWith("data: ") && text !== "data: [DONE]")
    .map(({ atMs, text }) => ({ atMs, event: JSON.parse(text.slice("data: ".length)) }));
  const pieces = events
    .map(({ atMs, event }) => ({ atMs, text: (event.choices?.[0]?.delta?.content ?? "") as string }))
    .filter(({ text }) => text !== "");
  const usage = events.map(({ event }) => event.usage as Usage | null | undefined).findLast(Boolean) ?? undefined;
  return { text: pieces.map(({ text }) => text).join(""), pieces, usage };
}
