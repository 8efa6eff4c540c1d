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

test("the free stack stays within the free tier", async () => {
  const diagnostics = await said("free");
  const sums = diagnostics.filter(({ message }) => message.startsWith("Free tier: "));
  const findings = diagnostics.filter((one) => !sums.includes(one));
  // Whether the machine's subnet gives addresses out is known by dependencies, which mocks don't have.
  expect(
    findings.map(({ policy, message }) => [policy, message.includes("cannot be known at preview: subnetId")]),
  ).toEqual([["ft-public-ipv4", true]]);
  expect(sums.map(({ message }) => message.slice("Free tier: ".length))).toEqual([
    "what only the bill shows, each month: 1,000,000 Lambda requests, 5 GB of logs, 1,000,000 SNS publishes and 1,000 mails, 5 GB in S3 (first year), 100 GB out to the internet.",
    "1,024 GB out and 10,000,000 requests a month are free for all CloudFront distributions together, 1 in this stack.",
    "4 of 10 standard alarms; beyond it $0.00 a month ($0.10 each).",
    "2 of 3 dashboards; beyond it $0.00 a month ($3.00 each).",
    "30 of 30 GB of EBS; beyond it $0.00 a month ($0.08 a GB). On credits all of it takes $2.40 a month.",
    "730 of 750 EC2 instance hours a month; beyond it $0.00 a month ($0.0104 an hour). On credits all of it takes $7.59 a month.",
    "one longest run of every Lambda function (1) takes 15 GB-s: 26,666 times in 400,000 free GB-s a month; beyond it $0.0000166667 a GB-s.",
    "at least 1 of 1 public IPv4 addresses; beyond it $0.00 a month ($3.65 each). On credits all of it takes $3.65 a month.",
    "730 of 750 RDS instance hours a month; beyond it $0.00 a month ($0.017 an hour). On credits all of it takes $12.41 a month.",
    "20 of 20 GB of RDS storage; beyond it $0.00 a month ($0.115 a GB). On credits all of it takes $2.30 a month.",
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
