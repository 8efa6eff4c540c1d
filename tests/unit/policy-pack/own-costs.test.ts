/**
 * Holds the shipped stacks to the rules on costs and language models. Inputs come from mocks, with all ids known; what the
 * provider's Check adds to them only an engine test can show.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { parse } from "yaml";
import { repoRoot } from "../../../automation/lib/paths";
import { profileNames } from "../../../policy-pack/lib/profiles";
import { rules } from "../../../policy-pack/registry";
import type { Diagnostic } from "../../support/policy-harness";
import { judgeStack, recordShipped } from "./whole-stacks";

// Whole programs, judged resource by resource.
vi.setConfig({ testTimeout: 240_000 });

const own = new Set(rules.filter(({ family }) => family === "free-tier" || family === "inference").map(({ id }) => id));

/** What these rules say of the stack as it is shipped: of each resource, and of all at the end. */
async function said(stack: string): Promise<Diagnostic[]> {
  const { recording, settings } = await recordShipped(stack);
  const profile = profileNames.find((name) => name === settings["policy:profile"]);
  return (await judgeStack(recording, { profile, stack })).filter(({ policy }) => own.has(policy));
}

test("the free stack stays within the free tier, but for a budget", async () => {
  const diagnostics = await said("free");
  const sums = diagnostics.filter(({ message }) => message.startsWith("Free tier: "));
  const findings = diagnostics.filter((one) => !sums.includes(one));
  expect(findings.map(({ policy, level, urn }) => [policy, level, urn.split("::").at(-1)])).toEqual([
    ["ft-budget-present", "advisory", "free"],
  ]);
  expect(sums.map(({ message }) => message.slice("Free tier: ".length))).toEqual([
    "1 REST API; no call is free, and an HTTP API's cost less than a third as much.",
    "what only the bill shows, each month: 1,000,000 Lambda requests, 5 GB of logs, 1,000,000 SQS requests, 1,000,000 SNS publishes and 1,000 mails, 5 GB in S3 (first year), 100,000 X-Ray traces, 100 GB out to the internet.",
    "8 of 10 standard alarms; beyond it $0.00 a month ($0.10 each).",
    "one longest run of every Lambda function (2) takes 120 GB-s: 3,333 times in 400,000 free GB-s a month; beyond it $0.0000166667 a GB-s.",
  ]);
});

const { exemptions } = parse(readFileSync(join(repoRoot, "policy-exemptions.yaml"), "utf8")) as {
  exemptions: readonly { rule: string; resource: string }[];
};

test.each(["dev", "staging", "prod"])("nothing in %s is refused but what is exempt", async (stack) => {
  const refused = (await said(stack)).filter(({ level }) => level === "mandatory");
  const isExempt = ({ policy, urn }: Diagnostic) =>
    exemptions.some(({ rule, resource }) => rule === policy && resource.split("::").at(-1) === urn.split("::").at(-1));
  expect(refused.filter((each) => !isExempt(each))).toEqual([]);
});
