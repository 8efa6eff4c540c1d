import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AsrOcr, startAsrOcr } from "../../local/afirgen/asr-ocr";
import { type RunningBackend, startBackend } from "../../local/afirgen/backend";
import { firClient } from "../../local/afirgen/client";
import { type Nginx, startNginx } from "../../local/afirgen/nginx";
import { paint, speak, statement, wordErrorRate } from "../../local/afirgen/statements";
import { ensureModelServer, type ModelServer } from "../../local/model/server";
import { type MariaDb, startMariaDb } from "../../local/servers/maria-db";
import { type S3Server, startS3Server } from "../support/s3-server";

const log = (line: string) => console.error(line);
const operatorKey = "key-of-the-operator-in-tests";

let folder: string;
let database: MariaDb;
let sql: Connection;
let s3: S3Server;
let speechAndImages: AsrOcr;
let model: ModelServer;
let backend: RunningBackend;
let nginx: Nginx;
let api: ReturnType<typeof firClient>;

const models = () => ensureModelServer(log, { names: ["gguf_summariser", "gguf_bns_check"] });

/** The deployed parts, each for real but RDS (MariaDB), S3 and the size of the text model, whose FIRs say little of what the deployed one writes. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "afirgen-e2e-"));
  [database, s3, speechAndImages, model] = await Promise.all([
    startMariaDb(),
    startS3Server(),
    startAsrOcr(log),
    models(),
  ]);
  const { DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = database.variables;
  sql = await createConnection({
    host: "127.0.0.1",
    port: Number(DB_PORT),
    user: DB_USER,
    password: DB_PASSWORD,
    database: DB_NAME,
  });
  backend = await startBackend({
    ...database.variables,
    ...{ MODEL_BASE_URL: `${model.endpoint}/v1`, ASR_OCR_BASE_URL: speechAndImages.baseUrl, OPERATOR_KEY: operatorKey },
    ...{
      TEMP_BUCKET: "temp",
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    LOG_SUCCESS_SAMPLE: "1",
  });
  nginx = await startNginx({ backendPort: backend.port });
  api = firClient(`http://127.0.0.1:${nginx.httpPort}`);
});
afterAll(async () => {
  await nginx?.stop();
  await backend?.stop();
  await sql?.end();
  await Promise.all([model?.stop(), speechAndImages?.stop(), s3?.close(), database?.dispose()]);
  rmSync(folder, { recursive: true, force: true });
});

const row = async (id: string) => {
  const [rows] = await sql.query<RowDataPacket[]>("SELECT * FROM fir WHERE id = ?", [id]);
  return rows[0];
};

describe("an FIR through nginx", () => {
  test("from words, stored in the database with the history of its validation", async () => {
    const ready = await fetch(`${backend.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: "ready", checks: { database: true, model: true } },
    ]);
    const answer = await api.text(statement);
    expect([answer.status, answer.headers.get("location")]).toEqual([
      202,
      expect.stringMatching(/^\/api\/fir\/[0-9a-f-]{36}$/),
    ]);
    const done = await api.end(answer);
    log(
      `FIR from words: ${done.generationMs} ms (45 s are allowed on the machine it is made for) on ${model.description}`,
    );
    expect(done).toMatchObject({ status: "done", source: "text", fir: { summary: expect.any(String) } });
    expect(await row(done.id)).toMatchObject({
      status: "done",
      statement,
      attempts: 1,
      generation_ms: done.generationMs,
    });
    const [history] = await sql.query<RowDataPacket[]>(
      "SELECT stage, passed FROM validation_history WHERE fir_id = ?",
      [done.id],
    );
    expect(history).toEqual(expect.arrayContaining([{ stage: "draft", passed: 1 }]));
  });

  test("from a recording that Whisper base hears", async () => {
    const done = await api.end(await api.file(await speak(statement, folder), "audio/wav", "my phone.wav"));
    expect(done).toMatchObject({ status: "done", source: "audio" });
    const wrong = wordErrorRate(statement, done.statement ?? "");
    log(
      `FIR from a recording: ${done.generationMs} ms (90 s), word error rate ${(100 * wrong).toFixed(0)} % by ${speechAndImages.description}`,
    );
    // A synthetic voice is harder to understand than most people; nobody's words at all would be 1.
    expect(wrong).toBeLessThan(0.4);
    expect(s3.requests).toContain(`PUT uploads/${done.id}`);
    expect(await row(done.id)).toMatchObject({ upload_name: "upload.wav", statement: done.statement });
  });

  test("from a picture that Tesseract reads", async () => {
    const done = await api.end(await api.file(await paint(statement, folder), "image/png", "statement.png"));
    expect(done).toMatchObject({ status: "done", source: "image" });
    const wrong = wordErrorRate(statement, done.statement ?? "");
    log(`FIR from a picture: ${done.generationMs} ms (60 s), word error rate ${(100 * wrong).toFixed(0)} %`);
    expect(wrong).toBeLessThan(0.1);
  });

  test("[afirgen P5] three at once all end well, [afirgen P8] over 5 connections at most", async () => {
    let most = 0;
    const look = setInterval(async () => {
      const [rows] = await sql.query<RowDataPacket[]>("SHOW PROCESSLIST").catch(() => [[]]);
      // One of them is this test's.
      most = Math.max(most, (rows as RowDataPacket[]).filter(({ User }) => User === "afirgen").length - 1);
    }, 50);
    const answers = await Promise.all([1, 2, 3].map((number) => api.text(`${statement} Report ${number}.`)));
    // Many ask at once while they wait.
    const storm = Array.from({ length: 60 }, () =>
      fetch(`${backend.url}/api/fir/00000000-0000-4000-8000-000000000000`),
    );
    expect((await Promise.all(storm)).map(({ status }) => status)).toEqual(Array(60).fill(404));
    const done = await Promise.all(answers.map((answer) => api.end(answer)));
    clearInterval(look);
    expect(done.map(({ status }) => status)).toEqual(["done", "done", "done"]);
    log(
      `Three at once: ${done.map(({ generationMs }) => generationMs).join(", ")} ms; connections to the database at most ${most}`,
    );
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(5);
    expect(backend.supervisor.endings).toEqual([]);
  });

  test("SIGTERM lets it end by itself, and the next one goes on with what was not done", async () => {
    const answer = await api.text(`${statement} The last one.`);
    const { id } = (await answer.clone().json()) as { id: string };
    const pid = backend.supervisor.pid ?? 0;
    process.kill(pid, "SIGTERM");
    await expect
      .poll(() => backend.supervisor.endings.map(({ exitCode }) => exitCode), { timeout: 40_000 })
      .toEqual([0]);
    expect(await api.end(answer)).toMatchObject({ id, status: "done" });
  });

  test("[afirgen P4] the model is ready within 60 s, and again after a restart", async () => {
    const times: number[] = [];
    for (const _ of [1, 2]) {
      await model.stop();
      const start = Date.now();
      model = await models();
      // Its server reads the weights when they are first asked for.
      const body = { model: "gguf_summariser", max_tokens: 1, messages: [{ role: "user", content: "Hello" }] };
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${model.endpoint}/v1/chat/completions`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
      times.push(Date.now() - start);
    }
    log(`From the model's start to its first token: ${times.join(" and ")} ms (${model.description}, 253 MB)`);
    expect(Math.max(...times)).toBeLessThan(60_000);
  });

  test("nobody's words are in the logs", () => {
    const logs = `${backend.supervisor.output()}${nginx.output()}`;
    expect(logs).toContain('"message":"FIR generated"');
    for (const words of ["Asha", "red cap", "railway", "my phone.wav"]) expect(logs).not.toContain(words);
    // Nor whole ids, which open FIRs.
    expect(logs).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/);
  });
});

describe("the API", () => {
  const http = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${nginx.httpPort}${path}`, init);
  const operator = { authorization: `Bearer ${operatorKey}` };

  test.each([
    ["a text that is too short", { text: "short" }, 400, "too short"],
    ["no text", {}, 400, "expected what happened"],
    ["more than a text", { text: "long enough, I think", more: 1 }, 400, "nrecognized"],
  ])("refuses %s", async (_, body, status, said) => {
    const answer = await http("/api/fir", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({
      error: { code: "invalid_request", message: expect.stringContaining(said) },
    });
  });

  test("refuses files of other kinds and empty ones, and keeps none of them", async () => {
    const pdf = await api.file(Buffer.from("%PDF"), "application/pdf");
    expect([pdf.status, await pdf.json()]).toMatchObject([
      415,
      { error: { message: expect.stringContaining("image/png") } },
    ]);
    expect((await api.file(Buffer.alloc(0), "image/png")).status).toBe(400);
    const broken = await api.end(await api.file(Buffer.from("no picture at all"), "image/png"));
    expect(broken).toMatchObject({
      status: "failed",
      error: expect.stringContaining("image model answered with HTTP status 400"),
    });
    expect(execFileSync("ls", ["-A", backend.sessionsFolder], { encoding: "utf8" })).toBe("");
  });

  test("lists and archives for the operator alone", async () => {
    expect((await http("/api/fir")).status).toBe(401);
    expect((await http("/api/fir", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
    const { firs } = (await (await http("/api/fir?limit=2", { headers: operator })).json()) as {
      firs: { id: string }[];
    };
    expect(firs).toHaveLength(2);
    const id = firs[0]?.id ?? "";
    expect((await http(`/api/fir/${id}/archive`, { method: "POST" })).status).toBe(401);
    expect((await http(`/api/fir/${id}/archive`, { method: "POST", headers: operator })).status).toBe(200);
    const archived = (await (await http("/api/fir?archived=true", { headers: operator })).json()) as {
      firs: { id: string }[];
    };
    expect(archived.firs.map((each) => each.id)).toEqual([id]);
  });

  test("tells whether it is ready, and what is not", async () => {
    expect(await (await http("/health")).json()).toMatchObject({ status: "ok", waiting: 0, accepting: true });
    // The model was started again at another address.
    const answer = await http("/health/ready");
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: "not ready", checks: { database: true, model: false } },
    ]);
  });

  test("nginx sends the security headers, compresses, and serves nothing else", async () => {
    const answer = await http("/api/fir?limit=20", { headers: { ...operator, "accept-encoding": "gzip" } });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-encoding": "gzip",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cache-control": "no-store",
    });
    expect(answer.headers.get("strict-transport-security")).toBeNull();
    expect((await http("/")).status).toBe(404);
  });

  test("with a domain: TLS 1.2 and newer, HSTS, plain HTTP redirected", async () => {
    const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
    const subject = ["-subj", "/CN=fir.example.org", "-days", "1"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, ...subject],
      { stdio: "pipe" },
    );
    const secure = await startNginx({
      backendPort: backend.port,
      tls: { domain: "fir.example.org", certificate, key },
    });
    try {
      const get = (maxVersion: "TLSv1.1" | "TLSv1.2" | "TLSv1.3") =>
        new Promise<{ status?: number; transport?: string; error?: string }>((resolve) => {
          const options = {
            port: secure.httpsPort,
            host: "127.0.0.1",
            path: "/health",
            rejectUnauthorized: false,
            minVersion: "TLSv1.1" as const,
            maxVersion,
          };
          request(options, (answer) => {
            answer.resume();
            resolve({ status: answer.statusCode, transport: answer.headers["strict-transport-security"] });
          })
            .once("error", (error) => resolve({ error: error.message }))
            .end();
        });
      const good = { status: 200, transport: "max-age=31536000; includeSubDomains" };
      expect([await get("TLSv1.2"), await get("TLSv1.3")]).toEqual([good, good]);
      expect(await get("TLSv1.1")).toEqual({ error: expect.any(String) });
      const plain = await fetch(`http://127.0.0.1:${secure.httpPort}/api/fir`, { redirect: "manual" });
      expect([plain.status, plain.headers.get("location")]).toEqual([301, "https://fir.example.org/api/fir"]);
    } finally {
      await secure.stop();
    }
  });
});
