import { expect, test } from "vitest";
import { EnvironmentParameters } from "../../../../components/data/environment-parameters";
import { GeneratedSecret } from "../../../../components/data/generated-secret";
import { ServiceRole } from "../../../../components/lib/service-role";
import { devContext, record } from "../../../support/mocks";
import { awsAnswers } from "../../../support/registered";

const name = "lambda-efs-env";

test("each variable is a parameter under one path, and secrets can stand beside them", async () => {
  const { result, recording } = await record(
    () => {
      const variables = new EnvironmentParameters(name, {
        context: devContext,
        variables: { DB_HOST: "db", DB_PORT: "3306" },
      });
      const secret = new GeneratedSecret("lambda-efs-password", {
        context: devContext,
        description: "Password",
        parameterPath: "env/DB_PASSWORD",
        length: 40,
      });
      return { prefix: variables.prefix, secret: secret.parameterName };
    },
    { calls: awsAnswers },
  );
  expect(result).toEqual({ prefix: "/lambda-efs/dev/env", secret: "/lambda-efs/dev/env/DB_PASSWORD" });
  expect(recording.named(`${name}-db-host`).inputs).toMatchObject({
    name: "/lambda-efs/dev/env/DB_HOST",
    type: "String",
    insecureValue: "db",
  });
  expect(recording.named("lambda-efs-password-parameter").inputs).toMatchObject({
    name: "/lambda-efs/dev/env/DB_PASSWORD",
    type: "SecureString",
  });
});

test("a grantee reads what is under the path, and nothing else", async () => {
  const { recording } = await record(() => {
    const role = new ServiceRole("lambda-efs-reader", {
      context: devContext,
      trusts: "ec2.amazonaws.com",
      description: "Reads",
    });
    new EnvironmentParameters(name, { context: devContext, variables: {} }).grantRead(role);
  });
  const arn = "arn:aws:ssm:us-east-1:123456789012:parameter/lambda-efs/dev/env";
  expect(recording.document("lambda-efs-reader-env-read").Statement).toMatchObject([
    { Action: ["ssm:GetParametersByPath", "ssm:GetParameter"], Resource: [arn, `${arn}/*`] },
  ]);
});

test("a name that no variable can have is refused, as is a path or a length that AWS would refuse", async () => {
  const make = () => new EnvironmentParameters(name, { context: devContext, variables: { "db-host": "x" } });
  await expect(record(make)).rejects.toThrow("variables.db-host: is no name of a variable");
  const secret = () =>
    new GeneratedSecret("lambda-efs-password", {
      context: devContext,
      description: "x",
      parameterPath: "/a//b",
      length: 8,
    });
  await expect(record(secret, { calls: awsAnswers })).rejects.toThrow(
    /2 mistakes[\s\S]*parameterPath[\s\S]*length: is 8/,
  );
});
