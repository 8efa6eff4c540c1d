import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HealthBoard } from "../../../../services/gateway/health/health-board";
import { silent } from "../../../../services/gateway/log";
import type { Variables } from "../../../../services/lib/settings";
import { type OpenAIServer, startOpenAIServer } from "../../../support/gateway/openai-server";
import { type Running, startGateway } from "../../../support/gateway/running";

let engine: OpenAIServer;
let gateway: Running | undefined;
beforeEach(async () => {
  engine = await startOpenAIServer("large");
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await engine.stop();
});

async function start(more: Variables = {}): Promise<Running> {
  gateway = await startGateway({
    VLLM_BASE_URLS: engine.url,
    VLLM_MODEL: "large",
    HEALTH_CHECK_SECONDS: "0.05",
    ...more,
  });
  return gateway;
}

const path = "/v1/chat/completions";
const chat = { model: "auto", messages: [{ role: "user", content: "Hi" }] };
const told = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; param: string | null; message: string } };
  return [response.status, error.code, error.param];
};

describe("requests that are refused", () => {
  test.each([
    ["{", {}, [400, "invalid_request", null]],
    ["[]", {}, [400, "invalid_request", "body"]],
    [{ messages: chat.messages }, {}, [400, "invalid_request", "model"]],
    [{ model: "auto", messages: [] }, {}, [400, "invalid_request", "messages"]],
    [{ ...chat, messages: [{ role: "robot" }] }, {}, [400, "invalid_request", "messages.0.role"]],
    [{ ...chat, stream: "yes" }, {}, [400, "invalid_request", "stream"]],
    [{ ...chat, max_tokens: "5" }, {}, [400, "invalid_request", "max_tokens"]],
    [chat, { "x-llm-risk": "extreme" }, [400, "invalid_request", "x-llm-risk"]],
    [chat, { "x-llm-confidence": "2" }, [400, "invalid_request", "x-llm-confidence"]],
    [chat, { "content-type": "text/plain" }, [400, "invalid_request", null]],
    [chat, { authorization: "Bearer wrong" }, [401, "invalid_api_key", null]],
    [chat, { "x-llm-risk": "high" }, [403, "forbidden", null]],
    [{ ...chat, model: "other" }, {}, [404, "model_not_found", "model"]],
    [{ ...chat, user: "x".repeat(2000) }, {}, [413, "body_too_large", null]],
  ])("%j with %j", async (body, headers, expected) => {
    const { post } = await start({ BODY_LIMIT_BYTES: "1024" });
    expect(await told(await post(path, body, headers as Record<string, string>))).toEqual(expected);
    expect(engine.seen).toHaveLength(0);
  });

  test("beyond the key's rate, with the seconds to wait", async () => {
    const { post } = await start();
    const slow = { authorization: "Bearer slow-key" };
    for (let time = 0; time < 2; time++) expect((await post(path, chat, slow)).status).toBe(200);
    const refused = await post(path, chat, slow);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await told(refused)).toEqual([429, "rate_limit_exceeded", null]);
  });

  test("beyond what one process runs at a time", async () => {
    const { post } = await start({ MAX_CONCURRENT_REQUESTS: "2", MAX_CONCURRENT_STREAMS: "1" });
    engine.behave({ kind: "answer", delayMs: 200 });
    const running = [post(path, { ...chat, stream: true })];
    await expect.poll(() => engine.running.now).toBe(1);
    expect(await told(await post(path, { ...chat, stream: true }))).toEqual([503, "overloaded", null]);
    running.push(post(path, chat));
    await expect.poll(() => engine.running.now).toBe(2);
    const full = await post(path, chat);
    expect(full.headers.get("retry-after")).toBe("1");
    expect(await told(full)).toEqual([503, "overloaded", null]);
    const done = await Promise.all(running);
    expect(done.map(({ status }) => status)).toEqual([200, 200]);
    await Promise.all(done.map((each) => each.text()));
    expect((await post(path, chat)).status).toBe(200);
  });

  test("routes that there are not", async () => {
    const { get } = await start();
    expect(await told(await get("/v2/models?x=1"))).toEqual([404, "not_found", null]);
  });
});

describe("health", () => {
  test("the whole report, readiness and liveness follow the provider", async () => {
    const { get } = await start();
    const report = await get("/api/health/");
    expect([report.status, await report.json()]).toEqual([
      200,
      {
        status: "healthy",
        components: {
          "provider:vllm/0": { status: "healthy", latencyMs: expect.any(Number), checkedAt: expect.any(String) },
        },
        circuits: { "vllm/0": "closed" },
      },
    ]);
    expect((await get("/api/health/ready")).status).toBe(200);
    engine.healthy = false;
    await expect.poll(async () => (await get("/api/health/ready")).status).toBe(503);
    const down = await get("/api/health");
    expect([down.status, await down.json()]).toMatchObject([
      503,
      { status: "unhealthy", components: { "provider:vllm/0": { status: "unhealthy", error: "HTTP status 500" } } },
    ]);
    expect(await (await get("/api/health/live")).json()).toEqual({ status: "alive" });
    engine.healthy = true;
    await expect.poll(async () => (await get("/api/health/ready")).status).toBe(200);
  });

  test("a part that never answers slows no probe down, and Redis that is away makes it degraded", async () => {
    const never = new HealthBoard([{ name: "slow", run: () => new Promise(() => {}) }], 10, silent, 50);
    expect(never.get("slow").status).toBe("unknown");
    await never.start();
    expect(never.get("slow")).toMatchObject({ status: "unhealthy", error: "no answer within 50 ms" });
    await never.stop();

    const { get } = await start({ REDIS_URL: "redis://127.0.0.1:1" });
    const report = await get("/api/health/");
    expect([report.status, await report.json()]).toMatchObject([
      200,
      { status: "degraded", components: { redis: { status: "unhealthy" } } },
    ]);
  });

  test("a vector store counts where there is one", async () => {
    const { get } = await start({ VECTOR_STORE_HEALTH_URL: `${engine.url}/models` });
    expect(await (await get("/api/health/")).json()).toMatchObject({
      components: { "vector-store": { status: "healthy" } },
    });
  });
});

describe("platform", () => {
  test("a notice opens a circuit before errors start; only admins may give one", async () => {
    const { post, get } = await start();
    const notice = { target: "127.0.0.1", reason: "spot interruption", seconds: 120 };
    const trip = (body: object, key?: string) =>
      post("/api/circuits/trip", body, key === undefined ? {} : { authorization: `Bearer ${key}` });
    expect(await told(await trip(notice, "private-key"))).toEqual([403, "forbidden", null]);
    expect(await told(await trip({ ...notice, target: "vllm/7" }))).toEqual([404, "not_found", "target"]);
    expect(await (await trip(notice)).json()).toEqual({ target: "vllm/0", state: "open" });
    const refused = await post(path, chat);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await told(refused)).toEqual([503, "no_provider", null]);
    expect(engine.seen).toHaveLength(0);
    expect(await (await get("/metrics")).text()).toContain('gateway_circuit_state{target="vllm/0"} 2');
  });

  test("/metrics counts requests, attempts and tokens", async () => {
    const { post, get } = await start();
    await (await post(path, chat)).text();
    engine.behave({ kind: "status", status: 503 });
    await (await post(path, chat)).text();
    const text = await (await get("/metrics")).text();
    for (const line of [
      'gateway_requests_total{route="/chat/completions",status="200"} 1',
      'gateway_requests_total{route="/chat/completions",status="502"} 1',
      'gateway_attempts_total{target="vllm/0",outcome="ok"} 1',
      'gateway_attempts_total{target="vllm/0",outcome="overloaded"} 1',
      'gateway_tokens_total{target="vllm/0",direction="output"} 2',
      'gateway_request_seconds_count{route="/chat/completions"} 2',
      "gateway_running_requests 0",
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  test("the OpenAPI document is made of the routes", async () => {
    const { get } = await start();
    const document = (await (await get("/openapi.json")).json()) as { openapi: string; paths: Record<string, object> };
    expect(document.openapi).toBe("3.1.0");
    expect(
      Object.entries(document.paths)
        .flatMap(([each, methods]) => Object.keys(methods).map((method) => `${method} ${each}`))
        .sort(),
    ).toEqual([
      "get /api/health/",
      "get /api/health/live",
      "get /api/health/ready",
      "get /metrics",
      "get /v1/jobs/{id}",
      "get /v1/models",
      "post /api/circuits/trip",
      "post /v1/chat/completions",
      "post /v1/completions",
      "post /v1/jobs",
    ]);
  });
});

describe("shutdown", () => {
  test("finishes streams, refuses what comes after, and is told by readiness", async () => {
    const { post, stop, parts, url } = await start({ SHUTDOWN_GRACE_SECONDS: "3600" });
    engine.behave({ kind: "answer", text: "one two three four", betweenTokensMs: 50 });
    const response = await post(path, { ...chat, stream: true });
    const stopped = stop();
    expect(parts.shuttingDown()).toBe(true);
    expect(await response.text()).toMatch(/one .*four.*\[DONE\]/s);
    await stopped;
    const { hostname, port } = new URL(url);
    await expect(
      new Promise((resolve, reject) => connect(Number(port), hostname).once("connect", resolve).once("error", reject)),
    ).rejects.toThrow("ECONNREFUSED");
  });

  test("cuts off what takes longer than the grace", async () => {
    const { post, stop } = await start({ SHUTDOWN_GRACE_SECONDS: "0.1" });
    engine.behave({ kind: "stalls", afterTokens: 1 });
    const response = await post(path, { ...chat, stream: true });
    await stop();
    await expect(response.text()).rejects.toThrow();
    await expect.poll(() => engine.seen[0]?.left).toBe(true);
  });
});
