/**
 * Holds the program's own permissions, trust and resource policies to the rules once all ids are known. Previews cannot:
 * a document with an unknown in it is unknown as a whole.
 */
import { expect, test } from "vitest";
import { rules } from "../../../policy-pack/registry";
import { buildSystems } from "../../../stacks/build";
import { parseStackConfig } from "../../../stacks/config";
import { record } from "../../support/mocks";
import type { Json } from "../../support/policy-harness";
import { serve } from "./rules";

test.each(["dev", "prod"] as const)("nothing that %s allows breaks a rule", async (stack) => {
  const settings = stack === "prod" ? { api: { corsOrigin: "https://app.example.com" } } : {};
  const config = parseStackConfig(
    {
      "aws:region": "us-east-1",
      "llm-stacks:environment": stack,
      "llm-stacks:systems": '["lambda-efs"]',
      "llm-stacks:lambdaEfs": JSON.stringify(settings),
    },
    "llm-stacks",
    stack,
  );
  const { recording } = await record(() => buildSystems(config, "123456789012"), { stack });
  const pack = await serve({ profile: stack, stack });
  const documents = recording.resources.filter(
    ({ custom, inputs }) => custom && (inputs.policy ?? inputs.assumeRolePolicy ?? inputs.policyArn) !== undefined,
  );
  expect(documents.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      "aws:efs/fileSystemPolicy:FileSystemPolicy",
      "aws:iam/role:Role",
      "aws:iam/rolePolicy:RolePolicy",
      "aws:s3/bucketPolicy:BucketPolicy",
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
