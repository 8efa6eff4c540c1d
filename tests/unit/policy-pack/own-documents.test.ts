/**
 * Holds the program's own permissions, trust and resource policies to the rules once all ids are known. Previews cannot:
 * a document with an unknown in it is unknown as a whole.
 */
import { expect, test } from "vitest";
import { rules } from "../../../policy-pack/registry";
import { systemNames } from "../../../stacks/systems";
import { serve } from "./rules";
import { asResource, recordShipped } from "./whole-stacks";

/** Each system is in the stacks that it is for: what is free has no staging. */
const withoutFree = systemNames.filter((name) => name !== "afirgen");
const systemsIn: Readonly<Record<string, readonly string[]>> = {
  dev: systemNames,
  staging: withoutFree,
  prod: withoutFree,
  free: ["afirgen"],
};

test.each(["dev", "staging", "prod", "free"])("nothing that %s allows breaks a rule", async (stack) => {
  const { config, recording } = await recordShipped(stack);
  expect([...config.systems.keys()].sort()).toEqual([...(systemsIn[stack] ?? [])].sort());
  const pack = await serve({ profile: stack === "dev" || stack === "free" ? stack : "prod", stack });
  const documents = recording.resources.filter(
    ({ custom, inputs }) => custom && (inputs.policy ?? inputs.assumeRolePolicy ?? inputs.policyArn) !== undefined,
  );
  expect(documents.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      ...(stack === "free" ? [] : ["aws:efs/fileSystemPolicy:FileSystemPolicy"]),
      "aws:iam/role:Role",
      "aws:iam/rolePolicy:RolePolicy",
      "aws:s3/bucketPolicy:BucketPolicy",
      "aws:sns/topicPolicy:TopicPolicy",
    ]),
  );
  const ids = new Set(rules.filter(({ family }) => family === "exposure").map(({ id }) => id));
  const said: string[] = [];
  for (const document of documents) {
    const diagnostics = (await pack.analyze(asResource(document))).filter(({ policy }) => ids.has(policy));
    said.push(...diagnostics.map(({ message }) => `${document.name}: ${message}`));
  }
  expect(said).toEqual([]);
});
