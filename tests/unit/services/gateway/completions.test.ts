import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startRedis } from "../../../../local/servers/redis";
import type { LocalServer } from "../../../../local/servers/server";
import type { Variables } from "../../../../services/lib/settings";
import { type Behaviour, type OpenAIServer, startOpenAIServer } from "../../../support/gateway/openai-server";
import { adminKey, type Running, startGateway } from "../../../support/gateway/running";

let engine: OpenAIServer;
let second: OpenAIServer;
let outside: OpenAIServer;
let gateway: Running | undefined;
let redis: LocalServer | undefined;

beforeEach(async () => {
  [engine, second, outside] = await Promise.all([
    startOpenAIServer("large"),
    startOpenAIServer("small"),
    startOpenAIServer("gemini-2.5-flash"),
  ]);
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await Promise.all([engine.stop(), second.stop(), outside.stop(), redis?.dispose()]);
  redis = undefined;
});

async function start(more: Variables = {}): Promise<Running> {
  gateway = await startGateway({
    VLLM_BASE_URLS: engine.url,
    VLLM_MODEL: "large",
    VLLM_API_KEY: "engine-key",
    OLLAMA_BASE_URL: second.url,
    OLLAMA_MODEL: "small",
    ...more,
  });
  return gateway;
}

async function withGemini(more: Variables = {}): Promise<Running> {
  redis = await startRedis();
  return start({ GEMINI_API_KEY: "google-key", GEMINI_BASE_URL: outside.url, REDIS_URL: redis.url, ...more });
}

const chat = { model: "auto", messages: [{ role: "user", content: "Hi" }] } as const;
const path = "/v1/chat/completions";
const error = async (response: Response) => ((await response.json()) as { error: Record<string, unknown> }).error;

describe("OpenAI's SDK works unchanged", () => {
  test("chat, stream, plain completion and models", async () => {
    const { url } = await start();
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: adminKey, maxRetries: 0 });
    const answer = await openai.chat.completions.create({ ...chat, messages: [...chat.messages] });
    expect([answer.choices[0]?.message.content, answer.usage?.completion_tokens]).toEqual(["Hello there!", 2]);

    const tokens: string[] = [];
    const stream = await openai.chat.completions.create({ ...chat, messages: [...chat.messages], stream: true });
    for await (const chunk of stream) tokens.push(chunk.choices[0]?.delta.content ?? "");
    expect(tokens).toEqual(["Hello ", "there!", ""]);

    const completion = await openai.completions.create({ model: "small", prompt: "Once" });
    expect([completion.choices[0]?.text, completion.model]).toEqual(["Hello there!", "small"]);
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(["auto", "large", "small"]);
  });

  test("throws typed errors, also one in the middle of a stream", async () => {
    const { url } = await start();
    const openai = (apiKey: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
    const ask = { ...chat, messages: [...chat.messages] };
    await expect(openai("wrong").chat.completions.create(ask)).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(openai(adminKey).chat.completions.create({ ...ask, model: "none" })).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
    });
    engine.behave({ kind: "dies", afterTokens: 1 });
    const tokens: (string | null | undefined)[] = [];
    const read = async () => {
      const stream = await openai(adminKey).chat.completions.create({ ...ask, stream: true });
      for await (const chunk of stream) tokens.push(chunk.choices[0]?.delta.content);
    };
    await expect(read()).rejects.toMatchObject({ code: "stream_interrupted" });
    expect(tokens).toEqual(["Hello "]);
    expect(second.seen).toHaveLength(0);
  });
});

describe("what goes through", () => {
  test("the caller's own bytes, when the provider serves the model; else another model and nothing else changed", async () => {
    const { post } = await start();
    const text = '{ "model": "large",  "seed": 7, "messages":[{"role":"user","content":"ü"}] }';
    const answered = await post(path, text);
    expect(engine.seen[0]?.text).toBe(text);
    expect(engine.seen[0]?.headers).toMatchObject({ authorization: "Bearer engine-key" });
    expect(answered.headers.get("x-llm-provider")).toBe("vllm/0");
    expect(answered.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    await post(path, { ...chat, seed: 7 });
    expect(engine.seen[1]?.body).toEqual({ ...chat, model: "large", seed: 7 });
  });

  test("a stream's events, byte by byte, as they come", async () => {
    const { post } = await start();
    engine.behave({ kind: "stalls", afterTokens: 1 });
    const response = await post(path, { ...chat, stream: true });
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toMatch(/^data: \{.*"Hello ".*\}\n\n$/);
    await reader?.cancel();
    // The caller left: so does the gateway, and the engine can stop.
    await expect.poll(() => engine.seen[0]?.left).toBe(true);
    await expect.poll(() => gateway?.parts.gate.streams).toBe(0);
  });

  test("a slow reader slows the engine down, and gets all", async () => {
    const { post } = await start();
    const text = "word ".repeat(60_000);
    engine.behave({ kind: "answer", text });
    const response = await post(path, { ...chat, stream: true });
    const all = await response.text();
    const tokens = [...all.matchAll(/"content":"([^"]*)"/g)].map(([, token]) => token);
    expect(tokens.join("")).toBe(text);
    expect(all.endsWith("data: [DONE]\n\n")).toBe(true);
  });
});

describe("fallback", () => {
  const failures: Behaviour[] = [
    { kind: "status", status: 500 },
    { kind: "status", status: 503 },
    { kind: "status", status: 401 },
    { kind: "status", status: 429, headers: { "retry-after": "60" } },
    { kind: "status", status: 400, message: "maximum context length is 10 tokens" },
    { kind: "resets" },
    { kind: "garbage" },
    { kind: "malformed" },
    { kind: "dies", afterTokens: 0 },
    { kind: "half-closed", afterTokens: 0 },
  ];

  test.each(failures)("when vLLM fails before the first token, Ollama answers: %j", async (behaviour) => {
    const { post } = await start();
    engine.behave(behaviour);
    for (const stream of [false, true]) {
      const response = await post(path, { ...chat, stream });
      expect([response.status, response.headers.get("x-llm-provider")]).toEqual([200, "ollama"]);
      expect(await response.text()).toContain(stream ? "there!" : "Hello there!");
    }
    expect(second.seen).toHaveLength(2);
  });

  test("a silent engine is left after its time", async () => {
    const { post } = await start({
      FIRST_TOKEN_TIMEOUT_SECONDS: "0.2",
      ANSWER_TIMEOUT_SECONDS: "0.2",
      STALL_TIMEOUT_SECONDS: "0.2",
      BREAKER_FAILURES: "9",
    });
    engine.behave({ kind: "silent" });
    for (const stream of [true, false]) {
      expect((await post(path, { ...chat, stream })).headers.get("x-llm-provider")).toBe("ollama");
    }
    engine.behave({ kind: "stalls", afterTokens: 1 });
    expect(await (await post(path, { ...chat, stream: true })).text()).toMatch(/Hello .*stream_interrupted/s);
    expect((await post(path, chat)).headers.get("x-llm-provider")).toBe("ollama");
  });

  test.each(["dies", "half-closed"] as const)(
    "a stream that %s after a token ends with an error, and nobody else is asked",
    async (kind) => {
      const { post } = await start();
      engine.behave({ kind, afterTokens: 1 });
      const text = await (await post(path, { ...chat, stream: true })).text();
      expect(text).toMatch(/^data: .*"Hello ".*\n\ndata: \{"error":.*"stream_interrupted".*\}\n\n$/);
      expect([engine.seen.length, second.seen.length]).toEqual([1, 0]);
    },
  );

  test("an engine that was stopped costs one refused connection, then none: its circuit is open", async () => {
    const { post, get } = await start();
    await engine.stop();
    for (let time = 0; time < 4; time++) expect((await post(path, chat)).status).toBe(200);
    expect(((await (await get("/api/health/")).json()) as { circuits: object }).circuits).toEqual({
      "vllm/0": "open",
      ollama: "closed",
    });
  });

  test("when nobody can, the error names everybody; a request's time is for all together", async () => {
    const { post } = await start({ REQUEST_TIMEOUT_SECONDS: "0.3" });
    engine.behave({ kind: "status", status: 503, message: "too busy" });
    second.behave({ kind: "status", status: 401, message: "bad key" });
    const failed = await post(path, chat);
    expect(failed.status).toBe(502);
    expect(await error(failed)).toMatchObject({
      code: "all_providers_failed",
      message: "No provider could answer. vllm/0: too busy; ollama: bad key",
      attempts: [
        { provider: "vllm/0", kind: "overloaded", status: 503 },
        { provider: "ollama", kind: "unauthorized", status: 401 },
      ],
    });
    engine.behave({ kind: "silent" });
    const late = await post(path, chat);
    expect([late.status, (await error(late))["code"]]).toEqual([504, "timeout"]);
  });

  test("the provider's refusal of a request comes back as it is", async () => {
    const { post } = await start();
    engine.behave({ kind: "status", status: 422, message: "logprobs is too large" });
    const refused = await post(path, chat);
    expect([refused.status, await refused.json()]).toEqual([
      422,
      { error: { message: "logprobs is too large", type: "test", code: null } },
    ]);
    expect(second.seen).toHaveLength(0);
  });
});

describe("what is private stays", () => {
  test("by header or by key, whatever fails", async () => {
    const { post } = await withGemini();
    for (const each of [engine, second]) each.behave({ kind: "status", status: 503 });
    const byHeader = await post(path, chat, { "x-llm-private": "true" });
    const byKey = await post(path, chat, { authorization: "Bearer private-key" });
    expect([byHeader.status, byKey.status]).toEqual([502, 502]);
    expect((await error(byHeader))["message"]).toContain("gemini: the request is private");
    expect(outside.seen).toHaveLength(0);
    expect((await post(path, chat)).headers.get("x-llm-provider")).toBe("gemini");
    expect(outside.seen[0]?.headers.authorization).toBe("Bearer google-key");
  });
});

describe("what paid providers cost", () => {
  const paidOnly = {
    ENABLE_VLLM: "false",
    OLLAMA_BASE_URL: "",
    OLLAMA_MODEL: "",
    GEMINI_USD_PER_MILLION_OUTPUT_TOKENS: "1000",
  };
  const ask = { ...chat, max_tokens: 900 };
  const usage = { prompt_tokens: 0, completion_tokens: 500 };

  test("is charged by the answer's usage, up to the key's cap, streamed or not", async () => {
    const { post } = await withGemini(paidOnly);
    outside.behave({ kind: "answer", usage });
    // $0.90 reserved, $0.50 charged; then another $0.90 would pass the cap of $1.
    expect((await post(path, ask)).status).toBe(200);
    const refused = await post(path, ask);
    expect([refused.status, (await error(refused))["code"]]).toEqual([503, "no_provider"]);
    const streamed = await post(path, { ...ask, max_tokens: 400, stream: true });
    const text = await streamed.text();
    // The gateway asked for the usage; the caller did not, and does not get it.
    expect(outside.seen.at(-1)?.body["stream_options"]).toEqual({ include_usage: true });
    expect(text).not.toContain("completion_tokens");
    expect(text).toContain("[DONE]");
    await expect.poll(async () => (await post(path, { ...ask, max_tokens: 1 })).status).toBe(503);
  });

  test("is nothing when the provider failed, and nobody is asked without Redis", async () => {
    const { post } = await withGemini(paidOnly);
    outside.behave({ kind: "status", status: 401 });
    expect((await post(path, ask)).status).toBe(502);
    outside.behave({ kind: "answer", usage });
    expect((await post(path, ask)).status).toBe(200);
    await redis?.stop();
    const refused = await post(path, { ...ask, max_tokens: 1 });
    expect((await error(refused))["message"]).toContain("spend cap");
    expect(outside.seen).toHaveLength(2);
  });
});
