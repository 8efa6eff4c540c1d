import { describe, expect, test } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { allow, allowing, asProps, when as condition, first, type Statement } from "./iam-documents";
import { judge, pass, unverifiable, violation } from "./rules";

const malformed = "policy: the policy document is not valid JSON, so nothing is known of what it allows";

describe("lp-iam-admin-star", () => {
  const id = "lp-iam-admin-star";
  const refused = (path: string) => violation(`${path}: allows every action on every resource`);

  test.each<[string, Resource, object]>([
    ["passes named actions on everything", allowing(allow(["s3:ListAllMyBuckets"], "*")), pass],
    ["passes every action on one bucket", allowing(allow("*", "arn:aws:s3:::b")), pass],
    ["passes a Deny of everything", allowing({ Effect: "Deny", Action: "*", Resource: "*" }), pass],
    ["passes one service", allowing(allow("s3:*", "*")), pass],
    ["passes an undefined document", { type: "aws:iam/role:Role" }, pass],
    ["refuses * on *", allowing(allow("*", "*")), refused(`${first}.Action`)],
    ["refuses *:*", allowing(allow("*:*", "*")), refused(`${first}.Action`)],
    [
      "refuses ** in lists",
      allowing(allow(["s3:GetObject", "**"], ["arn:aws:s3:::b", "*"])),
      refused(`${first}.Action[1]`),
    ],
    ["refuses * on arn:*", allowing(allow("*", "arn:*")), refused(`${first}.Action`)],
    ["takes a missing Effect for Allow", allowing({ Action: "*", Resource: "*" }), refused(`${first}.Action`)],
    [
      "takes no Condition for an excuse",
      allowing(allow("*", "*", { Condition: { StringEquals: { "aws:ResourceAccount": "1" } } })),
      refused(`${first}.Action`),
    ],
    [
      "looks at every statement",
      allowing(allow("s3:Get*", "*"), allow("*", "*")),
      refused("policy.Statement[1].Action"),
    ],
    [
      "reads one statement outside a list",
      asProps(JSON.stringify({ Statement: allow("*", "*") })),
      refused("policy.Statement.Action"),
    ],
    ["reads an object", asProps({ Statement: [allow("*", "*")] }), refused(`${first}.Action`)],
    [
      "reads the inline policies of a role",
      {
        type: "aws:iam/role:Role",
        props: { inlinePolicies: [{ name: "a" }, { policy: JSON.stringify({ Statement: [allow("*", "*")] }) }] },
      },
      refused("inlinePolicies[1].policy.Statement[0].Action"),
    ],
    ["refuses text that is no JSON", asProps("{ not json"), violation(malformed)],
    ["cannot judge an unknown document", asProps(unknown), unverifiable("policy")],
    [
      "cannot judge an unknown action on everything",
      asProps({ Statement: [allow([unknown], "*")] }),
      unverifiable(`${first}.Action[0]`),
    ],
    ["needs no action when the resource is named", asProps({ Statement: [allow([unknown], "arn:aws:s3:::b")] }), pass],
    ["needs no resource when the action is named", asProps({ Statement: [allow("s3:GetObject", unknown)] }), pass],
    [
      "reports a statement beside an unknown one",
      asProps({ Statement: [unknown, allow("*", "*")] }),
      { violations: ["policy.Statement[1].Action: allows every action on every resource"], unknowns: [first] },
    ],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge(id, resource)).toEqual(verdict);
  });
});

describe("lp-iam-resource-star-write", () => {
  const id = "lp-iam-resource-star-write";
  const refused = (path: string, writes: string) =>
    violation(`${path}: allows writes on every resource that could be limited: ${writes}`);
  const put = (more: Statement) => allowing(allow("s3:PutObject", "*", more));
  const refusedPut = refused(`${first}.Action`, "s3:PutObject");

  test.each<[string, Resource, object]>([
    ["passes a write on named objects", allowing(allow("s3:PutObject", "arn:aws:s3:::b/*")), pass],
    ["passes reads on everything", allowing(allow(["ec2:Describe*", "s3:GetObject", "s3:List*"], "*")), pass],
    [
      "passes writes that AWS cannot limit",
      allowing(allow(["xray:PutTraceSegments", "cloudwatch:PutMetricData"], "*")),
      pass,
    ],
    ["passes an undefined document", { type: "aws:iam/role:Role" }, pass],
    ["refuses a write on everything", put({}), refusedPut],
    ["compares actions without case", allowing(allow("S3:putobject", "*")), refused(`${first}.Action`, "s3:PutObject")],
    ["refuses everything of the service", allowing(allow("s3:PutObject", "arn:aws:s3:::*")), refusedPut],
    ["refuses every object of every bucket", allowing(allow("s3:PutObject", "arn:aws:s3:::*/*")), refusedPut],
    ["does not take everything of another service for it", allowing(allow("s3:PutObject", "arn:aws:sqs:*:*:*")), pass],
    [
      "passes all of one account",
      allowing(allow("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:111122223333:table/*")),
      pass,
    ],
    ["expands ? and *", allowing(allow("s3:PutObjec?", "*")), refusedPut],
    [
      "refuses NotResource",
      allowing({ Effect: "Allow", Action: "s3:PutObject", NotResource: "arn:aws:s3:::b" }),
      refusedPut,
    ],
    [
      "counts the writes that a wildcard holds",
      allowing(allow("sqs:*", "*")),
      refused(`${first}.Action`, "sqs:CancelMessageMoveTask, sqs:ChangeMessageVisibility, sqs:CreateQueue and 7 more"),
    ],
    [
      "judges an action newer than the table by its verb",
      allowing(allow("newservice:CreateThing", "*")),
      refused(`${first}.Action`, "newservice:CreateThing"),
    ],
    ["passes a pattern that covers no action", allowing(allow("s3:Brandnew*", "*")), pass],
    ["lets a new read pass", allowing(allow("newservice:GetThing", "*")), pass],
    [
      "is excused by a condition on the resource",
      put(condition("StringEquals", "aws:ResourceTag/System", "web")),
      pass,
    ],
    ["is excused by a condition of the service", put(condition("StringLike", "s3:prefix", ["a/*"])), pass],
    [
      "is not excused by a condition on the caller",
      put(condition("StringEquals", "aws:PrincipalTag/Team", "a")),
      refusedPut,
    ],
    ["is not excused by TLS", put(condition("Bool", "aws:SecureTransport", "true")), refusedPut],
    [
      "is not excused by a negated condition",
      put(condition("StringNotEquals", "aws:ResourceTag/System", "web")),
      refusedPut,
    ],
    ["is not excused by IfExists", put(condition("StringEqualsIfExists", "aws:ResourceTag/System", "web")), refusedPut],
    ["is not excused by ForAllValues", put(condition("ForAllValues:StringEquals", "aws:TagKeys", "a")), refusedPut],
    [
      "is not excused by a wildcard value",
      put(condition("StringLike", "aws:ResourceTag/System", ["web", "*"])),
      refusedPut,
    ],
    ["cannot judge an unknown document", asProps(unknown), unverifiable("policy")],
    [
      "cannot judge an unknown resource of a write",
      asProps({ Statement: [allow("s3:PutObject", [unknown])] }),
      unverifiable(`${first}.Resource[0]`),
    ],
    ["needs no resource for a read", asProps({ Statement: [allow("s3:GetObject", unknown)] }), pass],
    [
      "cannot judge an unknown action on everything",
      asProps({ Statement: [allow(unknown, "*")] }),
      unverifiable(`${first}.Action`),
    ],
    [
      "cannot judge an unknown value of an excusing condition",
      asProps({
        Statement: [allow("s3:PutObject", "*", condition("StringEquals", "aws:ResourceTag/System", unknown))],
      }),
      unverifiable(`${first}.Condition.StringEquals["aws:ResourceTag/System"]`),
    ],
    [
      "reports an action beside an unknown one",
      asProps({ Statement: [allow([unknown, "s3:PutObject"], "*")] }),
      {
        violations: [`${first}.Action[1]: allows writes on every resource that could be limited: s3:PutObject`],
        unknowns: [`${first}.Action[0]`],
      },
    ],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge(id, resource)).toEqual(verdict);
  });

  test("judges what NotAction leaves in", async () => {
    const except = (NotAction: Json) => asProps({ Statement: [{ Effect: "Allow", NotAction, Resource: "*" }] });
    const { violations } = await judge(id, except(["iam:*"]));
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatch(/^policy\.Statement\[0\]\.NotAction: allows writes .* and \d{4,} more$/);
    expect(violations[0]).not.toContain("iam:");
    expect(await judge(id, except("*"))).toEqual(pass);
    expect(await judge(id, except(["iam:*", unknown]))).toEqual(unverifiable(`${first}.NotAction[1]`));
  });
});

describe("lp-iam-data-exfil", () => {
  const id = "lp-iam-data-exfil";
  const refused = (path: string, what: string) => violation(`${path}: allows reading all data: ${what}`);

  test.each<[string, Resource, object]>([
    ["passes one bucket's objects", allowing(allow("s3:GetObject", "arn:aws:s3:::b/*")), pass],
    ["passes the names of everything", allowing(allow(["s3:ListAllMyBuckets", "dynamodb:ListTables"], "*")), pass],
    ["passes an undefined document", { type: "aws:iam/role:Role" }, pass],
    [
      "passes a name that is no type of the service",
      allowing(allow("dynamodb:GetItem", "arn:aws:dynamodb:*:*:orders/*")),
      pass,
    ],
    [
      "passes all tables of one account",
      allowing(allow("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/*")),
      pass,
    ],
    [
      "is excused by a condition on the resource",
      allowing(allow("s3:GetObject", "*", { Condition: { StringEquals: { "s3:ResourceAccount": "111122223333" } } })),
      pass,
    ],
    ["refuses all objects", allowing(allow("s3:GetObject", "*")), refused(`${first}.Action`, "s3:GetObject")],
    [
      "refuses all objects by ARN",
      allowing(allow("s3:getobject", "arn:aws:s3:::*/*")),
      refused(`${first}.Action`, "s3:GetObject"),
    ],
    [
      "refuses all tables",
      allowing(allow("dynamodb:Query", "arn:aws:dynamodb:*:*:table/*")),
      refused(`${first}.Action`, "dynamodb:Query"),
    ],
    [
      "finds data reads behind a wildcard",
      allowing(allow(["ec2:*", "ssm:Get*"], "*")),
      refused(`${first}.Action[1]`, "ssm:GetParameter, ssm:GetParameters, ssm:GetParametersByPath and 1 more"),
    ],
    [
      "finds data reads that NotAction leaves in",
      allowing({ Effect: "Allow", NotAction: ["s3:*", "dynamodb:*", "ssm:*", "rds:*", "rds-data:*"], Resource: "*" }),
      violation(
        `${first}.NotAction: does not except reading all data: secretsmanager:GetSecretValue, secretsmanager:BatchGetSecretValue`,
      ),
    ],
    ["cannot judge an unknown document", asProps(unknown), unverifiable("policy")],
    [
      "cannot judge an unknown resource",
      asProps({ Statement: [allow("s3:GetObject", [unknown])] }),
      unverifiable(`${first}.Resource[0]`),
    ],
    [
      "reports an action beside an unknown one",
      asProps({ Statement: [allow([unknown, "secretsmanager:GetSecretValue"], "*")] }),
      {
        violations: [`${first}.Action[1]: allows reading all data: secretsmanager:GetSecretValue`],
        unknowns: [`${first}.Action[0]`],
      },
    ],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge(id, resource)).toEqual(verdict);
  });

  test("takes the actions from the config", async () => {
    expect(await judge(id, allowing(allow("s3:GetObject", "*")), { actions: ["kms:Decrypt"] })).toEqual(pass);
    expect(await judge(id, allowing(allow("kms:*", "*")), { actions: ["kms:Decrypt"] })).toEqual(
      refused(`${first}.Action`, "kms:Decrypt"),
    );
  });
});
