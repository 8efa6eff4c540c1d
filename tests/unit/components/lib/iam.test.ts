import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import {
  denyWithoutTls,
  type PlainStatement,
  policyDocument,
  policyDocumentOf,
  serviceTrust,
} from "../../../../components/lib/iam";
import { resolved } from "../../../support/mocks";

const read: PlainStatement = { sid: "Read", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::bucket/*"] };

test("a document has its statements in order, with lists for actions and resources", () => {
  expect(JSON.parse(policyDocument([read, { ...read, sid: "Tls", effect: "Deny" }], "x"))).toEqual({
    Version: "2012-10-17",
    Id: "x",
    Statement: [
      { Sid: "Read", Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::bucket/*"] },
      { Sid: "Tls", Effect: "Deny", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::bucket/*"] },
    ],
  });
});

test("conditions and ids that are outputs are resolved", async () => {
  const document = await resolved(
    policyDocumentOf([
      { ...read, resources: [pulumi.output("arn:x")], conditions: { StringEquals: { "a:b": pulumi.output("value") } } },
    ]),
  );
  expect(JSON.parse(document).Statement).toEqual([
    {
      Sid: "Read",
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Resource: ["arn:x"],
      Condition: { StringEquals: { "a:b": "value" } },
    },
  ]);
});

test("a trust policy names one service and what narrows it", () => {
  expect(JSON.parse(serviceTrust("lambda.amazonaws.com"))).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Assume", Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com"] }, Action: ["sts:AssumeRole"] },
    ],
  });
  const narrowed = JSON.parse(serviceTrust("x.amazonaws.com", { StringEquals: { "aws:SourceAccount": "1" } }));
  expect(narrowed.Statement[0].Condition).toEqual({ StringEquals: { "aws:SourceAccount": "1" } });
});

test("without TLS everyone is refused", () => {
  expect(JSON.parse(policyDocument([denyWithoutTls(["s3:*"], ["arn:b", "arn:b/*"])])).Statement).toEqual([
    {
      Sid: "DenyWithoutTls",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:*"],
      Resource: ["arn:b", "arn:b/*"],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ]);
});

describe("a document is refused when", () => {
  test.each<[string, PlainStatement[], string]>([
    ["an action is a wildcard", [{ ...read, actions: ["s3:*"] }], 'Statement Read: "s3:*" is not an exact action'],
    ["an action has a wildcard in it", [{ ...read, actions: ["s3:Get*"] }], '"s3:Get*" is not an exact action'],
    ["an action is *", [{ ...read, effect: "Deny", actions: ["*"] }], '"*" is not an exact action'],
    ["there is no action", [{ ...read, actions: [] }], "it has no action"],
    ["every resource is allowed without a reason", [{ ...read, resources: ["*"] }], "without saying why"],
    ["everyone is allowed", [{ ...read, principals: "everyone" }], "it allows everyone without a condition"],
    ["there is neither resource nor principal", [{ sid: "Read", actions: ["s3:GetObject"] }], "neither a resource"],
    ["a sid is used twice", [read, read], "its sid is used twice"],
    ["a sid has a space", [{ ...read, sid: "Read it" }], "letters and digits only"],
    ["there is no statement", [], "A policy document needs a statement."],
  ])("%s", (_case, statements, message) => {
    expect(() => policyDocument(statements)).toThrow(message);
  });

  test("several things are wrong, and then all are told", () => {
    const statements: PlainStatement[] = [{ ...read, actions: ["s3:*", "ec2:*"], resources: ["*"] }];
    expect(() => policyDocument(statements)).toThrow(/s3:\*.*ec2:\*.*saying why/s);
  });
});

test("every resource may be allowed with a reason, and denied without one", () => {
  expect(() =>
    policyDocument([{ ...read, resources: ["*"], anyResourceBecause: "no resource-level permission" }]),
  ).not.toThrow();
  expect(() => policyDocument([{ ...read, effect: "Deny", resources: ["*"] }])).not.toThrow();
});
