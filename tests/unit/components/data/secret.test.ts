import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { Secret } from "../../../../components/data/secret";
import { SettingsParameter, settingsText } from "../../../../components/data/settings-parameter";
import { ServiceRole } from "../../../../components/lib/service-role";
import { devContext, devTags, record } from "../../../support/mocks";
import { inTheClear, unwrapped } from "../../../support/registered";
import { protectedContext } from "./fixtures";

const reader = () =>
  new ServiceRole("lambda-efs-reader", { context: devContext, trusts: "ec2.amazonaws.com", description: "Reads" });
const makeSecret = (context = devContext) =>
  new Secret("lambda-efs-keys", { context, description: "Keys of providers", value: "k3y" });
const makeSettings = () =>
  new SettingsParameter("lambda-efs-environment", {
    context: devContext,
    description: "Where things are",
    settings: { HOST: pulumi.output("db.example.com"), PORT: "5432" },
  });

test("a secret has its text as a secret only, and in dev is gone when it is destroyed", async () => {
  const { recording } = await record(makeSecret);
  expect(recording.named("lambda-efs-keys-secret").inputs).toEqual({
    name: "lambda-efs/dev/keys",
    description: "Keys of providers",
    recoveryWindowInDays: 0,
    tags: devTags("data"),
  });
  const { inputs } = recording.named("lambda-efs-keys-version");
  expect(unwrapped(inputs)).toEqual({ secretId: "lambda-efs-keys-secret-id", secretString: "k3y" });
  expect(JSON.stringify(inTheClear(inputs))).not.toContain("k3y");
});

test.each([
  [protectedContext, 30],
  [{ ...devContext, disposableData: false }, 7],
])("a secret can be had back for days where data is not disposable", async (context, days) => {
  const { recording } = await record(() => makeSecret(context));
  expect(recording.named("lambda-efs-keys-secret").inputs.recoveryWindowInDays).toBe(days);
});

test("reading a secret needs one action on the one secret", async () => {
  const { recording } = await record(() => makeSecret().grantRead(reader()));
  expect(recording.document("lambda-efs-reader-keys-secret-read").Statement).toEqual([
    {
      Sid: "ReadSecret",
      Effect: "Allow",
      Action: ["secretsmanager:GetSecretValue"],
      Resource: ["arn:aws:secretsmanager:us-east-1:123456789012:secret:lambda-efs/dev/keys-??????"],
    },
  ]);
});

test("settings are JSON in a parameter that may be read by one action", async () => {
  const { recording } = await record(() => makeSettings().grantRead(reader()));
  expect(recording.named("lambda-efs-environment-parameter").inputs).toEqual({
    name: "/lambda-efs/dev/environment",
    type: "String",
    description: "Where things are",
    insecureValue: '{"HOST":"db.example.com","PORT":"5432"}',
    tags: devTags("data"),
  });
  expect(recording.document("lambda-efs-reader-environment-read").Statement).toEqual([
    {
      Sid: "ReadSettings",
      Effect: "Allow",
      Action: ["ssm:GetParameter"],
      Resource: ["arn:aws:ssm:us-east-1:123456789012:parameter/lambda-efs/dev/environment"],
    },
  ]);
});

test("settings that a parameter can't hold are refused, to the byte", () => {
  const most = 4096 - JSON.stringify({ HOST: "" }).length;
  expect(settingsText({ HOST: "h".repeat(most) })).toHaveLength(4096);
  expect(() => settingsText({ HOST: "é".repeat(most / 2 + 1) })).toThrow(
    "The settings are 4097 bytes as JSON, and a standard parameter takes 4096",
  );
});
