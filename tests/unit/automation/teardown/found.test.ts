import { fc, test } from "@fast-check/vitest";
import { describe, expect, test as plain } from "vitest";
import { howToDelete, isNameOf, ofArn } from "../../../../automation/teardown/found";
import { dollarsPerDay, totalOf, usdPerDay } from "../../../../automation/teardown/prices";
import { globalName, physicalName } from "../../../../components/lib/names";

const systems = ["lambda-efs", "phi3", "ollama", "shared"];
const roles = fc.constantFrom("data", "alb", "data-table", "access-logs", "servers");
const place = { accountId: "1", region: "us-east-1" };

describe("names of a stack", () => {
  test.prop([fc.constantFrom(...systems), roles, fc.constantFrom("dev", "qa", "x-dev")])(
    "are known, as they are, in log groups, of buckets and of last snapshots",
    (system, role, stack) => {
      const name = physicalName(system, role, stack, 63);
      const forms = [
        name,
        globalName(system, role, stack, place, 63),
        `/aws/lambda/${name}`,
        `/aws/rds/instance/${name}/postgresql`,
        `aws-waf-logs-${name}`,
        `${name}-final`,
        `/${system}/${stack}/${role}`,
      ];
      for (const form of forms) {
        expect(
          isNameOf(
            form,
            stack,
            systems,
            ["dev", "qa", "x-dev"].filter((other) => other !== stack),
          ),
          form,
        ).toBe(true);
        expect(isNameOf(form, "prod", systems, []), form).toBe(false);
      }
    },
  );

  plain("are not those of a stack whose name ends alike, nor of others", () => {
    expect(isNameOf("ollama-data-x-dev", "dev", systems, ["x-dev"])).toBe(false);
    expect(isNameOf("ollama-data-dev", "dev", systems, ["x-dev"])).toBe(true);
    for (const other of ["billing-dev", "ollama", "my-ollamas-dev", "ollama-data-development"]) {
      expect(isNameOf(other, "dev", systems, []), other).toBe(false);
    }
  });
});

describe("what is left", () => {
  plain.each([
    ["arn:aws:ec2:us-east-1:1:natgateway/nat-1", "NAT gateway", "nat-1"],
    ["arn:aws:ec2:us-east-1:1:subnet/subnet-1", "network part", "subnet-1"],
    ["arn:aws:logs:us-east-1:1:log-group:/aws/lambda/x:*", "log group", "/aws/lambda/x"],
    ["arn:aws:s3:::a-bucket", "bucket", "a-bucket"],
    ["arn:aws:dynamodb:us-east-1:1:table/t", "table", "t"],
    ["arn:aws:secretsmanager:us-east-1:1:secret:ollama-key-dev-AbC123", "secret", "ollama-key-dev"],
    ["arn:aws:lambda:us-east-1:1:function:f", "function", "f"],
    ["arn:aws:wafv2:us-east-1:1:regional/webacl/a/1", "other", "arn:aws:wafv2:us-east-1:1:regional/webacl/a/1"],
  ])("%s is a %s", (arn, kind, id) => {
    expect(ofArn(arn)).toEqual({ kind, id });
    expect(howToDelete(ofArn(arn))).toContain(id);
  });

  plain("costs what the price lists say, and what is not known is not free", () => {
    expect(usdPerDay({ kind: "NAT gateway", id: "n" })).toBeCloseTo(1.08);
    expect(usdPerDay({ kind: "instance", id: "i", facts: { instanceType: "g5.xlarge" } })).toBeCloseTo(24.144);
    expect(usdPerDay({ kind: "instance", id: "i", facts: { instanceType: "z9.huge" } })).toBeUndefined();
    expect(usdPerDay({ kind: "fleet", id: "f", facts: { count: 0 } })).toBe(0);
    expect(usdPerDay({ kind: "bucket", id: "b" })).toBeUndefined();
    const database = { instanceType: "db.r6g.xlarge", sizeGiB: 100 };
    const one = usdPerDay({ kind: "database", id: "d", facts: database }) ?? 0;
    expect(one).toBeCloseTo(0.45 * 24 + (100 * 0.115) / 30.4);
    expect(usdPerDay({ kind: "database", id: "d", facts: { ...database, multiAz: true } })).toBeCloseTo(2 * one);
    expect(
      totalOf([
        { kind: "NAT gateway", id: "n" },
        { kind: "other", id: "o" },
      ]),
    ).toEqual({ usd: 1.08, unknown: 1 });
    expect([undefined, 0, 0.001, 1.08].map(dollarsPerDay)).toEqual([
      "cost unknown",
      "no cost",
      "less than $0.01 a day",
      "$1.08 a day",
    ]);
  });
});
