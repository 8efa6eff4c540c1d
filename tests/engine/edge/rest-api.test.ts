import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reach } from "../../../local/urls";
import { type StandingStack, standingStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";
import { type Answer, ask, open, type Question } from "./ask";
import { apiKey, proof } from "./program";
import { engineKey, restEdge } from "./rest-program";
import { startTargetServer, type TargetServer } from "./target-server";

/**
 * A REST API before a load balancer on the local AWS, made by the real provider, with requests through it to a server on this machine. What the local AWS does on that way
 * was written after AWS's documentation, so it does not show that AWS itself takes the stage's name out of the path, nor its time-outs.
 */
let emulator: TestEmulator;
let server: TargetServer;
let standing: StandingStack;

beforeAll(async () => {
  emulator = await startTestEmulator();
  server = await startTargetServer();
  standing = await standingStack("llm-stacks", async () => restEdge(server.port), {
    endpoint: emulator.endpoint,
    stackName: "dev",
  });
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
/** By the API's own URL, or under the page's name through its distribution. */
const ways = {
  "the API's URL": (question: Omit<Question, "host">): Question => {
    const { baseUrl } = reach(output("apiUrl"), emulator.endpoint);
    const { host, pathname } = new URL(baseUrl);
    return { ...question, host, path: `${pathname}${question.path}` };
  },
  "the page's name": (question: Omit<Question, "host">): Question => ({
    ...question,
    host: output("pageDomain"),
    headers: { "X-Forwarded-Proto": "https", ...question.headers },
  }),
};
type Way = keyof typeof ways;
const by = (way: Way, question: Omit<Question, "host">): Promise<Answer> => ask(emulator.endpoint, ways[way](question));
const withKey = { "X-Api-Key": apiKey };
const complete = (way: Way, headers: Record<string, string> = withKey): Promise<Answer> =>
  by(way, {
    method: "POST",
    path: "/v1/completions",
    headers: { "Content-Type": "application/json", ...headers },
    body: '{"prompt":"Hello"}',
  });

test("a second update has nothing to do, and nothing differs from the state", async () => {
  expect(await standing.stack.changes()).toEqual({});
  expect(await standing.stack.drift()).toEqual({});
});

describe.each(Object.keys(ways) as Way[])("by %s", (way) => {
  test("a request with the key gets to the engine, without the stage in its path and with the engine's own key", async () => {
    const answer = await complete(way, { ...withKey, Authorization: "Bearer guess", "X-Client-Ip": "192.0.2.1" });
    const told = JSON.parse(answer.body);
    expect([answer.status, told.method, told.url, told.body]).toEqual([
      200,
      "POST",
      "/v1/completions",
      '{"prompt":"Hello"}',
    ]);
    expect(told.headers).toMatchObject({
      authorization: `Bearer ${engineKey}`,
      "x-edge-proof": proof,
      "x-client-ip": "counted-at-edge",
    });
  });

  test.each([
    ["no key", {}],
    ["a wrong key", { "X-Api-Key": "wrong-0123456789abcdefghij" }],
    ["the key as a bearer token only", { Authorization: `Bearer ${apiKey}` }],
  ])("a request with %s is refused with 403, as OpenAI's clients can read it", async (_what, headers) => {
    const answer = await complete(way, headers as Record<string, string>);
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([
      403,
      { message: "Forbidden", type: "gateway_error", param: null, code: "INVALID_API_KEY" },
    ]);
  });

  test("health needs no key", async () => {
    const answer = await by(way, { path: "/health" });
    expect([answer.status, JSON.parse(answer.body).url]).toEqual([200, "/health"]);
  });

  test("answers stream: each event comes before the next is sent", async () => {
    const stream = await open(emulator.endpoint, ways[way]({ path: "/v1/stream", headers: withKey }));
    expect([stream.statusCode, stream.headers["content-type"]]).toEqual([200, "text/event-stream"]);
    const chunks = stream[Symbol.asyncIterator]();
    for (const event of ["one", "two", "three"]) {
      server.emit(event);
      expect(String((await chunks.next()).value)).toBe(`data: ${event}\n\n`);
    }
    server.emit(undefined);
    expect((await chunks.next()).done).toBe(true);
  });
});

describe("by the API's URL alone", () => {
  const api = (question: Omit<Question, "host">) => by("the API's URL", question);

  test("a whole answer comes where the route does not stream", async () => {
    const answer = await api({ path: "/v1/models", headers: withKey });
    expect([answer.status, JSON.parse(answer.body).url]).toEqual([200, "/v1/models"]);
  });

  test.each([
    ["GET", "/admin"],
    ["DELETE", "/v1/models"],
    ["GET", "/"],
  ])("%s %s, which is no route, is answered with 404", async (method, path) => {
    const answer = await api({ method, path, headers: withKey });
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([404, "MISSING_AUTHENTICATION_TOKEN"]);
  });

  test("the load balancer's 403 is handed on where that has no rule", async () => {
    expect(await api({ path: "/outside" })).toMatchObject({ status: 403, body: "Forbidden" });
  });

  test("a body of another type, whose path would keep the stage, is refused", async () => {
    expect((await complete("the API's URL", { ...withKey, "Content-Type": "text/plain" })).status).toBe(415);
  });

  test("browsers are told that the page's origin may call, whoever asks", async () => {
    const preflight = await api({
      method: "OPTIONS",
      path: "/v1/completions",
      headers: { Origin: "https://evil.example.com" },
    });
    expect([preflight.status, preflight.headers]).toMatchObject([
      204,
      {
        "access-control-allow-origin": output("pageUrl"),
        "access-control-allow-headers": "Content-Type,X-Api-Key",
        "access-control-allow-methods": "POST,OPTIONS",
      },
    ]);
    expect((await complete("the API's URL", {})).headers["access-control-allow-origin"]).toBe(output("pageUrl"));
  });
});
