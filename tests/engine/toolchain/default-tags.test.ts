import * as aws from "@pulumi/aws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.dispose());

const defaultTags = (stage: string) => ({ "aws:defaultTags": JSON.stringify({ tags: { Stage: stage } }) });

test("default tags reach AWS, a second preview changes nothing, and new default tags are an update", async () => {
  const program = async () => {
    const topic = new aws.sns.Topic("jobs", { tags: { Owner: "team" } });
    const group = new aws.ec2.SecurityGroup("web");
    return { topic: topic.tagsAll, group: group.tagsAll };
  };
  await withStack(
    "default-tags",
    program,
    async (stack) => {
      const changes = async () => (await stack.preview()).changeSummary;
      await stack.up();
      expect(await changes()).toEqual({ same: 3 });
      await stack.stack.setAllConfig({ "aws:defaultTags": { value: '{"tags":{"Stage":"changed"}}' } });
      expect(await changes()).toEqual({ same: 1, update: 2 });
      const { outputs } = await stack.up();
      expect(outputs["topic"]?.value).toEqual({ Owner: "team", Stage: "changed" });
      expect(outputs["group"]?.value).toEqual({ Stage: "changed" });
      expect(await changes()).toEqual({ same: 3 });
      expect(await stack.drift()).toEqual({});
    },
    { endpoint: emulator.endpoint, config: defaultTags("test") },
  );
});

// Says nothing about later previews: the emulator forgets the tags of these rules.
test("a type of the Plugin Framework half gets the default tags too", async () => {
  const program = async () => {
    const group = new aws.ec2.SecurityGroup("web");
    const rule = new aws.vpc.SecurityGroupEgressRule("web-out", {
      securityGroupId: group.id,
      ipProtocol: "-1",
      cidrIpv4: "0.0.0.0/0",
      tags: { Owner: "team" },
    });
    return { rule: rule.tagsAll };
  };
  await withStack(
    "framework-tags",
    program,
    async (stack) => {
      const { outputs } = await stack.up();
      expect(outputs["rule"]?.value).toEqual({ Owner: "team", Stage: "test" });
    },
    { endpoint: emulator.endpoint, config: defaultTags("test") },
  );
});
