/**
 * Holds the program's own permissions, trust and resource policies to the rules once all ids are known. Previews cannot:
 * a document with an unknown in it is unknown as a whole.
 */
import { expect, test } from "vitest";
import { readSettings } from "../../../automation/lib/project";
import { rules } from "../../../policy-pack/registry";
import { buildSystems } from "../../../stacks/build";
import { parseStackConfig } from "../../../stacks/config";
import { systemNames } from "../../../stacks/systems";
import { record } from "../../support/mocks";
import type { Json } from "../../support/policy-harness";
import { awsAnswers } from "../../support/registered";
import { serve } from "./rules";

const accountId = "123456789012";

/** The configuration that a stack is shipped with, as the engine gives it to the program. */
function shipped(stack: string): Record<string, string> {
  const entries = Object.entries(readSettings(stack).config ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

test.each(["dev", "staging", "prod"])("nothing that %s allows breaks a rule", async (stack) => {
  const config = parseStackConfig(shipped(stack), "llm-stacks", stack);
  expect([...config.systems.keys()].sort()).toEqual([...systemNames].sort());
  const { recording } = await record(() => buildSystems(config, accountId), { calls: awsAnswers, stack });
  const pack = await serve({ profile: stack === "dev" ? "dev" : "prod", stack });
  const documents = recording.resources.filter(
    ({ custom, inputs }) => custom && (inputs.policy ?? inputs.assumeRolePolicy ?? inputs.policyArn) !== undefined,
  );
  expect(documents.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      "aws:efs/fileSystemPolicy:FileSystemPolicy",
      "aws:iam/role:Role",
      "aws:iam/rolePolicy:RolePolicy",
      "aws:s3/bucketPolicy:BucketPolicy",
      "aws:sns/topicPolicy:TopicPolicy",
    ]),
  );
  const ids = new Set(rules.filter(({ family }) => family === "exposure").map(({ id }) => id));
  const said: string[] = [];
  for (const { type, name, inputs } of documents) {
    const props = JSON.parse(JSON.stringify(inputs)) as Record<string, Json>;
    const diagnostics = (await pack.analyze({ type, name, props })).filter(({ policy }) => ids.has(policy));
    said.push(...diagnostics.map(({ message }) => `${name}: ${message}`));
  }
  expect(said).toEqual([]);
});
