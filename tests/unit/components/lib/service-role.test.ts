import { describe, expect, test } from "vitest";
import type { SystemContext } from "../../../../components/lib/context";
import { ServiceRole } from "../../../../components/lib/service-role";
import { devContext, record } from "../../../support/mocks";

const boundary = "arn:aws:iam::123456789012:policy/platform-workload-dev";
const make = (context: SystemContext) =>
  new ServiceRole("lambda-efs-reader", { context, trusts: "lambda.amazonaws.com", description: "Reads" });

describe("a role", () => {
  test.each([boundary, undefined])("has the stack's boundary, which is %s", async (permissionsBoundary) => {
    const { recording } = await record(() =>
      make(permissionsBoundary === undefined ? devContext : { ...devContext, permissionsBoundary }),
    );
    expect(recording.named("lambda-efs-reader-role").inputs["permissionsBoundary"]).toBe(permissionsBoundary);
  });
});
