import { brokenOff, reasonOf } from "./failures.js";

/**
 * @typedef {{ readonly choices?: readonly { readonly delta?: { readonly content?: string | null }, readonly finish_reason?: string | null }[],
 *   readonly usage?: { readonly completion_tokens?: number } | null }} Chunk a part of an answer, as OpenAI's API sends it
 */

/** An answer as it grows from the events of a stream of chat completions. */
export class ChatAnswer {
  text = "";
  /** Events that brought text. */
  chunks = 0;
  /** Tokens of the answer as the engine counted them. @type {number | undefined} */
  tokens = undefined;
  /** Why the engine ended the answer: `stop`, `length`, ... @type {string | undefined} */
  finishReason = undefined;
  /** The stream said that it is at its end. */
  ended = false;

  /** Nothing is missing. An engine that gave its reason to end may lose the rest of the stream. */
  get complete() {
    return this.ended || this.finishReason !== undefined;
  }

  /**
   * Takes an event's data in and returns the text it brought, often a token.
   * @param {string} data
   * @returns {string}
   * @throws Failure when the event is an error, or no part of an answer
   */
  take(data) {
    if (data === "[DONE]") {
      this.ended = true;
      return "";
    }
    const chunk = parse(data);
    if (chunk.usage?.completion_tokens !== undefined) this.tokens = chunk.usage.completion_tokens;
    const choice = chunk.choices?.[0];
    if (choice?.finish_reason) this.finishReason = choice.finish_reason;
    const text = choice?.delta?.content ?? "";
    if (text !== "") this.chunks += 1;
    this.text += text;
    return text;
  }
}

/**
 * @param {string} data
 * @returns {Chunk}
 */
function parse(data) {
  let value;
  try {
    value = JSON.parse(data);
  } catch {
    throw brokenOff("the server sent something that is no part of an answer.");
  }
  const chunk = typeof value === "object" && value !== null ? value : {};
  if (!Array.isArray(chunk.choices)) throw brokenOff(reasonOf(chunk) ?? "the server sent no part of an answer.");
  return chunk;
}
