import { ChatAnswer } from "./chat-answer.js";
import { EventStream } from "./event-stream.js";
import { brokenOff, Failure, refusal, unreachable } from "./failures.js";

/** @typedef {{ readonly role: "user" | "assistant", readonly content: string }} Message */

/**
 * Whether an engine is ready.
 * @returns {Promise<boolean>}
 */
export async function healthy() {
  try {
    const { ok } = await fetch("/health", { cache: "no-store" });
    return ok;
  } catch {
    return false;
  }
}

/**
 * The name of the model that is served; the first where there are several.
 * @param {string} key
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 * @throws Failure; DOMException AbortError after `signal`
 */
export async function modelName(key, signal) {
  const response = await call("/v1/models", { headers: authorization(key), signal });
  const { data } = await response.json().catch(() => ({}));
  const name = Array.isArray(data) ? data[0]?.id : undefined;
  if (typeof name === "string") return name;
  throw new Failure("The API lists no model. Something other than the engine may have answered.");
}

/**
 * Asks for an answer and hands out its text as it comes.
 * @param {{ readonly model: string, readonly messages: readonly Message[], readonly maxTokens: number, readonly key: string }} question
 * @param {ChatAnswer} answer filled as parts come, so that it holds what came before a failure
 * @param {(text: string) => void} onText
 * @param {AbortSignal} signal ends the request, and with it the engine's work
 * @throws Failure; DOMException AbortError after `signal`
 */
export async function chat({ model, messages, maxTokens, key }, answer, onText, signal) {
  const body = {
    model,
    messages,
    max_tokens: maxTokens,
    stream: true,
    stream_options: { include_usage: true },
  };
  const response = await call("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", ...authorization(key) },
    body: JSON.stringify(body),
    signal,
  });
  const type = response.headers.get("content-type") ?? "nothing";
  if (!type.startsWith("text/event-stream") || response.body === null) {
    await response.body?.cancel();
    throw new Failure(`The server sent ${type} where an answer in parts was expected.`);
  }
  const events = new EventStream();
  for await (const bytes of parts(response.body, signal)) {
    for (const data of events.push(bytes)) {
      const text = answer.take(data);
      if (text !== "") onText(text);
    }
  }
  if (!answer.complete) throw brokenOff();
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {AbortSignal} signal
 */
async function* parts(body, signal) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw signal.aborted ? error : brokenOff();
  } finally {
    // Nobody listens any more: whatever the engine still sends need not come.
    reader.cancel().catch(() => {});
  }
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Response>} with a status of success
 * @throws Failure; DOMException AbortError
 */
async function call(path, init) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...init });
  } catch (error) {
    throw init.signal?.aborted ? error : unreachable();
  }
  if (response.ok) return response;
  const body = await response.text().catch(() => "");
  throw refusal(response.status, body, response.headers.get("retry-after"));
}

/**
 * For the engine, and for a REST API in front of it.
 *
 * @param {string} key
 * @returns {Record<string, string>}
 */
function authorization(key) {
  return key === "" ? {} : { authorization: `Bearer ${key}`, "x-api-key": key };
}
