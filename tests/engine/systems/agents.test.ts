import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { localAccountId } from "../../../local/aws-env";
import { buildSystems } from "../../../stacks/build";
import { parseStackConfig } from "../../../stacks/config";
import { type InlineStack, withStack } from "../../support/inline-stack";
import { type Configuration, configurationText, devDefaults } from "../../support/registered";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";
import { prod, staging } from "../../unit/stacks/agents-fixtures";

/**
 * The agent platform as the engine and the provider make it on the emulator, judged by the policy pack. That instances boot, that PostgreSQL and Redis ask for TLS and passwords, and that a
 * queue wakes a fleet, only AWS shows.
 */
vi.mock("../../../components/serverless/bundle", async (original) =>
  (await import("../../unit/stacks/agents-mocks")).withoutBundling(original as never),
);

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

function withAgentsStack(configuration: Configuration, profile: string, use: (stack: InlineStack) => Promise<void>) {
  const { stack } = configuration;
  const program = async () =>
    buildSystems(parseStackConfig(configurationText("agents", configuration), "llm-stacks", stack), localAccountId);
  return withStack("llm-stacks", program, use, {
    endpoint: emulator.endpoint,
    stackName: stack,
    policyPacks: [join(repoRoot, "policy-pack")],
    config: {
      "policy:profile": profile,
    },
    keepResources: true,
  });
}

/** What the pack says, but for exemptions, which are those of all systems, and documents that hold what only AWS gives. */
function said(stack: InlineStack): string[] {
  return stack
    .output()
    .split("\n")
    .filter((line) => /^\s+\[[a-z0-9-]+\]/.test(line))
    .filter((line) => !/cannot be known at preview: policy|^\s+\[pack-exemptions\]/.test(line));
}

test("the dev stack comes up, breaks no policy, and stays as it is", async () => {
  await withAgentsStack({ ...devDefaults, accountId: localAccountId }, "dev", async (stack) => {
    const { outputs } = await stack.up();
    expect(stack.output()).not.toContain("[mandatory]");
    expect(said(stack)).toEqual([]);
    const { gatewayEnvironment, queueUrl }: { gatewayEnvironment: Record<string, string>; queueUrl: string } = outputs[
      "agents"
    ]
      ? outputs["agents"].value
      : {};
    expect(gatewayEnvironment["JOBS_QUEUE_URL"]).toBe(queueUrl);
    expect(gatewayEnvironment["DATABASE_SECRET_ID"]).toMatch(/^arn:aws:secretsmanager:.*:secret:rds!db-/);
    expect(await stack.changes()).toEqual({});
    expect(await stack.drift()).toEqual({});
  });
});

test.each([
  ["staging", staging],
  ["prod", prod],
  ["prod with EFA in reserved capacity", reserved()],
] as const)("%s breaks no policy", async (_, configuration) => {
  await withAgentsStack({ ...configuration, accountId: localAccountId }, "prod", async (stack) => {
    await stack.preview();
    expect(said(stack)).toEqual([]);
  });
});

function reserved(): Configuration {
  const capacity = { kind: "block", id: "cr-0123456789abcdef0", zone: "us-east-1b" };
  return { ...prod, settings: { ...prod.settings, efa: true, capacity } };
}
