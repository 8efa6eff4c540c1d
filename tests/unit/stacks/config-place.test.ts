import { describe, expect, test } from "vitest";
import { parseStackConfig } from "../../../stacks/config";

const config = (more: Record<string, string>) => ({
  "aws:region": "us-east-1",
  "llm-stacks:environment": "dev",
  "llm-stacks:systems": '["lambda-efs"]',
  ...more,
});

describe("settings of where a stack is and how long", () => {
  test.each([
    { key: "accountId", right: "012345678901", wrong: "12345", says: "the twelve digits of the one AWS account" },
    { key: "backupRegion", right: "us-west-2", wrong: "mars", says: "an AWS region for ./llm backup" },
    { key: "ttlHours", right: "48", wrong: "721", says: "a whole number of hours from 1 to 720" },
    {
      ...{ key: "permissionsBoundary", right: "arn:aws:iam::123456789012:policy/platform-workload-dev" },
      ...{ wrong: "platform-workload-dev", says: "the ARN of an IAM policy that bounds the roles" },
    },
    { key: "expiresOn", right: "2026-12-01T18:00:00Z", wrong: "tomorrow", says: "a time in UTC" },
  ])("$key is checked before anything is made", ({ key, right, wrong, says }) => {
    expect(() => parseStackConfig(config({ [`llm-stacks:${key}`]: right }), "llm-stacks", "dev")).not.toThrow();
    expect(() => parseStackConfig(config({ [`llm-stacks:${key}`]: wrong }), "llm-stacks", "dev")).toThrow(says);
  });
});
