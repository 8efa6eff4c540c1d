import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";
import { type Answer, ask } from "./ask";
import { apiKey, context, edge } from "./program";
import { startTargetServer, type TargetServer } from "./target-server";

/**
 * The edge with certificates. The emulator has listeners for HTTPS without TLS itself, so neither protocol versions nor certificates are tried, and its CloudFront can't call
 * such a listener.
 */
let emulator: TestEmulator;
let server: TargetServer;
const answers: Record<string, Answer> = {};
let second: Record<string, string>;

beforeAll(async () => {
  emulator = await startTestEmulator();
  server = await startTargetServer();
  await withStack(
    "llm-stacks",
    async () => edge({ context, folder: "tests/engine/edge/site", certificates: true, targetPort: server.port }),
    async (run) => {
      const { outputs } = await run.up();
      second = await run.changes();
      const host = outputs["loadBalancerDns"]?.value;
      const apiHost = `${outputs["apiId"]?.value}.execute-api.localhost`;
      const questions = {
        http: { host: `${host}:80`, path: "/v1/models?page=2" },
        https: { host: `${host}:443`, path: "/v1/models" },
        unnamed: { host: `${host}:443`, path: "/admin" },
        api: {
          host: apiHost,
          path: "/v1/completions",
          method: "POST",
          headers: { Authorization: `Bearer ${apiKey}` },
          body: "{}",
        },
      };
      for (const [name, question] of Object.entries(questions)) {
        answers[name] = await ask(emulator.endpoint, question);
      }
    },
    { endpoint: emulator.endpoint, stackName: "dev" },
  );
});

afterAll(async () => {
  await server?.close();
  await emulator?.dispose();
});

describe("a load balancer with a certificate", () => {
  test("answers 301 on port 80", () => {
    const { status, headers } = answers["http"] ?? {};
    expect(status).toBe(301);
    expect(headers?.location).toMatch(/^https:\/\/.+:443\/v1\/models\?page=2$/);
  });

  test("serves on port 443, and 403 where no rule is", () => {
    expect([answers["https"]?.status, answers["unnamed"]?.status]).toEqual([200, 403]);
  });

  test("serves the HTTP API through the VPC link", () => {
    expect(answers["api"]?.status).toBe(200);
  });
});

test("a second update has nothing to do", () => {
  expect(second).toEqual({});
});
