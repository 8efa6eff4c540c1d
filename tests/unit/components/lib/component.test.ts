import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Component, type ComponentArgs } from "../../../../components/lib/component";
import { partitionOf } from "../../../../components/lib/context";
import { ServiceRole } from "../../../../components/lib/service-role";
import { InvalidArgsError, validate } from "../../../../components/lib/validation";
import { devContext, devTags, record } from "../../../support/mocks";

class Sample extends Component {
  constructor(
    name: string,
    args: ComponentArgs,
    checks: readonly { path: string; ok: boolean; message: string }[] = [],
  ) {
    super("data", "Sample", name, args);
    this.check(checks);
    new aws.s3.Bucket(
      this.childName("a"),
      { bucket: this.globalName("bucket"), tags: this.tags() },
      this.dataOptions(),
    );
    new aws.ec2.Vpc(this.childName("b"), { tags: this.namedTags("inner") }, { parent: this });
    this.registerOutputs({});
  }
}

describe("a component", () => {
  test("has a type token of its folder and class, and is parent of its children", async () => {
    const { recording } = await record(() => new Sample("lambda-efs-thing", { context: devContext }));
    expect(recording.resources.map(({ type, name, parent }) => ({ type, name, parent }))).toEqual([
      { type: "llm:data:Sample", name: "lambda-efs-thing", parent: undefined },
      { type: "aws:s3/bucket:Bucket", name: "lambda-efs-thing-a", parent: "lambda-efs-thing" },
      { type: "aws:ec2/vpc:Vpc", name: "lambda-efs-thing-b", parent: "lambda-efs-thing" },
    ]);
  });

  test("gives its children names and tags of its system, role and stack", async () => {
    const { recording } = await record(() => new Sample("lambda-efs-thing", { context: devContext, service: "other" }));
    expect(recording.named("lambda-efs-thing-a").inputs).toEqual({
      bucket: expect.stringMatching(/^lambda-efs-thing-dev-[0-9a-f]{8}$/),
      tags: devTags("other"),
    });
    expect(recording.named("lambda-efs-thing-b").inputs).toEqual({
      tags: devTags("other", "lambda-efs-thing-inner-dev"),
    });
  });

  test.each([true, false])("protects data if the environment does (%s)", async (protectData) => {
    const { recording } = await record(() => new Sample("lambda-efs-x", { context: { ...devContext, protectData } }));
    expect(recording.named("lambda-efs-x-a").protect).toBe(protectData);
    expect(recording.named("lambda-efs-x-b").protect).toBe(false);
  });

  test.each(["thing", "lambda-efs", "lambda-efs-", "lambda-efs-Thing", "phi3-thing"])(
    "refuses the name %j",
    async (name) => {
      await expect(record(() => new Sample(name, { context: devContext }))).rejects.toThrow(
        `name: is "${name}"; give "lambda-efs-" and a role`,
      );
    },
  );

  test("tells all mistakes in its arguments together, by property path", async () => {
    const checks = [
      { path: "memory", ok: false, message: "is 1; give more." },
      { path: "fine", ok: true, message: "never told" },
      { path: "routes[0].path", ok: false, message: "is empty." },
    ];
    const building = record(() => new Sample("lambda-efs-x", { context: devContext }, checks));
    await expect(building).rejects.toThrow(
      'Sample "lambda-efs-x" has 2 mistakes in its arguments:\n  memory: is 1; give more.\n  routes[0].path: is empty.',
    );
    await building.catch((error: InvalidArgsError) => {
      expect(error.errors).toEqual([
        { propertyPath: "memory", reason: "is 1; give more." },
        { propertyPath: "routes[0].path", reason: "is empty." },
      ]);
    });
  });
});

test("an error in arguments is one that Pulumi prints without a stack trace", () => {
  expect(() => validate("X", [{ path: "a", ok: false, message: "is wrong." }])).toThrow(InvalidArgsError);
  expect(new InvalidArgsError("X", [])).toHaveProperty("__pulumiRunError", true);
});

test("a mock run has its own configuration, and none of the run before it", async () => {
  const given = () => new pulumi.Config("llm-stacks").get("word");
  const first = await record(given, { config: { "llm-stacks:word": "first" } });
  const second = await record(given);
  expect([first.result, second.result]).toEqual(["first", undefined]);
});

test("a mock run refuses two resources with one URN", async () => {
  const twice = record(() => {
    new Sample("lambda-efs-x", { context: devContext });
    new Sample("lambda-efs-x", { context: devContext });
  });
  await expect(twice).rejects.toThrow(
    "URNs registered twice: urn:pulumi:dev::llm-stacks::llm:data:Sample::lambda-efs-x",
  );
});

test.each([
  ["us-east-1", "aws"],
  ["cn-north-1", "aws-cn"],
  ["us-gov-west-1", "aws-us-gov"],
])("region %s is in partition %s", (region, partition) => {
  expect(partitionOf(region)).toBe(partition);
});

describe("a service role", () => {
  const build = () => {
    const role = new ServiceRole("lambda-efs-runner", {
      context: devContext,
      service: "serverless",
      trusts: "lambda.amazonaws.com",
      description: "Runs things",
      managedPolicies: ["service-role/AWSLambdaVPCAccessExecutionRole"],
    });
    role.allow("send", [{ sid: "Send", actions: ["sqs:SendMessage"], resources: ["arn:aws:sqs:::q"] }]);
    return role;
  };

  test("is a role with one inline policy per purpose and the managed policies it was given", async () => {
    const { recording } = await record(build);
    expect(recording.named("lambda-efs-runner-role").inputs).toEqual({
      name: "lambda-efs-runner-dev",
      description: "Runs things",
      assumeRolePolicy: expect.stringContaining('"Service":["lambda.amazonaws.com"]'),
      tags: devTags("serverless"),
    });
    expect(recording.named("lambda-efs-runner-AWSLambdaVPCAccessExecutionRole").inputs).toEqual({
      role: "lambda-efs-runner-dev",
      policyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
    });
    expect(recording.named("lambda-efs-runner-send").inputs).toMatchObject({
      role: "lambda-efs-runner-dev",
      name: "send",
    });
    expect(recording.document("lambda-efs-runner-send").Statement).toEqual([
      { Sid: "Send", Effect: "Allow", Action: ["sqs:SendMessage"], Resource: ["arn:aws:sqs:::q"] },
    ]);
  });

  test("knows all that must exist before it can work", async () => {
    const { result } = await record(build);
    expect(result.permissions).toHaveLength(2);
  });
});
