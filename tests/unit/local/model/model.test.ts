import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../../../local/model/adapter";
import { BadAsk, readAsk, type Told, voiceOf } from "../../../../local/model/llama-routes";
import { startOllamaAdapter } from "../../../../local/model/ollama-adapter";
import { machineFlags, ollamaVersion } from "../../../../local/model/ollama-build";
import { createModels } from "../../../../local/model/ollama-models";
import { threads } from "../../../../local/model/threads";
import { startVllmAdapter } from "../../../../local/model/vllm-adapter";
import { isAlive } from "../../../../local/server-process";
import { ask } from "../../../engine/edge/ask";

test("Ollama's version is the one its go.mod requires", () => {
  expect(ollamaVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  expect(ollamaVersion("require (\n\tgithub.com/ollama/ollama v1.2.3 // indirect\n)")).toBe("1.2.3");
  expect(() => ollamaVersion("module m\n")).toThrow("requires no Ollama");
});

test("compiles for AVX2 only where all that goes with it is there", () => {
  expect(machineFlags("model name\t: x\nflags\t\t: fpu avx2 bmi2 f16c fma sse\n")).toBe("-march=x86-64-v3");
  expect(machineFlags("flags\t\t: fpu avx2 bmi2 f16c sse\n")).toBe("");
  expect(machineFlags("Features\t: fp asimd\n")).toBe("");
});

test.each([
  [1, 1],
  [2, 1],
  [3, 1],
  [8, 4],
  [64, 4],
])("%i cores give %i threads", (cores, expected) => {
  expect(threads(cores)).toBe(expected);
});

describe("an engine's API", () => {
  let engine: Server;
  let asked: { method?: string; url?: string; headers: Record<string, unknown>; body: string }[];
  let respond: (url: string) => { status: number; body: string };
  let endpoint: string;
  let adapter: Adapter | undefined;

  beforeEach(async () => {
    asked = [];
    respond = () => ({ status: 200, body: "{}" });
    engine = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method, url = "", headers } = request;
        asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        const { status, body } = respond(url);
        response.writeHead(status, { "content-type": "text/event-stream" }).end(body);
      });
    }).listen(0, "127.0.0.1");
    await once(engine, "listening");
    endpoint = `http://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await adapter?.stop();
    adapter = undefined;
    engine.close();
  });

  const post = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${adapter?.endpoint}${path}`, { method: "POST", body: '{"a":1}', headers });

  test("vLLM's /health says whether the engine answers", async () => {
    adapter = await startVllmAdapter(endpoint, ["tiny"], "secret");
    expect((await fetch(`${adapter.endpoint}/health`)).status).toBe(200);
    respond = () => ({ status: 500, body: "" });
    expect((await fetch(`${adapter.endpoint}/health`)).status).toBe(503);
    engine.closeAllConnections();
    engine.close();
    expect((await fetch(`${adapter.endpoint}/health`)).status).toBe(502);
  });

  test("vLLM's key guards /v1, and the engine sees nothing of a refused request", async () => {
    adapter = await startVllmAdapter(endpoint, ["tiny"], "secret");
    for (const authorization of ["", "Bearer wrong!", "Bearer secret2", "secret"]) {
      expect((await post("/v1/completions", { authorization })).status).toBe(401);
    }
    expect((await post("/v1/completions")).status).toBe(401);
    expect(asked).toEqual([]);
    const let_in = await post("/v1/completions", { authorization: "Bearer secret", origin: "https://page.example" });
    expect(let_in.status).toBe(200);
    expect(asked).toMatchObject([{ method: "POST", url: "/v1/completions", body: '{"a":1}' }]);
    expect(asked[0]?.headers).not.toHaveProperty("origin");
  });

  test("without a key everybody is let in, and answers come back as they are", async () => {
    respond = () => ({ status: 404, body: "data: {}\n\n" });
    adapter = await startVllmAdapter(endpoint, ["tiny"], undefined);
    const response = await post("/v1/chat/completions?x=1");
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      404,
      "text/event-stream",
      "data: {}\n\n",
    ]);
    expect(asked[0]?.url).toBe("/v1/chat/completions?x=1");
  });

  test("only the names it serves are listed, without the engine's tags", async () => {
    const models = [{ id: "tiny:latest", object: "model", owned_by: "library" }, { id: "other:latest" }];
    respond = () => ({ status: 200, body: JSON.stringify({ object: "list", data: models }) });
    adapter = await startVllmAdapter(endpoint, ["tiny"], undefined);
    expect(await (await fetch(`${adapter.endpoint}/v1/models`)).json()).toEqual({
      object: "list",
      data: [{ id: "tiny", object: "model", owned_by: "library" }],
    });
  });

  test("what vLLM does not have is not passed on", async () => {
    adapter = await startVllmAdapter(endpoint, ["tiny"], undefined);
    expect((await post("/api/generate")).status).toBe(404);
    expect(asked).toEqual([]);
  });

  test("Ollama is asked under its own host name, whatever name the request came by, and is told the rest", async () => {
    adapter = await startOllamaAdapter(endpoint);
    const answer = await ask(adapter.endpoint, {
      host: "alb.example.com",
      method: "POST",
      path: "/api/chat?x=1",
      headers: { origin: "https://page.example", authorization: "Bearer secret" },
      body: '{"a":1}',
    });
    expect([answer.status, answer.body]).toEqual([200, "{}"]);
    expect(asked).toMatchObject([{ method: "POST", url: "/api/chat?x=1", body: '{"a":1}' }]);
    expect(asked[0]?.headers).toMatchObject({
      host: endpoint.replace("http://", ""),
      origin: "https://page.example",
      authorization: "Bearer secret",
    });
  });

  test("weights are sent to Ollama once, and a name for each model", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llm-stacks-weights-"));
    const file = join(folder, "model.gguf");
    await writeFile(file, "GGUF and so on");
    let known = false;
    respond = (url) => ({ status: url.startsWith("/api/blobs") && !known ? 404 : 200, body: "{}" });
    // Only the question whether the weights are there may be answered with 404.
    engine.prependListener("request", ({ method }) => {
      known ||= method === "POST";
    });
    await createModels(endpoint, file, "abc", ["one", "two:1b"]);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "HEAD /api/blobs/sha256:abc",
      "POST /api/blobs/sha256:abc",
      "POST /api/create",
      "POST /api/create",
    ]);
    expect(asked[1]?.body).toBe("GGUF and so on");
    expect(asked.slice(2).map(({ body }) => JSON.parse(body))).toMatchObject([
      { model: "one", files: { "model.gguf": "sha256:abc" } },
      { model: "two:1b" },
    ]);
    asked.length = 0;
    await createModels(endpoint, file, "abc", []);
    expect(asked).toHaveLength(1);
    respond = () => ({ status: 400, body: '{"error":"invalid model name"}' });
    await expect(createModels(endpoint, file, "abc", ["?"])).rejects.toThrow(
      'Ollama would not serve the model as ?: HTTP status 400: {"error":"invalid model name"}',
    );
    await rm(folder, { recursive: true });
  });
});

describe("the routes of node-llama-cpp's server", () => {
  const told: Told = { text: "ab", promptTokens: 3, tokens: 2, finished: true, promptMs: 5, totalMs: 25 };
  const ask = (path: string, body: object) => {
    const read = readAsk(path, JSON.stringify({ model: "m", ...body }));
    if (!read) throw new Error("not a route");
    return read;
  };

  test("understand both APIs, each with its own defaults", () => {
    expect(ask("/api/generate", { prompt: "p", options: { num_predict: 5, temperature: 0 } })).toEqual({
      api: "generate",
      model: "m",
      messages: [{ role: "user", content: "p" }],
      stream: true,
      maxTokens: 5,
      temperature: 0,
    });
    expect(ask("/v1/completions", { prompt: "p", max_tokens: 7 })).toMatchObject({ stream: false, maxTokens: 7 });
    const messages = [
      { role: "system", content: "s" },
      { role: "user", content: "u" },
    ] as const;
    expect(ask("/v1/chat/completions", { messages, stream: true })).toMatchObject({ messages, stream: true });
    expect(ask("/api/chat", { messages, stream: false })).toMatchObject({ messages, stream: false });
    expect(ask("/api/generate", { prompt: "p", system: "s" }).messages).toHaveLength(2);
    expect(readAsk("/api/tags", "")).toBeUndefined();
  });

  test.each([
    ["/api/generate", "nonsense", "no JSON object"],
    ["/api/generate", "[]", "no JSON object"],
    ["/api/generate", '{"prompt":"p"}', "model is missing"],
    ["/v1/completions", '{"model":"m","prompt":""}', "prompt is missing"],
    ["/v1/chat/completions", '{"model":"m","messages":[]}', "messages must be"],
    ["/api/chat", '{"model":"m","messages":[{"role":"assistant","content":"x"}]}', "messages must be"],
    ["/api/chat", '{"model":"m","messages":[{"role":"user"}]}', "messages must be"],
  ])("%s refuses %s", (path, body, message) => {
    expect(() => readAsk(path, body)).toThrow(message);
    expect(() => readAsk(path, body)).toThrow(BadAsk);
  });

  test("speak as Ollama does", () => {
    const voice = voiceOf(ask("/api/chat", { messages: [{ role: "user", content: "u" }] }), new Date(0));
    expect(JSON.parse(voice.piece("a"))).toEqual({
      model: "m",
      created_at: "1970-01-01T00:00:00.000Z",
      message: { role: "assistant", content: "a" },
      done: false,
    });
    expect(JSON.parse(voice.end(told))).toMatchObject({
      done: true,
      done_reason: "stop",
      prompt_eval_count: 3,
      eval_count: 2,
      eval_duration: 20_000_000,
      total_duration: 25_000_000,
    });
    const whole = voiceOf(ask("/api/generate", { prompt: "p", stream: false })).whole({ ...told, finished: false });
    expect(JSON.parse(whole)).toMatchObject({ response: "ab", done: true, done_reason: "length" });
  });

  test("speak as OpenAI does", () => {
    const chat = voiceOf(
      ask("/v1/chat/completions", { messages: [{ role: "user", content: "u" }] }),
      new Date(0),
      "id",
    );
    expect(chat.piece("a")).toBe(
      'data: {"id":"chatcmpl-id","created":0,"model":"m","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}\n\n',
    );
    expect(chat.end(told).endsWith("data: [DONE]\n\n")).toBe(true);
    expect(JSON.parse(chat.whole(told))).toMatchObject({
      choices: [{ message: { role: "assistant", content: "ab" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    const text = voiceOf(ask("/v1/completions", { prompt: "p" }));
    expect(JSON.parse(text.whole(told))).toMatchObject({ object: "text_completion", choices: [{ text: "ab" }] });
  });
});

test("a server ends with whoever started it, even after kill -9", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llm-stacks-child-"));
  const pidFile = join(folder, "pid");
  const program = `
    const { startChild } = require(${JSON.stringify(join(__dirname, "../../../../local/model/child"))});
    startChild("sh", ["-c", "echo $$ > ${pidFile}; exec sleep 300"], { env: process.env, logFile: "${join(folder, "log")}" });
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", program], { stdio: "inherit" });
  let pid = 0;
  while (pid === 0 && owner.exitCode === null) {
    await sleep(50);
    pid = Number(await readFile(pidFile, "utf8").catch(() => "0"));
  }
  expect(isAlive(pid)).toBe(true);
  owner.kill("SIGKILL");
  while (isAlive(pid)) await sleep(50);
  await rm(folder, { recursive: true });
});
