import { describe, expect, test } from "vitest";
import { Table, type TableArgs } from "../../../../components/data/table";
import { ServiceRole } from "../../../../components/lib/service-role";
import { devContext, devTags, record } from "../../../support/mocks";

const make = (args: Partial<TableArgs> = {}, context = devContext) =>
  new Table("lambda-efs-records", { context, partitionKey: "id", ...args });

describe("a table", () => {
  test("is on demand, encrypted and restorable", async () => {
    const { recording } = await record(() => make({ sortKey: "at", expiryAttribute: "expires" }));
    expect(recording.named("lambda-efs-records-table").inputs).toEqual({
      name: "lambda-efs-records-dev",
      billingMode: "PAY_PER_REQUEST",
      hashKey: "id",
      rangeKey: "at",
      attributes: [
        { name: "id", type: "S" },
        { name: "at", type: "S" },
      ],
      ttl: { attributeName: "expires", enabled: true },
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: { enabled: true },
      deletionProtectionEnabled: false,
      tags: devTags("data"),
    });
  });

  test("is protected where the environment protects data", async () => {
    const { recording } = await record(() => make({}, { ...devContext, protectData: true, disposableData: false }));
    const table = recording.named("lambda-efs-records-table");
    expect(table.protect).toBe(true);
    expect(table.inputs).toMatchObject({ deletionProtectionEnabled: true });
  });

  test("lets a grantee put items and nothing else", async () => {
    const { recording } = await record(() => {
      const role = new ServiceRole("lambda-efs-writer", {
        context: devContext,
        trusts: "ec2.amazonaws.com",
        description: "Writes",
      });
      make().grantPut(role);
    });
    expect(recording.document("lambda-efs-writer-records-put").Statement).toEqual([
      {
        Sid: "PutItems",
        Effect: "Allow",
        Action: ["dynamodb:PutItem"],
        Resource: ["arn:aws:dynamodb:us-east-1:123456789012:table/lambda-efs-records-dev"],
      },
    ]);
  });

  test("lets a grantee read and change single items", async () => {
    const { recording } = await record(() => {
      const role = new ServiceRole("lambda-efs-writer", {
        context: devContext,
        trusts: "ec2.amazonaws.com",
        description: "Writes",
      });
      make().grantReadUpdate(role);
    });
    expect(recording.document("lambda-efs-writer-records-read-update").Statement).toEqual([
      {
        Sid: "ReadUpdateItems",
        Effect: "Allow",
        Action: ["dynamodb:GetItem", "dynamodb:UpdateItem"],
        Resource: ["arn:aws:dynamodb:us-east-1:123456789012:table/lambda-efs-records-dev"],
      },
    ]);
  });

  test("counts throttled reads and writes together", async () => {
    const { result } = await record(() => make().metricThrottles());
    expect(Object.values(result.using).map(({ name, dimensions }) => [name, dimensions])).toEqual([
      ["ReadThrottleEvents", { TableName: "lambda-efs-records-dev" }],
      ["WriteThrottleEvents", { TableName: "lambda-efs-records-dev" }],
    ]);
  });

  test("is refused with a key DynamoDB would not take", async () => {
    await expect(record(() => make({ partitionKey: "1 id" }))).rejects.toThrow('holds "1 id"');
  });
});
