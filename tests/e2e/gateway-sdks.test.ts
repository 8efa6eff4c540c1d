import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repoRoot } from "../../automation/lib/paths";
import { startOpenAIServer } from "../support/gateway/openai-server";
import { ensureVenv } from "../support/gateway/python-venv";
import { adminKey, startGateway } from "../support/gateway/running";

const run = promisify(execFile);

// The SDK for Node is used in tests/unit/services/gateway/completions.test.ts.
test("OpenAI's SDK for Python works unchanged", async () => {
  const venv = await ensureVenv("openai==3.54.0");
  const engine = await startOpenAIServer("large");
  const gateway = await startGateway({ VLLM_BASE_URLS: engine.url, VLLM_MODEL: "large" });
  try {
    const script = join(repoRoot, "tests/support/gateway/python-sdk.py");
    const env = { PATH: process.env["PATH"], GATEWAY_URL: gateway.url, GATEWAY_KEY: adminKey };
    const { stdout } = await run(join(venv, "bin", "python"), [script], { env });
    expect(JSON.parse(stdout)).toEqual({
      text: "Hello there!",
      tokens: ["Hello ", "there!", ""],
      completion: "Hello there!",
      models: ["auto", "large"],
      errors: [
        ["NotFoundError", 404, "model_not_found"],
        ["AuthenticationError", 401, "invalid_api_key"],
      ],
    });
  } finally {
    await gateway.stop();
    await engine.stop();
  }
});
