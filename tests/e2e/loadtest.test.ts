import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localDir, repoRoot } from "../../automation/lib/paths";
import { type LoadTestOptions, runLoadTest } from "../../loadtest/run";
import { emulatorStatus, stopEmulator } from "../../local/emulator";
import { ensureModelServer, type ModelServer } from "../../local/model/server";
import { freePort } from "../../local/server-process";
import { ask } from "../engine/edge/ask";
import { type BadServer, startBadServer } from "../support/loadtest/bad-server";

// With the real small model on this machine. The figures are this machine's, so the tests look at counts and not at times.

const key = "sk-0123456789abcdefghijklmnopqrstuv";
const endpointsOf = { ollama: 6, phi3: 5 };
const folder = mkdtempSync(join(tmpdir(), "llm-stacks-loadtest-"));
let runs = 0;

const run = (options: Pick<LoadTestOptions, "system" | "baseUrl"> & Partial<LoadTestOptions>) =>
  runLoadTest({
    model: "tiny",
    headers: { Authorization: `Bearer ${key}` },
    users: 2,
    spawnRatePerSecond: 2,
    durationSeconds: 10,
    pacingSeconds: 1,
    maxTokens: 8,
    outDir: join(folder, `run-${++runs}`),
    log: () => {},
    ...options,
  });

/** Everything that the last run left behind. */
const written = () => {
  const last = join(folder, `run-${runs}`);
  return readdirSync(last).map((file) => readFileSync(join(last, file), "utf8"));
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(["ollama", "phi3"] as const)("a working server of %s's", (system) => {
  let server: ModelServer;

  beforeAll(async () => {
    server = await ensureModelServer(() => {}, {
      names: ["tiny"],
      ...(system === "phi3" ? { api: "vllm", apiKey: key } : { api: "ollama" }),
    });
  });

  afterAll(() => server?.stop());

  test("is asked for everything, answers well, and is measured", async () => {
    const result = await run({ system, baseUrl: server.endpoint, resources: { "Load balancer": "lb-of-outputs" } });
    expect([result.passed, result.failures, result.failed, result.neverAsked]).toEqual([true, 0, [], []]);
    expect(result.endpoints).toHaveLength(endpointsOf[system]);
    expect(result.requests).toBeGreaterThanOrEqual(result.endpoints.length);
    expect(result.tokensPerSecond).toBeGreaterThan(0);
    for (const { name, tokens, latencyMs, firstTokenMs, tokensPerSecond } of result.endpoints) {
      expect(latencyMs?.p50, name).toBeGreaterThan(0);
      expect(tokens > 0, name).toBe(name.startsWith("POST"));
      expect(firstTokenMs !== null, name).toBe(name.endsWith("streamed"));
      if (firstTokenMs && latencyMs) expect(firstTokenMs.p50).toBeLessThanOrEqual(latencyMs.p99);
      // vLLM tells no time, so that only a stream shows its speed.
      expect(tokensPerSecond !== null, name).toBe(
        system === "ollama" ? name.startsWith("POST") : name.endsWith("streamed"),
      );
    }
    const [json, markdown] = ["report.json", "report.md"].map((file) =>
      readFileSync(join(folder, `run-${runs}`, file), "utf8"),
    );
    expect(JSON.parse(json ?? "")).toEqual(result);
    expect(markdown).toContain("| Load balancer | lb-of-outputs |");
    expect(written().join("\n")).not.toContain(key);
  });
});

describe("a server that answers wrongly", () => {
  let server: BadServer;

  beforeAll(async () => {
    server = await startBadServer();
  });

  afterAll(() => server?.close());

  test("fails with every answer, each counted with its reason, and the key stays hidden", async () => {
    const result = await run({
      system: "ollama",
      baseUrl: server.endpoint,
      requestTimeoutSeconds: 2,
      durationSeconds: 3,
    });
    expect(result.passed).toBe(false);
    expect(result.requests).toBeGreaterThan(0);
    expect(result.failures).toBe(result.requests);
    expect(result.failed.reduce((sum, { count }) => sum + count, 0)).toBe(result.failures);
    const reasons = Object.fromEntries(result.failed.map(({ endpoint, reason }) => [endpoint, reason]));
    expect(reasons).toEqual({
      "POST /api/generate, streamed": "not finished after 2 s",
      "POST /api/chat": 'status 500: {"error":"bad key: [secret]"}',
      "GET /api/tags": 'the model tiny is not among ["another"]',
      "POST /api/chat, streamed": "ended without done: true",
      "POST /api/generate": "the model said nothing but blanks",
      "GET /": expect.stringMatching(/^no answer: /),
    });
    expect(result.endpoints.map(({ latencyMs }) => latencyMs)).toEqual(Array(6).fill(null));
    expect(written().join("\n")).not.toContain(key);
  });

  test("is not asked at all when nobody is there", async () => {
    const baseUrl = `http://127.0.0.1:${await freePort()}`;
    await expect(run({ system: "ollama", baseUrl })).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining(`Nobody answers at ${baseUrl}/api/tags: `),
    });
  });

  test("options that make no sense are all told at once", async () => {
    const wrong = { users: 0, spawnRatePerSecond: Number.NaN, maxTokens: 1.5, baseUrl: "127.0.0.1:80" };
    await expect(run({ system: "ollama", ...wrong })).rejects.toMatchObject({
      name: "UserError",
      message:
        'The load test can\'t be run so: users is 0, expected a number above 0; spawnRatePerSecond is NaN, expected a number above 0; maxTokens is 1.5, expected a whole number; baseUrl is "127.0.0.1:80", expected https://host or http://host:port.',
    });
  });
});

describe("./llm load", () => {
  const home = join(localDir, "e2e-loadtest");
  const env = { ...process.env, LLM_STACKS_LOCAL_DIR: home };
  const script = (file: string, ...args: string[]) => ["--require", "tsx/cjs", join(repoRoot, file), ...args];
  const localClient = { region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  let deployed: string;
  const out = join(folder, "command");

  /** The command; `onOutput` gets what it has said so far. */
  const loadtest = (args: string[], onOutput: (output: string, child: ChildProcess) => void = () => {}) =>
    new Promise<{ status: number | null; output: string }>((resolve, reject) => {
      const options = ["--local", "--duration", "3s", "--pacing", "1", "--max-tokens", "8", "--out", out];
      const child = spawn(
        process.execPath,
        script("automation/main.ts", "load", "dev", "ollama", ...options, ...args),
        {
          cwd: repoRoot,
          env,
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += chunk;
          onOutput(output, child);
        });
      }
      child.once("error", reject);
      child.once("close", (status) => resolve({ status, output }));
    });

  const clean = async () => {
    await stopEmulator(() => {}, { stateDir: join(home, "emulator") });
    rmSync(home, { recursive: true, force: true });
  };

  beforeAll(async () => {
    await clean();
    const edge = script("tests/support/loadtest/small-edge.ts", "dev", key, "tiny");
    deployed = execFileSync(process.execPath, edge, { cwd: repoRoot, env, encoding: "utf8" });
  });

  afterAll(clean);

  test("asks the deployed load balancer with the key of the stack, and shows the names of its outputs", async () => {
    const { status, output } = await loadtest([]);
    expect(output).toMatch(/Passed: \d+ requests, 0 failed\. .*report\.md/);
    expect(status).toBe(0);
    const report = JSON.parse(readFileSync(join(out, "report.json"), "utf8"));
    expect(report.resources["Load balancer"]).toMatch(/^ollama-alb-dev/);
    expect(report.resources["Auto Scaling group"]).toBe("ollama-asg-dev");
    expect(report.resources["On this machine"]).toContain("Gemma 3 270M");
  });

  test("Ctrl-C ends Locust and the model and leaves no target behind, with status 130", async () => {
    let stopped = false;
    const { status, output } = await loadtest(["--duration", "10m"], (said, child) => {
      if (stopped || !/^\d+ s: /m.test(said)) return;
      stopped = child.kill("SIGINT");
    });
    expect(output).toContain("The load test was stopped.");
    expect(status).toBe(130);
    const { emulator } = await emulatorStatus({ stateDir: join(home, "emulator") });
    const host = (JSON.parse(deployed) as { loadBalancerDns: string }).loadBalancerDns;
    const balancer = await ask(emulator?.endpoint ?? "", { host, path: "/" });
    expect([balancer.status, balancer.body]).toEqual([503, '{"message": "No registered targets in target group"}']);
    const left = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    expect(left.split("\n").filter((line) => line.includes(join(repoRoot, "loadtest", "locustfile.py")))).toEqual([]);
  });

  test("answers that are no good end it with status 1, told with their reason", async () => {
    const { emulator } = await emulatorStatus({ stateDir: join(home, "emulator") });
    const client = new SSMClient({ endpoint: emulator?.endpoint, ...localClient });
    const Name = (JSON.parse(deployed) as { apiKeyParameter: string }).apiKeyParameter;
    // Another key than the load balancer asks for.
    await client.send(new PutParameterCommand({ Name, Value: "sk-another", Type: "SecureString", Overwrite: true }));
    const { status, output } = await loadtest([]);
    expect(output).toMatch(/× POST \/api\/chat: status 403: Forbidden/);
    expect(status).toBe(1);
  });
});
