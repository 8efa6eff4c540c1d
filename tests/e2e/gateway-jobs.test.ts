import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { repoRoot } from "../../automation/lib/paths";
import { bundleFile } from "../../components/serverless/bundle";
import { freePort } from "../../local/server-process";
import { startPostgres } from "../../local/servers/postgres";
import { startRedis } from "../../local/servers/redis";
import type { LocalServer } from "../../local/servers/server";
import { type OpenAIServer, startOpenAIServer } from "../support/gateway/openai-server";
import { client, localSettings } from "../support/gateway/running";
import { startTestEmulator, type TestEmulator } from "../support/test-emulator";

let emulator: TestEmulator;
let postgres: LocalServer;
let redis: LocalServer;
let sqs: SQSClient;
let aws: Record<string, string>;
let queueUrl: string;
let engine: OpenAIServer;
let pool: Pool;
const processes = new Set<ChildProcess>();

beforeAll(async () => {
  [emulator, postgres, redis] = await Promise.all([startTestEmulator(), startPostgres(), startRedis()]);
  const endpoint = `http://127.0.0.1:${emulator.port}`;
  aws = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  sqs = new SQSClient({ region: "us-east-1", endpoint, credentials });
  pool = new Pool({ connectionString: postgres.url });
  pool.on("error", () => {});
});
afterAll(async () => {
  await pool?.end();
  sqs?.destroy();
  await Promise.all([emulator?.dispose(), postgres?.dispose(), redis?.dispose()]);
});

let round = 0;
beforeEach(async () => {
  round += 1;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `jobs-${round}` }));
  queueUrl = QueueUrl ?? "";
  engine = await startOpenAIServer("large");
});
afterEach(async () => {
  for (const each of processes) await kill(each);
  await engine.stop();
});

/** A gateway process of its own, as on an API server. */
async function start(
  more: Record<string, string> = {},
  program = ["--require", "tsx/cjs", "services/gateway/main.ts"],
) {
  const port = await freePort();
  const child = spawn(process.execPath, program, {
    cwd: repoRoot,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      ...localSettings,
      ...aws,
      PORT: `${port}`,
      LOG_LEVEL: "warn",
      VLLM_BASE_URLS: engine.url,
      VLLM_MODEL: "large",
      HEALTH_CHECK_SECONDS: "0.2",
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      JOBS_QUEUE_URL: queueUrl,
      JOBS_VISIBILITY_SECONDS: "2",
      ...more,
    },
  });
  processes.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const url = `http://127.0.0.1:${port}`;
  const alive = () =>
    fetch(`${url}/api/health/live`).then(
      ({ ok }) => ok,
      () => child.exitCode !== null,
    );
  await expect.poll(alive, { timeout: 60_000, interval: 100 }).toBe(true);
  expect(child.exitCode, output).toBeNull();
  return { child, url, output: () => output, ...client(url) };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  processes.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

const job = { request: { model: "auto", messages: [{ role: "user", content: "A long story" }] } };
type Told = {
  id: string;
  status: string;
  attempts: number;
  response: { choices: unknown[] } | null;
  error: { message: string } | null;
};
const json = async (response: Promise<Response>) => (await (await response).json()) as Told;

async function finished(get: (path: string) => Promise<Response>, id: string): Promise<Told> {
  const read = () => json(get(`/v1/jobs/${id}`));
  await expect.poll(async () => (await read()).status, { timeout: 60_000, interval: 100 }).toMatch(/succeeded|failed/);
  return read();
}

async function messages(): Promise<number> {
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] }),
  );
  return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
}

describe("durable jobs", () => {
  test("are taken in, worked on and answered; the same idempotency key is the same job", async () => {
    const { post, get } = await start();
    const key = { "idempotency-key": "order-1" };
    const taken = await post("/v1/jobs", job, key);
    expect(taken.status).toBe(202);
    const { id } = (await taken.json()) as Told;
    expect(taken.headers.get("location")).toBe(`/v1/jobs/${id}`);
    const done = await finished(get, id);
    expect(done).toMatchObject({ status: "succeeded", attempts: 1, error: null });
    expect(done.response?.choices).toHaveLength(1);
    const again = await post("/v1/jobs", job, key);
    expect([again.status, await again.json()]).toEqual([200, done]);
    expect((await post("/v1/jobs", { request: { prompt: "Other" } }, key)).status).toBe(409);
    expect((await get(`/v1/jobs/${id}`, { authorization: "Bearer private-key" })).status).toBe(404);
    expect(engine.seen).toHaveLength(1);
    await expect.poll(messages, { timeout: 10_000 }).toBe(0);
  });

  test.each([
    [{ request: {} }, 400],
    [{ request: { ...job.request, stream: true } }, 400],
    [{ request: { ...job.request, model: "none" } }, 404],
    [{ ...job, webhook: "https://anywhere.example.com/" }, 503],
    [{}, 400],
  ])("%j is refused", async (body, status) => {
    const { post } = await start({ JOBS_CONCURRENCY: "0" });
    expect((await post("/v1/jobs", body)).status).toBe(status);
    expect(await messages()).toBe(0);
  });

  test("wait in the queue while no engine runs, and readiness lets them in", async () => {
    engine.healthy = false;
    const { post, get } = await start();
    await expect.poll(async () => (await get("/api/health/ready")).status, { timeout: 10_000 }).toBe(200);
    expect((await post("/v1/chat/completions", job.request)).status).toBe(200);
    engine.seen.length = 0;
    const { id } = await json(post("/v1/jobs", job));
    await expect.poll(messages).toBe(1);
    expect(engine.seen).toHaveLength(0);
    engine.healthy = true;
    expect((await finished(get, id)).status).toBe("succeeded");
  });

  test("survive kill -9 of the process that works on them: another takes over, and there is one answer", async () => {
    const first = await start();
    engine.behave((index) => ({ kind: "answer", text: `answer ${index}`, delayMs: index === 0 ? 60_000 : 0 }));
    const { id } = await json(first.post("/v1/jobs", job));
    await expect.poll(() => engine.seen.length, { timeout: 20_000 }).toBe(1);
    await kill(first.child);
    const second = await start();
    const done = await finished(second.get, id);
    expect(done).toMatchObject({ status: "succeeded", attempts: 2 });
    expect(JSON.stringify(done.response)).toContain("answer 1");
    await expect.poll(messages, { timeout: 20_000 }).toBe(0);
    expect(engine.seen).toHaveLength(2);
  });

  test("survive kill -9 of the process that took them in, before the queue heard of them", async () => {
    const taker = await start({ JOBS_CONCURRENCY: "0", JOBS_QUEUE_URL: "http://127.0.0.1:1/000000000000/nowhere" });
    const { id } = await json(taker.post("/v1/jobs", job));
    await kill(taker.child);
    expect(await messages()).toBe(0);
    await pool.query("update gateway_jobs set created_at = now() - interval '1 minute' where id = $1", [id]);
    const worker = await start();
    expect((await finished(worker.get, id)).status).toBe("succeeded");
    expect(engine.seen).toHaveLength(1);
  });

  test("that take longer than the visibility are not given to a second worker", async () => {
    const [one] = [await start(), await start()];
    engine.behave({ kind: "answer", delayMs: 6_000 });
    const { id } = await json(one.post("/v1/jobs", job));
    expect(await finished(one.get, id)).toMatchObject({ status: "succeeded", attempts: 1 });
    expect(engine.seen).toHaveLength(1);
  });

  test("are given back at once by a process that is told to stop", async () => {
    const first = await start({ JOBS_VISIBILITY_SECONDS: "600" });
    engine.behave((index) => ({ kind: "answer", delayMs: index === 0 ? 60_000 : 0 }));
    const { id } = await json(first.post("/v1/jobs", job));
    await expect.poll(() => engine.seen.length, { timeout: 20_000 }).toBe(1);
    await kill(first.child, "SIGTERM");
    expect(first.child.exitCode, first.output()).toBe(0);
    const second = await start();
    expect(await finished(second.get, id)).toMatchObject({ status: "succeeded", attempts: 1 });
  });

  test("fail when their workers die over them again and again", async () => {
    const taker = await start({ JOBS_CONCURRENCY: "0" });
    const { id } = await json(taker.post("/v1/jobs", job));
    await pool.query("update gateway_jobs set attempts = 5 where id = $1", [id]);
    const { get } = await start();
    expect(await finished(get, id)).toMatchObject({ status: "failed", error: { code: "internal_error" } });
    expect(engine.seen).toHaveLength(0);
  });

  test("fail when the request itself is wrong, with the reason", async () => {
    const { post, get } = await start();
    engine.behave({ kind: "status", status: 400, message: "no such voice" });
    const { id } = await json(post("/v1/jobs", job));
    expect(await finished(get, id)).toMatchObject({
      status: "failed",
      response: null,
      error: { message: "no such voice", code: "invalid_request" },
    });
    await expect.poll(messages, { timeout: 10_000 }).toBe(0);
  });
});

describe("the process", () => {
  test("ends with status 1 and all mistakes when its settings are wrong", async () => {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "services/gateway/main.ts"], {
      cwd: repoRoot,
      env: { PATH: process.env["PATH"], PORT: "x" },
    });
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += String(chunk)));
    const [code] = await once(child, "exit");
    expect(code).toBe(1);
    for (const name of ["PORT: must be", "VLLM_BASE_URLS: is needed", "API_KEYS: is needed"])
      expect(errors).toContain(name);
  });

  test("tells the Datadog agent of its spans as the one file that machines run, with no module beside it", async () => {
    const told: string[] = [];
    const agent = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      if (request.url?.endsWith("/traces")) told.push(body);
      response.setHeader("content-type", "application/json").end("{}");
    }).listen(0, "127.0.0.1");
    await once(agent, "listening");
    const folder = mkdtempSync(join(tmpdir(), "gateway-file-"));
    const file = join(folder, "gateway.js");
    copyFileSync(bundleFile("services/gateway/main.ts").path, file);
    try {
      const { post } = await start(
        { ENABLE_DATADOG: "true", DD_TRACE_AGENT_PORT: `${(agent.address() as AddressInfo).port}` },
        [file],
      );
      expect((await post("/v1/chat/completions", job.request)).status).toBe(200);
      await expect.poll(() => told.join(), { timeout: 20_000 }).toContain("llm.request");
    } finally {
      agent.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("keeps a large result in the bucket", async () => {
    const s3 = new S3Client({
      region: "us-east-1",
      endpoint: aws["AWS_ENDPOINT_URL"] ?? "",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      forcePathStyle: true,
    });
    await s3.send(new CreateBucketCommand({ Bucket: "results" }));
    engine.behave({ kind: "answer", text: "once upon a time ".repeat(5_000) });
    const { post, get } = await start({ RESULTS_BUCKET: "results" });
    const { id } = await json(post("/v1/jobs", job));
    const done = await finished(get, id);
    expect(JSON.stringify(done.response)).toContain("once upon a time once");
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "results" }));
    expect(Contents.map(({ Key }) => Key)).toEqual([expect.stringContaining(`results/${id}/`)]);
    s3.destroy();
  });

  test("works with Datadog on and no agent", async () => {
    const { post } = await start({
      ENABLE_DATADOG: "true",
      DD_AGENT_HOST: "127.0.0.1",
      DD_DOGSTATSD_PORT: `${await freePort()}`,
    });
    expect((await post("/v1/chat/completions", job.request)).status).toBe(200);
  });
});
