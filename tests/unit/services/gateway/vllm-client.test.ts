import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inferenceRequest } from "../../../../services/gateway/client/inference-request";
import { VLLMClient } from "../../../../services/gateway/client/vllm-client";
import { type OpenAIServer, startOpenAIServer } from "../../../support/gateway/openai-server";

const chat = (content = "Hi") => inferenceRequest({ model: "test-model", messages: [{ role: "user", content }] });

describe("InferenceRequest", () => {
  test("has defaults for all but the prompt", () => {
    expect(inferenceRequest({ prompt: "Once" })).toEqual({
      model: "auto",
      prompt: "Once",
      max_tokens: 512,
      temperature: 0.7,
    });
  });

  test("keeps what is given, fields it does not know too, and names all that is wrong", () => {
    const given = { ...chat(), max_tokens: 3, temperature: 0, top_p: 0.5, seed: 7 };
    expect(inferenceRequest(given)).toEqual(given);
    expect(() => inferenceRequest({ messages: [], max_tokens: 0, temperature: 3 })).toThrow(
      /messages: .*max_tokens: .*temperature: /,
    );
    expect(() => inferenceRequest({ prompt: "a", messages: chat().messages })).toThrow("not both");
    expect(() => inferenceRequest({})).toThrow('give either "messages" or "prompt"');
  });
});

describe("VLLMClient", () => {
  let server: OpenAIServer;
  beforeEach(async () => {
    server = await startOpenAIServer();
  });
  afterEach(() => server.stop());
  const client = (options = {}) => new VLLMClient({ baseUrl: server.url, apiKey: "engine-key", ...options });

  test("async completion: chat and plain, with key, usage and reason", async () => {
    expect(await client().complete(chat())).toMatchObject({
      text: "Hello there!",
      model: "test-model",
      finishReason: "stop",
      usage: { inputTokens: 5, outputTokens: 2 },
    });
    expect((await client({ model: "other" }).complete(inferenceRequest({ prompt: "Once" }))).text).toBe("Hello there!");
    expect(server.seen.map(({ path, headers, body }) => [path, headers.authorization, body["model"]])).toEqual([
      ["/v1/chat/completions", "Bearer engine-key", "test-model"],
      ["/v1/completions", "Bearer engine-key", "other"],
    ]);
  });

  test("batch processing: in order, never more at a time than asked, one failure on its own", async () => {
    server.behave((_, { body }) => {
      const [message] = body["messages"] as { content: string }[];
      return message?.content === "3"
        ? { kind: "status", status: 500 }
        : { kind: "answer", text: `re: ${message?.content}`, delayMs: 20 };
    });
    const requests = ["0", "1", "2", "3", "4", "5", "6"].map(chat);
    const results = await client().batch(requests, { concurrency: 3 });
    expect(results.map((each) => (each.ok ? each.result.text : each.error.kind))).toEqual([
      "re: 0",
      "re: 1",
      "re: 2",
      "server_error",
      "re: 4",
      "re: 5",
      "re: 6",
    ]);
    expect(server.running.most).toBe(3);
  });

  test("streaming: token by token, and leaving the loop ends the engine's work", async () => {
    server.behave({ kind: "answer", text: "one two three", betweenTokensMs: 5 });
    const tokens: string[] = [];
    for await (const token of client().stream(chat())) tokens.push(token);
    expect(tokens).toEqual(["one ", "two ", "three"]);

    server.behave({ kind: "stalls", afterTokens: 1 });
    for await (const _ of client().stream(chat())) break;
    await expect.poll(() => server.seen[1]?.left).toBe(true);
  });

  test("health check: healthy with its latency, unhealthy with the reason, never an exception", async () => {
    expect(await client().health()).toEqual({ healthy: true, latencyMs: expect.any(Number) });
    server.healthy = false;
    expect(await client().health()).toMatchObject({ healthy: false, error: expect.stringContaining("500") });
    await server.stop();
    expect(await client().health()).toMatchObject({ healthy: false, error: expect.stringMatching(/connection/) });
  });

  test.each([
    [
      { kind: "status", status: 429, headers: { "retry-after": "7" } },
      { kind: "rate_limited", details: { retryAfterMs: 7000 } },
    ],
    [
      { kind: "status", status: 401 },
      { kind: "unauthorized", details: { status: 401 } },
    ],
    [
      { kind: "status", status: 400, message: "no such field" },
      { kind: "bad_request", message: "no such field" },
    ],
    [
      { kind: "status", status: 400, message: "This model's maximum context length is 4096 tokens" },
      { kind: "context_length" },
    ],
    [{ kind: "status", status: 503 }, { kind: "overloaded" }],
    [{ kind: "silent" }, { kind: "timeout" }],
    [{ kind: "resets" }, { kind: "reset" }],
    [{ kind: "malformed" }, { kind: "malformed" }],
  ] as const)("error handling: %j", async (behaviour, expected) => {
    server.behave(behaviour);
    await expect(client({ timeoutMs: 100 }).complete(chat())).rejects.toMatchObject(expected);
  });

  test.each([
    ["dies", "reset"],
    ["half-closed", "reset"],
    ["stalls", "timeout"],
  ] as const)("a stream that %s after a token says that a token went out", async (kind, failure) => {
    server.behave({ kind, afterTokens: 1 });
    const tokens: string[] = [];
    const read = async () => {
      for await (const token of client({ stallMs: 100 }).stream(chat())) tokens.push(token);
    };
    await expect(read()).rejects.toMatchObject({ kind: failure, details: { committed: true } });
    expect(tokens).toEqual(["Hello "]);
  });

  test("cancellation reaches the engine", async () => {
    server.behave({ kind: "silent" });
    const caller = new AbortController();
    const asked = client().complete(chat(), { signal: caller.signal });
    await expect.poll(() => server.seen.length).toBe(1);
    caller.abort();
    await expect(asked).rejects.toMatchObject({ kind: "cancelled" });
    await expect.poll(() => server.seen[0]?.left).toBe(true);
  });
});
