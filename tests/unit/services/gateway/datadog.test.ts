import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { repoRoot } from "../../../../automation/lib/paths";
import { silent } from "../../../../services/gateway/log";
import { DatadogMonitor, type Tracer } from "../../../../services/gateway/monitoring/datadog";
import { readSettings } from "../../../../services/gateway/settings";
import { startOpenAIServer } from "../../../support/gateway/openai-server";
import { startGateway } from "../../../support/gateway/running";

describe("DatadogMonitor", () => {
  let agent: Socket;
  let received: string[];
  const monitors: DatadogMonitor[] = [];
  beforeEach(async () => {
    received = [];
    agent = createSocket("udp4").on("message", (packet) => received.push(...packet.toString().trim().split("\n")));
    await new Promise<void>((resolve) => agent.bind(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    for (const one of monitors.splice(0)) await one.close();
    agent.close();
  });

  const variables = () => ({
    ENABLE_DATADOG: "true",
    DD_AGENT_HOST: "127.0.0.1",
    DD_DOGSTATSD_PORT: `${agent.address().port}`,
    DD_ENV: "test",
  });
  function monitor(more: object = {}, tracer?: Tracer, warn: (message: string) => void = () => {}) {
    const settings = readSettings({
      ALLOW_ANONYMOUS: "true",
      OLLAMA_BASE_URL: "http://o/v1",
      OLLAMA_MODEL: "m",
      ...variables(),
      ...more,
    });
    const one = new DatadogMonitor(settings, { ...silent, warn: (_, message) => warn(message) }, tracer);
    monitors.push(one);
    return one;
  }

  test("metrics collection: counters, gauges, histograms and timings reach the agent with their tags", async () => {
    const one = monitor();
    one.increment("requests", { route: "/x" }, 2);
    one.gauge("circuit.state", 1);
    one.histogram("first_byte.ms", 12.5);
    one.timing("request.ms", 30);
    expect(await one.timed("block.ms", async () => "result")).toBe("result");
    await expect(one.timed("block.ms", () => Promise.reject(new Error("own")))).rejects.toThrow("own");
    await one.close();
    await expect.poll(() => received).toHaveLength(6);
    const tags = "#service:llm-gateway,env:test";
    expect(received.slice(0, 4)).toEqual([
      expect.stringMatching(new RegExp(`^llm_gateway.requests:2\\|c\\|${tags},route:/x`)),
      expect.stringMatching(/^llm_gateway.circuit.state:1\|g\|/),
      expect.stringMatching(/^llm_gateway.first_byte.ms:12.5\|h\|/),
      expect.stringMatching(/^llm_gateway.request.ms:30\|ms\|/),
    ]);
    expect(received[4]).toMatch(/^llm_gateway.block.ms:[\d.]+\|ms\|/);
  });

  test("tracing: spans around calls of models, agents and the database, with the result or the error of the block", () => {
    const spans: unknown[] = [];
    const tracer: Tracer = {
      trace: (name, options, run) => {
        spans.push([name, options]);
        return run();
      },
    };
    const one = monitor({}, tracer);
    expect(one.traceLLM("vllm/0", () => 1, { model: "large" })).toBe(1);
    expect(one.traceAgent("plan", () => 2)).toBe(2);
    expect(() =>
      one.traceDb("select", () => {
        throw new Error("own");
      }),
    ).toThrow("own");
    expect(spans).toEqual([
      ["llm.request", { resource: "vllm/0", tags: { model: "large" } }],
      ["agent.task", { resource: "plan", tags: {} }],
      ["db.query", { resource: "select", tags: {} }],
    ]);
  });

  test("events: title, text, level and tags", async () => {
    const one = monitor();
    one.event("Circuit is open", "too busy", { target: "vllm/0" }, "warning");
    await one.close();
    await expect.poll(() => received[0]).toMatch(/^_e\{15,8\}:Circuit is open\|too busy\|t:warning\|#.*target:vllm\/0/);
  });

  test("conditional loading: off, without an agent, or with a name that leads nowhere, everything works", async () => {
    const off = monitor({ ENABLE_DATADOG: "false" });
    off.increment("requests");
    off.event("title", "text");
    expect([off.enabled, await off.timed("block.ms", () => 1), off.traceLLM("x", () => 2)]).toEqual([false, 1, 2]);

    const warnings: string[] = [];
    const lost = monitor({ DD_AGENT_HOST: "no-such-host.invalid" }, undefined, (message) => warnings.push(message));
    for (let time = 0; time < 3; time++) lost.gauge("running", time);
    await expect
      .poll(() => warnings, { timeout: 20_000 })
      .toEqual(["The Datadog agent can't be reached: metrics are dropped"]);
    expect(received).toEqual([]);
  });

  test("a gateway tells of its requests, attempts and circuits", async () => {
    const engine = await startOpenAIServer("large");
    const spans: string[] = [];
    const tracer: Tracer = {
      trace: (name, { resource }, run) => {
        spans.push(`${name} ${resource}`);
        return run();
      },
    };
    const gateway = await startGateway({ ...variables(), VLLM_BASE_URLS: engine.url, VLLM_MODEL: "large" }, { tracer });
    await gateway.post("/v1/chat/completions", { model: "auto", messages: [{ role: "user", content: "Hi" }] });
    await gateway.post("/api/circuits/trip", { target: "vllm/0", reason: "notice" });
    await gateway.stop();
    await engine.stop();
    const sent = (start: string) => received.filter((line) => line.startsWith(start));
    await expect.poll(() => sent("llm_gateway.requests:1|c")).toHaveLength(1);
    expect(sent("llm_gateway.attempts:1|c")[0]).toContain("target:vllm/0,outcome:ok");
    expect(sent("_e")[0]).toContain("Circuit of vllm/0 is open|notice");
    expect(spans).toEqual(["llm.request vllm/0"]);
  });
});

test("the tracer is begun before the modules that it has to see", () => {
  const script = `
    const Module = require("node:module");
    const load = Module._load;
    Module._load = function (request, ...rest) {
      if (request !== "dd-trace") return load.call(this, request, ...rest);
      const seen = Object.keys(require.cache).filter((file) => /node_modules.(fastify|ioredis|pg|@aws-sdk)/.test(file));
      console.log(JSON.stringify(seen));
      process.exit();
    };
    require("./services/gateway/main.ts");`;
  const before = execFileSync(process.execPath, ["--require", "tsx/cjs", "--eval", script], {
    cwd: repoRoot,
    encoding: "utf8",
    env: { ...process.env, ENABLE_DATADOG: "true" },
  });
  expect(JSON.parse(before)).toEqual([]);
});
