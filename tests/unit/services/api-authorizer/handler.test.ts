import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

/** The handler against a server that stands for SSM on loopback. */
let server: Server;
let asked: unknown[];
let answer: { status: number; body: object };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    asked.push([request.headers["x-amz-target"], JSON.parse(text)]);
    response.writeHead(answer.status, { "Content-Type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  asked = [];
  answer = { status: 200, body: { Parameter: { Value: "sk-1" } } };
  vi.resetModules();
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("API_KEY_PARAMETER", "/phi3/api-key");
});

async function authorize(authorization?: string) {
  const { handler } = await import("../../../../services/api-authorizer/handler");
  return handler({ headers: authorization === undefined ? {} : { authorization } });
}

describe("[phi3 7.3] the key authoriser", () => {
  test("lets through who has the key that SSM holds, and asks SSM once", async () => {
    expect(await authorize("Bearer sk-1")).toEqual({ isAuthorized: true });
    expect(await authorize("Bearer sk-2")).toEqual({ isAuthorized: false });
    expect(await authorize()).toEqual({ isAuthorized: false });
    expect(asked).toEqual([["AmazonSSM.GetParameter", { Name: "/phi3/api-key", WithDecryption: true }]]);
  });

  test("fails, and lets nobody through, where the parameter is empty", async () => {
    answer = { status: 200, body: { Parameter: { Value: "" } } };
    await expect(authorize("Bearer ")).rejects.toThrow("The SSM parameter /phi3/api-key is empty");
  });

  test("fails where the parameter can't be read", async () => {
    answer = { status: 400, body: { __type: "ParameterNotFound" } };
    await expect(authorize("Bearer sk-1")).rejects.toThrow();
  });

  test("says which variable is missing", async () => {
    vi.stubEnv("API_KEY_PARAMETER", "");
    await expect(authorize("Bearer sk-1")).rejects.toThrow("API_KEY_PARAMETER is not set");
  });
});
