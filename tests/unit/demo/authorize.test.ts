import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { authorizeAs } from "../../../automation/demo/authorize";

let gateway: Server;
const asked: (string | undefined)[] = [];

beforeAll(async () => {
  gateway = createServer((request, response) => {
    asked.push(request.url);
    const value = request.url?.includes("/empty") ? "" : "secret-value";
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id: "key1", value }));
  }).listen(0, "127.0.0.1");
  await once(gateway, "listening");
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
});
afterAll(() => {
  vi.unstubAllEnvs();
  gateway.close();
});

const request = {
  method: "POST",
  url: new URL("https://x.execute-api.eu-west-1.amazonaws.com/prod/ingest"),
  body: "{}",
};

test("signs for API Gateway in the stack's region, and sends no key if there is none", async () => {
  const headers = await (await authorizeAs("eu-west-1", undefined))(request);
  expect(headers["authorization"]).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
  );
  expect(headers).not.toHaveProperty("x-api-key");
  expect(asked).toEqual([]);
});

test("another body has another signature", async () => {
  const authorize = await authorizeAs("eu-west-1", undefined);
  const [one, other] = [await authorize(request), await authorize({ ...request, body: '{"a":1}' })];
  expect(one["x-amz-content-sha256"]).not.toBe(other["x-amz-content-sha256"]);
});

test("reads the key's value and sends it", async () => {
  const headers = await (await authorizeAs("eu-west-1", "key1"))(request);
  expect(headers["x-api-key"]).toBe("secret-value");
  expect(asked.at(-1)).toBe("/apikeys/key1?includeValue=true");
});

test("a key without a value is an error", async () => {
  await expect(authorizeAs("eu-west-1", "empty")).rejects.toMatchObject({
    name: "UserError",
    message: "The API key empty has no value.",
  });
});
