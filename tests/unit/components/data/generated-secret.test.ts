import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { GeneratedSecret } from "../../../../components/data/generated-secret";
import { ServiceRole } from "../../../../components/lib/service-role";
import { devContext, devTags, record, resolved } from "../../../support/mocks";

const calls = { "aws:secretsmanager/getRandomPassword:getRandomPassword": { randomPassword: "made-up-by-aws" } };
const make = () => new GeneratedSecret("lambda-efs-api-key", { context: devContext, description: "Key of the API" });

test("a generated secret is AWS's, a SecureString under the system and stack, and secret everywhere", async () => {
  const { result, recording } = await record(make, { calls });
  expect(recording.named("lambda-efs-api-key-parameter").inputs).toEqual({
    name: "/lambda-efs/dev/api-key",
    type: "SecureString",
    description: "Key of the API",
    value: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "made-up-by-aws" },
    tags: devTags("data"),
  });
  expect(await resolved(result.value)).toBe("made-up-by-aws");
});

test("reading it needs one action on the one parameter", async () => {
  const { recording } = await record(
    () => {
      const role = new ServiceRole("lambda-efs-reader", {
        context: devContext,
        trusts: "ec2.amazonaws.com",
        description: "Reads",
      });
      make().grantRead(role);
    },
    { calls },
  );
  expect(recording.document("lambda-efs-reader-api-key-read").Statement).toEqual([
    {
      Sid: "ReadSecret",
      Effect: "Allow",
      Action: ["ssm:GetParameter"],
      Resource: ["arn:aws:ssm:us-east-1:123456789012:parameter/lambda-efs/dev/api-key"],
    },
  ]);
});

test("a secret that is given is kept as it is, and AWS makes none up", async () => {
  const { recording } = await record(
    () =>
      new GeneratedSecret("lambda-efs-database-url", {
        context: devContext,
        description: "Database",
        given: pulumi.output("postgresql://db.example.com/chats"),
      }),
  );
  expect(recording.named("lambda-efs-database-url-parameter").inputs).toMatchObject({
    type: "SecureString",
    value: { value: "postgresql://db.example.com/chats" },
  });
});
