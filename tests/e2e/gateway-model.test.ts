import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureModelServer, type ModelServer } from "../../local/model/server";
import { adminKey, type Running, startGateway } from "../support/gateway/running";

let engine: ModelServer;
let ollama: ModelServer;
let gateway: Running;
let openai: OpenAI;

beforeAll(async () => {
  const log = (line: string) => console.error(line);
  engine = await ensureModelServer(log, { names: ["large"], api: "vllm", apiKey: "engine-key" });
  ollama = await ensureModelServer(log, { names: ["small"] });
  gateway = await startGateway({
    VLLM_BASE_URLS: `${engine.endpoint}/v1`,
    VLLM_MODEL: "large",
    VLLM_API_KEY: "engine-key",
    OLLAMA_BASE_URL: `${ollama.endpoint}/v1`,
    OLLAMA_MODEL: "small",
    HEALTH_CHECK_SECONDS: "0.5",
  });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: adminKey, maxRetries: 0 });
});
afterAll(async () => {
  await gateway?.stop();
  await engine?.stop();
  await ollama?.stop();
});

const messages = [{ role: "user" as const, content: "What is the capital of France? Answer in one word." }];
const ask = { model: "auto", messages, max_tokens: 12, temperature: 0 };

/** The small model behind both, as vLLM and as Ollama. */
describe("a real model", () => {
  test("answers, streams and is reported healthy", async () => {
    const whole = await openai.chat.completions.create(ask);
    expect(whole.choices[0]?.message.content).toContain("Paris");
    const tokens: string[] = [];
    for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true })) {
      tokens.push(chunk.choices[0]?.delta.content ?? "");
    }
    expect(tokens.join("")).toBe(whole.choices[0]?.message.content);
    expect(await (await gateway.get("/api/health/")).json()).toMatchObject({ status: "healthy" });
  });

  test("another answers when the engine is stopped, and the report says so", async () => {
    await engine.stop();
    const { data, response } = await openai.chat.completions.create(ask).withResponse();
    expect(response.headers.get("x-llm-provider")).toBe("ollama");
    expect(data.choices[0]?.message.content).toContain("Paris");
    await expect
      .poll(async () => (await gateway.get("/api/health/")).json(), { timeout: 10_000 })
      .toMatchObject({ status: "degraded", components: { "provider:ollama": { status: "healthy" } } });
  });
});
