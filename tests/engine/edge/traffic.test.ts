import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StandingStack, standingStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";
import { type Answer, ask, open, type Question } from "./ask";
import { apiKey, context, edge, proof } from "./program";
import { startTargetServer, type TargetServer } from "./target-server";

/**
 * The edge on the local AWS, made by the real provider, with requests through it to a server on this machine. It does not show that security groups and web ACLs block, nor
 * TLS: the emulator has neither.
 */
let emulator: TestEmulator;
let server: TargetServer;
let standing: StandingStack;

beforeAll(async () => {
  emulator = await startTestEmulator();
  server = await startTargetServer();
  standing = await standingStack(
    "llm-stacks",
    async () => edge({ context, folder: "tests/engine/edge/site", certificates: false, targetPort: server.port }),
    { endpoint: emulator.endpoint, stackName: "dev" },
  );
});

afterAll(async () => {
  try {
    await standing?.end();
  } finally {
    await server?.close();
    await emulator?.dispose();
  }
});

const output = (name: string): string => standing.outputs[name]?.value ?? "";
const get = (question: Question): Promise<Answer> => ask(emulator.endpoint, question);
const page = (path: string, more: Partial<Question> = {}): Promise<Answer> =>
  get({ host: output("pageDomain"), path, ...more, headers: { "X-Forwarded-Proto": "https", ...more.headers } });
const api = (path: string, more: Partial<Question> = {}): Promise<Answer> =>
  get({ host: `${output("apiId")}.execute-api.localhost`, path, ...more });

test("a second update has nothing to do, and nothing differs from the state", async () => {
  expect(await standing.stack.changes()).toEqual({});
  expect(await standing.stack.drift()).toEqual({});
});

describe("the load balancer", () => {
  const balancer = (path: string, more: Partial<Question> = {}) =>
    get({ host: `${output("loadBalancerDns")}:80`, path, ...more });

  test("passes on what a rule names", async () => {
    const answer = await balancer("/v1/models");
    expect([answer.status, JSON.parse(answer.body).url]).toEqual([200, "/v1/models"]);
  });

  test.each([
    ["a path without a rule", "/admin", "GET"],
    ["a method without a rule", "/v1/models", "DELETE"],
  ])("answers 403 to %s", async (_what, path, method) => {
    const answer = await balancer(path, { method });
    expect([answer.status, answer.body]).toEqual([403, "Forbidden"]);
  });
});

describe("the page", () => {
  test("is read from the private bucket, with security headers", async () => {
    const answer = await page("/");
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("<title>Page</title>");
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "content-security-policy": "default-src 'self'",
      "strict-transport-security": "max-age=31536000; includeSubDomains",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    });
  });

  test("has scripts with their type, kept for five minutes", async () => {
    const { status, headers } = await page("/app.js");
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([
      200,
      "text/javascript; charset=utf-8",
      "public, max-age=300, must-revalidate",
    ]);
  });

  test("is only for HTTPS", async () => {
    const answer = await get({ host: output("pageDomain"), path: "/" });
    expect([answer.status, answer.headers.location]).toEqual([301, `https://${output("pageDomain")}/`]);
  });

  test("can't be read past the distribution", async () => {
    const direct = await fetch(`${emulator.endpoint}/${output("pageBucket")}/index.html`);
    expect(direct.status).toBe(403);
  });

  test("has the API under its own name, with the key and the proof of where it passed", async () => {
    const answer = await page("/v1/completions?n=1", {
      method: "POST",
      body: '{"prompt":"Hello"}',
      headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json", "X-Client-Ip": "192.0.2.1" },
    });
    const told = JSON.parse(answer.body);
    expect(answer.status).toBe(200);
    expect([told.method, told.url, told.body]).toEqual(["POST", "/v1/completions?n=1", '{"prompt":"Hello"}']);
    expect(told.headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      "x-edge-proof": proof,
      "x-client-ip": "counted-at-edge",
      host: output("loadBalancerDns"),
    });
  });

  test("gets events one by one", async () => {
    const stream = await open(emulator.endpoint, {
      host: output("pageDomain"),
      path: "/v1/stream",
      headers: { "X-Forwarded-Proto": "https", Accept: "text/event-stream", "Accept-Encoding": "gzip" },
    });
    expect(stream.headers["content-type"]).toBe("text/event-stream");
    expect(stream.headers["content-encoding"]).toBeUndefined();
    const chunks = stream[Symbol.asyncIterator]();
    // The server sends each event only after the one before has arrived here: held back, the first would never come.
    for (const event of ["one", "two", "three"]) {
      server.emit(event);
      expect(String((await chunks.next()).value)).toBe(`data: ${event}\n\n`);
    }
    server.emit(undefined);
    expect((await chunks.next()).done).toBe(true);
  });
});

test("a distribution without files passes everything on to the load balancer", async () => {
  const host = output("cdnDomain");
  const headers = { "X-Forwarded-Proto": "https" };
  const answer = await get({ host, path: "/v1/models", headers });
  expect([answer.status, JSON.parse(answer.body).url]).toEqual([200, "/v1/models"]);
  expect((await get({ host, path: "/", headers })).status).toBe(403);
});

describe("the HTTP API", () => {
  const key = { Authorization: `Bearer ${apiKey}` };
  const completions = (headers: Record<string, string>) =>
    api("/v1/completions", { method: "POST", headers, body: '{"prompt":"Hello"}' });

  test("passes on what has the key, through the VPC link", async () => {
    const answer = await completions(key);
    const told = JSON.parse(answer.body);
    expect(answer.status).toBe(200);
    expect([told.method, told.url, told.body]).toEqual(["POST", "/v1/completions", '{"prompt":"Hello"}']);
  });

  test("tells the load balancer who called, whatever the caller says", async () => {
    const answer = await completions({ ...key, "X-Client-Ip": "192.0.2.1", "X-Edge-Proof": "guess" });
    const { headers } = JSON.parse(answer.body);
    expect([headers["x-client-ip"], headers["x-edge-proof"]]).toEqual(["127.0.0.1", proof]);
  });

  test.each([
    ["no key", 401, {}],
    ["a wrong key", 403, { Authorization: "Bearer wrong" }],
    ["the key under another scheme", 403, { Authorization: `Basic ${apiKey}` }],
  ])("with %s answers %d", async (_what, status, headers) => {
    expect((await completions(headers)).status).toBe(status);
  });

  test("needs no key for GET /health", async () => {
    const answer = await api("/health");
    expect([answer.status, JSON.parse(answer.body).url]).toEqual([200, "/health"]);
  });

  test.each([
    ["GET", "/v1/models"],
    ["POST", "/health"],
    ["GET", "/"],
  ])("answers 404 to %s %s, which is no route", async (method, path) => {
    expect((await api(path, { method, headers: key })).status).toBe(404);
  });

  test("hands on the load balancer's 403 where that has no rule", async () => {
    expect(await api("/outside", { headers: key })).toMatchObject({ status: 403, body: "Forbidden" });
  });

  test("lets pages of the page's origin call, and of no other", async () => {
    const preflight = (origin: string) =>
      api("/v1/completions", {
        method: "OPTIONS",
        headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
      });
    const own = await preflight(output("pageUrl"));
    expect([own.status, own.headers]).toMatchObject([
      204,
      {
        "access-control-allow-origin": output("pageUrl"),
        "access-control-allow-headers": "authorization,content-type",
      },
    ]);
    expect(own.headers["access-control-allow-methods"]?.split(",").sort()).toEqual(["GET", "POST"]);
    const other = await preflight("https://evil.example.com");
    expect(other.headers["access-control-allow-origin"]).toBeUndefined();
    const answer = await completions({ ...key, Origin: "https://evil.example.com" });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});
