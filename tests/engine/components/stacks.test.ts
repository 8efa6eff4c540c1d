import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { awsEnv, providerConfig } from "../../../local/aws-env";
import { ensureEngine } from "../../../toolchain/engine";
import { copyCheckout } from "../../support/checkout";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

/**
 * The shipped stacks, as `pulumi preview --policy-pack policy-pack` sees them: real engine, real provider, real pack. It does not show that AWS
 * would make the resources.
 */
let emulator: TestEmulator;
let state: string;
let checkout: ReturnType<typeof copyCheckout>;
let env: Record<string, string>;

beforeAll(async () => {
  const engine = await ensureEngine((line) => console.log(line));
  emulator = await startTestEmulator();
  state = mkdtempSync(join(tmpdir(), "llm-stacks-test-stacks-"));
  checkout = copyCheckout("test-stacks");
  env = {
    ...(process.env as Record<string, string>),
    ...engine.env,
    ...awsEnv(emulator.endpoint),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
  };
});

afterAll(async () => {
  checkout?.remove();
  if (state) rmSync(state, { recursive: true, force: true });
  await emulator?.dispose();
});

function pulumi(...args: string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      "pulumi",
      [...args, "--non-interactive", "--color", "never"],
      { cwd: checkout.folder, env },
      (error, out, err) => {
        resolve({ status: error ? Number(error.code) || 1 : 0, output: out + err });
      },
    );
  });
}

async function prepare(stack: string): Promise<void> {
  const lines = Object.entries(providerConfig).map(([key, value]) => `  ${key}: "${value}"\n`);
  appendFileSync(join(checkout.folder, `Pulumi.${stack}.yaml`), lines.join(""));
  const { status, output } = await pulumi("stack", "init", stack);
  expect(status, output).toBe(0);
}

describe.each(["dev", "staging", "prod", "free"])("Pulumi.%s.yaml", (stack) => {
  test("previews whole and breaks no policy", async () => {
    await prepare(stack);
    const { status, output } = await pulumi("preview", "--stack", stack, "--policy-pack", "policy-pack");
    expect(output).toMatch(/\+ \d+ to create/);
    expect(output).not.toContain("[mandatory]");
    const judged = output.split("\n").filter((line) => /^\s+\[[a-z][a-z0-9-]+\]/.test(line));
    // What depends on the file system's id, which AWS gives; in `free` whom the budget tells, by the topic's; nothing else.
    const expected = /cannot be known at preview: (?:policy|notifications)/;
    expect(judged.filter((line) => !expected.test(line))).toEqual([]);
    expect(status, output).toBe(0);
  });
});

test("a mistake in the configuration ends the preview with the mistakes alone, and no stack trace", async () => {
  writeFileSync(
    join(checkout.folder, "Pulumi.broken.yaml"),
    [
      "config:",
      "  aws:region: us-east-1",
      "  llm-stacks:environment: prod",
      "  llm-stacks:systems: [lambda-efs, gpt]",
      "  llm-stacks:lambdaEfs:",
      "    api:",
      '      corsOrigin: "*"',
      "",
    ].join("\n"),
  );
  await prepare("broken");
  const { status, output } = await pulumi("preview", "--stack", "broken");
  expect(status).not.toBe(0);
  expect(output).toContain("The configuration of stack broken has 2 mistakes.");
  expect(output).toContain(
    'llm-stacks:systems[1] is "gpt"; expected one of lambda-efs, phi3, ollama, agents, afirgen.',
  );
  expect(output).toContain('llm-stacks:lambdaEfs.api.corsOrigin is "*"; expected scheme and host');
  expect(output).not.toMatch(/^\s+at /m);
});
