import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How the server treats a request. */
export type Behaviour =
  | { kind: "answer"; text?: string; delayMs?: number; betweenTokensMs?: number; usage?: Usage }
  | { kind: "status"; status: number; message?: string; headers?: Record<string, string> }
  /** Accepts the request and never answers. */
  | { kind: "silent" }
  /** Sends so many tokens of a stream, or half a body, then nothing more. */
  | { kind: "stalls"; afterTokens: number }
  /** Sends so many tokens, or half a body, then breaks the connection. */
  | { kind: "dies"; afterTokens: number }
  /** Sends so many tokens, then ends the stream in good order but without its last events. */
  | { kind: "half-closed"; afterTokens: number }
  /** A body that is no JSON, a stream that is no stream of events. */
  | { kind: "malformed" }
  /** Bytes that are not HTTP. */
  | { kind: "garbage" }
  /** Breaks the connection before any byte. */
  | { kind: "resets" };

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
}

export interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes as they came. */
  readonly text: string;
  readonly body: Record<string, unknown>;
  /** Whether whoever asked left before the answer's end. */
  left: boolean;
}

export interface OpenAIServer {
  /** Ends with /v1. */
  readonly url: string;
  readonly seen: Seen[];
  /** For each request, by its place in the order: 0 is the first. */
  behave(behaviour: Behaviour | ((index: number, seen: Seen) => Behaviour)): void;
  /** Requests that run now, and the most that ever ran together. */
  readonly running: { now: number; most: number };
  /** Whether GET /models answers 200. Default: true. */
  healthy: boolean;
  stop(): Promise<void>;
}

/** A server with OpenAI's API that can fail in every way that one fails. Without `behave` it answers "Hello there!" */
export async function startOpenAIServer(model = "test-model"): Promise<OpenAIServer> {
  let behaviour: (index: number, seen: Seen) => Behaviour = () => ({ kind: "answer" });
  const seen: Seen[] = [];
  const running = { now: 0, most: 0 };
  const state = { healthy: true };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  }).listen(0, "127.0.0.1");

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    if (path === "/v1/models") {
      response.writeHead(state.healthy ? 200 : 500, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ object: "list", data: [{ id: model, object: "model", created: 0, owned_by: "test" }] }),
      );
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = JSON.parse(text) as Record<string, unknown>;
    const one: Seen = { path, headers: request.headers, text, body, left: false };
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    response.once("close", () => {
      running.now -= 1;
      one.left = !response.writableFinished;
    });
    seen.push(one);
    await answer(behaviour(seen.length - 1, one), one, response, model);
  }

  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    running,
    behave: (next) => {
      behaviour = typeof next === "function" ? next : () => next;
    },
    get healthy() {
      return state.healthy;
    },
    set healthy(value: boolean) {
      state.healthy = value;
    },
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(how: Behaviour, { path, body }: Seen, response: ServerResponse, model: string): Promise<void> {
  const chat = path.endsWith("/chat/completions");
  const streamed = body["stream"] === true;
  switch (how.kind) {
    case "silent":
      return;
    case "resets":
      response.socket?.destroy();
      return;
    case "garbage":
      response.socket?.end("this is not HTTP\r\n\r\n");
      return;
    case "status":
      response.writeHead(how.status, { "content-type": "application/json", ...how.headers });
      response.end(
        JSON.stringify({ error: { message: how.message ?? `status ${how.status}`, type: "test", code: null } }),
      );
      return;
    case "malformed":
      response.writeHead(200, { "content-type": streamed ? "text/event-stream" : "application/json" });
      response.end(streamed ? 'data: {"choices": [{"delta"\n\ndata: [DONE]\n\n' : '{"choices": [');
      return;
    default:
      break;
  }
  if (how.kind === "answer" && how.delayMs) await sleep(how.delayMs);
  const text = (how.kind === "answer" ? how.text : undefined) ?? "Hello there!";
  const usage = (how.kind === "answer" ? how.usage : undefined) ?? { prompt_tokens: 5, completion_tokens: 2 };
  const base = { id: "cmpl-1", object: chat ? "chat.completion" : "text_completion", created: 1, model };
  if (!streamed) {
    const choice = chat
      ? { index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }
      : { index: 0, text, finish_reason: "stop" };
    const whole = JSON.stringify({ ...base, choices: [choice], usage: { ...usage, total_tokens: 7 } });
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) });
    if (how.kind === "answer") response.end(whole);
    else {
      response.write(whole.slice(0, whole.length / 2));
      if (how.kind !== "stalls") setTimeout(() => response.destroy(), 20);
    }
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  const event = (delta: object, finish: string | null) => {
    const choice = chat ? { index: 0, delta, finish_reason: finish } : { index: 0, ...delta, finish_reason: finish };
    response.write(`data: ${JSON.stringify({ ...base, object: `${base.object}.chunk`, choices: [choice] })}\n\n`);
  };
  const tokens = text.split(/(?<= )/);
  const last = how.kind === "answer" ? tokens.length : how.afterTokens;
  for (const token of tokens.slice(0, last)) {
    event(chat ? { content: token } : { text: token }, null);
    if (how.kind === "answer" && how.betweenTokensMs) await sleep(how.betweenTokensMs);
  }
  if (how.kind === "stalls") return;
  // What was written has to leave before the connection breaks.
  if (how.kind === "dies") setTimeout(() => response.destroy(), 20);
  else if (how.kind === "half-closed") response.end();
  else {
    event(chat ? {} : { text: "" }, "stop");
    const options = body["stream_options"] as { include_usage?: boolean } | undefined;
    if (options?.include_usage) response.write(`data: ${JSON.stringify({ ...base, choices: [], usage })}\n\n`);
    response.end("data: [DONE]\n\n");
  }
}
