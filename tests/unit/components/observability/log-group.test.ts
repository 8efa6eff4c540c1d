import { expect, test } from "vitest";
import { LogGroup } from "../../../../components/observability/log-group";
import { devContext, devTags, record } from "../../../support/mocks";

const build = (prefix: `/${string}/`) =>
  record(() => new LogGroup("lambda-efs-app", { context: devContext, prefix, retentionDays: 30 }));

test("a log group is named by its system, role and stack, and forgets", async () => {
  const { recording, result } = await build("/aws/ec2/");
  expect(result.name).toBe("/aws/ec2/lambda-efs-app-dev");
  expect(recording.named("lambda-efs-app-log-group").inputs).toEqual({
    name: "/aws/ec2/lambda-efs-app-dev",
    retentionInDays: 30,
    tags: devTags("observability"),
  });
});

test.each(["/aws ec2/", "//"] as const)("the prefix %s is refused", async (prefix) => {
  await expect(build(prefix)).rejects.toThrow(`prefix: is "${prefix}"; give one that starts and ends with a slash`);
});
