/**
 * Holds the system to the rules, with all ids known: what only AWS gives is unknown at a preview, and a document with an unknown in it is unknown as a whole. What the provider's
 * Check adds to the inputs, and which resources belong together, tests/engine/systems/agents.test.ts shows.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { parse } from "yaml";
import { repoRoot } from "../../../automation/lib/paths";
import { type Configuration, devDefaults, registered } from "../../support/registered";
import { judgeStack } from "../policy-pack/whole-stacks";
import { prod, staging } from "./agents-fixtures";

vi.mock("../../../components/serverless/bundle", async (original) =>
  (await import("./agents-mocks")).withoutBundling(original as never),
);
// Whole programs, judged resource by resource.
vi.setConfig({ testTimeout: 240_000 });

/** Rules that look for a bucket's companions by what the engine knows of dependencies. */
const byDependencies = ["enc-s3-tls-only", "lp-s3-bpa-present", "rel-s3-versioning"];

const { exemptions } = parse(readFileSync(join(repoRoot, "policy-exemptions.yaml"), "utf8")) as {
  exemptions: readonly { rule: string; resource: string; stacks?: readonly string[] }[];
};

/** What the pack finds in a stack: rule and resource. */
async function found(configuration: Configuration, profile: "dev" | "prod"): Promise<string[]> {
  const { recording } = await registered("agents", configuration);
  const diagnostics = await judgeStack(recording, { profile, stack: configuration.stack });
  const findings = diagnostics.filter(({ message }) => !message.includes("cannot be known at preview"));
  return [
    ...new Set(
      findings
        .filter(({ policy }) => !byDependencies.includes(policy))
        .map(({ policy, urn }) => `${policy} ${urn.split("::").at(-1)}`),
    ),
  ].sort();
}

/** What is exempt in a stack, in the same words. */
function exempt(stack: string): string[] {
  return (
    exemptions
      .filter(({ resource }) => /::agents-|::\*-alb-/.test(resource))
      .filter(({ stacks }) => stacks === undefined || stacks.includes(stack))
      // Which policies take a group to zero is seen by dependencies too.
      .filter(({ rule }) => rule !== "llm-gpu-zero")
      .map(({ rule, resource }) => `${rule} ${resource.split("::").at(-1)?.replace("*", "agents")}`)
      .sort()
  );
}

test.each([
  ["dev", devDefaults],
  ["staging", staging],
  ["prod", prod],
] as const)("in %s the pack finds what is exempt, and nothing else", async (stack, configuration) => {
  expect(await found(configuration, stack === "dev" ? "dev" : "prod")).toEqual(exempt(stack));
});

test("with everything that can be configured it finds no more", async () => {
  const capacity = { kind: "block", id: "cr-0123456789abcdef0", zone: "us-east-1b" };
  const ollama = { url: "https://ollama.example.com/v1", model: "llama3.2:1b" };
  const secrets = { agentsDatadogApiKey: "d".repeat(32), agentsGeminiApiKey: "g".repeat(39) };
  const settings = { ...prod.settings, efa: true, capacity, ollama };
  expect(await found({ ...prod, settings, secrets }, "prod")).toEqual(exempt("prod"));
});
