import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { packRoot } from "../../../policy-pack/lib/environment";
import { escalationPaths } from "../../../policy-pack/lib/iam/escalation";
import { rules } from "../../../policy-pack/registry";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { type Case, holds } from "./holds";
import { allExcept, allow, allowing, asProps, first, type Statement, when } from "./iam-documents";
import { judge, pass, serve, unverifiable, violation } from "./rules";

const account = "111122223333";

const noDocument: Case = ["passes an undefined document", { type: "aws:iam/role:Role" }, pass];
const unknownDocument: Case = ["cannot judge an unknown document", asProps(unknown), unverifiable("policy")];
const noJson: Case = [
  "refuses text that is no JSON",
  asProps("{"),
  violation("policy: the policy document is not valid JSON, so nothing is known of what it allows"),
];
const documents = [noDocument, unknownDocument, noJson];

/** The cases of one rule. */
function judged(id: string, cases: readonly Case[]): void {
  describe(id, () => holds(id, cases));
}

judged("lp-iam-action-star", [
  ...documents,
  ["passes the actions of a service", allowing(allow("s3:*", "*")), pass],
  ["passes a Deny", allowing({ Effect: "Deny", Action: "*", Resource: "*" }), pass],
  [
    "refuses * on a named resource, whatever the condition",
    allowing(allow(["s3:GetObject", "*"], "arn:aws:s3:::b", when("StringEquals", "aws:ResourceTag/a", "b"))),
    violation(`${first}.Action[1]: allows every action`),
  ],
  [
    "cannot judge an unknown action",
    asProps({ Statement: [allow([unknown], "*")] }),
    unverifiable(`${first}.Action[0]`),
  ],
]);

const everyS3 = violation(`${first}.Action: allows every action of s3 on everything`);
judged("lp-iam-service-star", [
  ...documents,
  ["passes some actions of a service", allowing(allow("s3:Get*", "*")), pass],
  ["passes a whole service on a bucket", allowing(allow("s3:*", "arn:aws:s3:::b")), pass],
  ["passes a Deny", allowing({ Effect: "Deny", Action: "s3:*", Resource: "*" }), pass],
  ["leaves every service to lp-iam-admin-star", allowing(allow(["*", "*:*"], "*")), pass],
  [
    "is excused by a condition on the resource",
    allowing(allow("s3:*", "*", when("StringEquals", "aws:ResourceTag/a", "b"))),
    pass,
  ],
  ["is excused by the settings", allowing(allow("s3:*", "*")), pass, { allowed: ["s3"] }],
  ["refuses a whole service", allowing(allow("S3:*", "*")), everyS3],
  ["refuses another way to write it", allowing(allow("s3:?*", "*")), everyS3],
  ["refuses everything of the service", allowing(allow("s3:*", "arn:aws:s3:::*")), everyS3],
  [
    "refuses a service newer than the table",
    allowing(allow("brandnew:*", "*")),
    violation(`${first}.Action: allows every action of brandnew on everything`),
  ],
  [
    "refuses several services at once",
    allowing(allow("dynamo*:*", "*")),
    violation(`${first}.Action: allows every action of dynamodb on everything`),
  ],
  [
    "cannot judge an unknown action",
    asProps({ Statement: [allow([unknown], "arn:aws:s3:::*")] }),
    unverifiable(`${first}.Action[0]`),
  ],
  ["needs no action when the resource is named", asProps({ Statement: [allow(unknown, "arn:aws:s3:::b")] }), pass],
  [
    "cannot judge an unknown resource",
    asProps({ Statement: [allow("s3:*", unknown)] }),
    unverifiable(`${first}.Resource`),
  ],
]);

judged("lp-iam-full-iam", [
  ...documents,
  ["passes some actions of IAM", allowing(allow("iam:Get*", "*")), pass],
  ["passes a Deny", allowing({ Effect: "Deny", Action: "iam:*", Resource: "*" }), pass],
  ["leaves every service to lp-iam-action-star", allowing(allow("*", "*")), pass],
  [
    "refuses iam:* on one role, whatever the condition",
    allowing(allow("IAM:*", "arn:aws:iam::1:role/a", when("Bool", "aws:ViaAWSService", "true"))),
    violation(`${first}.Action: allows every action of IAM`),
  ],
  [
    "refuses a pattern that holds IAM",
    allowing(allow("i*:*", "*")),
    violation(`${first}.Action: allows every action of IAM`),
  ],
  [
    "refuses NotAction without IAM",
    allowing(allExcept(["s3:*", "organizations:*"])),
    violation(`${first}.NotAction: does not except any action of IAM`),
  ],
  ["passes NotAction with a part of IAM", allowing(allExcept(["iam:Create*"])), pass],
  ["passes NotAction on another service's resources", allowing(allExcept("s3:DeleteObject", "arn:aws:s3:::b/*")), pass],
  ["passes NotAction in a Deny", allowing({ ...allExcept("s3:*"), Effect: "Deny" }), pass],
  [
    "cannot judge an unknown element of NotAction",
    asProps({ Statement: [allExcept(["s3:*", unknown])] }),
    unverifiable(`${first}.NotAction[1]`),
  ],
  ["cannot judge an unknown action", asProps({ Statement: [allow(unknown, "*")] }), unverifiable(`${first}.Action`)],
]);

const passing = violation(`${first}.Action: allows passing every role: iam:PassRole`);
const toEc2 = when("StringEquals", "iam:PassedToService", "ec2.amazonaws.com");
judged("lp-iam-passrole-star", [
  ...documents,
  ["passes a named role", allowing(allow("iam:PassRole", `arn:aws:iam::${account}:role/app-*`)), pass],
  ["is excused by the service", allowing(allow("iam:PassRole", "*", toEc2)), pass],
  [
    "is not excused by any service",
    allowing(allow("iam:PassRole", "*", when("StringLike", "iam:PassedToService", "*"))),
    passing,
  ],
  [
    "is not excused by what holds without the key",
    allowing(allow("iam:PassRole", "*", when("StringEqualsIfExists", "iam:PassedToService", "ec2.amazonaws.com"))),
    passing,
  ],
  [
    "is not excused by all other services",
    allowing(allow("iam:PassRole", "*", when("StringNotEquals", "iam:PassedToService", "ec2.amazonaws.com"))),
    passing,
  ],
  [
    "is not excused by an ARN of everything",
    allowing(allow("iam:PassRole", "*", when("ArnLike", "iam:AssociatedResourceArn", "arn:aws:ec2:*:*:instance/*"))),
    passing,
  ],
  [
    "is excused by an ARN of something",
    allowing(
      allow("iam:PassRole", "*", when("ArnLike", "iam:AssociatedResourceArn", `arn:aws:ec2:*:${account}:instance/*`)),
    ),
    pass,
  ],
  ["refuses every role", allowing(allow("iam:passrole", "*")), passing],
  ["refuses every role of the account", allowing(allow("iam:PassRole", `arn:aws:iam::${account}:role/*`)), passing],
  ["refuses every role by pattern", allowing(allow("iam:Pass*", "arn:*:iam::*:*")), passing],
  [
    "refuses NotAction",
    allowing(allExcept("s3:*")),
    violation(`${first}.NotAction: does not except passing every role: iam:PassRole`),
  ],
  [
    "refuses NotResource",
    allowing({ Effect: "Allow", Action: "iam:PassRole", NotResource: "arn:aws:iam::*:role/admin" }),
    passing,
  ],
  [
    "cannot judge an unknown service",
    asProps({ Statement: [allow("iam:PassRole", "*", when("StringEquals", "iam:PassedToService", unknown))] }),
    unverifiable(`${first}.Condition.StringEquals["iam:PassedToService"]`),
  ],
  [
    "cannot judge an unknown condition",
    asProps({ Statement: [allow("iam:PassRole", "*", { Condition: unknown })] }),
    unverifiable(`${first}.Condition`),
  ],
  [
    "needs no value of a key that excuses nothing",
    asProps({ Statement: [allow("iam:PassRole", "*", when("StringEquals", "aws:PrincipalTag/a", unknown))] }),
    passing,
  ],
  [
    "reads a permission set",
    {
      type: "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
      props: { inlinePolicy: JSON.stringify({ Statement: allow("iam:PassRole", "*") }) },
    },
    violation("inlinePolicy.Statement.Action: allows passing every role: iam:PassRole"),
  ],
]);

judged("lp-iam-kms-decrypt-star", [
  ...documents,
  ["passes one key", allowing(allow("kms:Decrypt", `arn:aws:kms:us-east-1:${account}:key/1`)), pass],
  ["passes encrypting", allowing(allow(["kms:Encrypt", "kms:GenerateDataKey"], "*")), pass],
  [
    "is excused by the service that asks",
    allowing(allow("kms:Decrypt", "*", when("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"))),
    pass,
  ],
  [
    "is not excused by the caller",
    allowing(allow("kms:Decrypt", "*", when("StringEquals", "kms:CallerAccount", account))),
    violation(`${first}.Action: allows decrypting with every key: kms:Decrypt`),
  ],
  [
    "refuses all keys",
    allowing(allow("kms:*", "arn:aws:kms:*:*:key/*")),
    violation(`${first}.Action: allows decrypting with every key: kms:Decrypt, kms:ReEncryptFrom`),
  ],
]);

judged("lp-iam-cred-exposure", [
  ...documents,
  ["passes one role", allowing(allow("sts:AssumeRole", `arn:aws:iam::${account}:role/deploy`)), pass],
  [
    "passes what AWS can only allow on *",
    allowing(allow(["ecr:GetAuthorizationToken", "sts:GetCallerIdentity"], "*")),
    pass,
  ],
  [
    "refuses every role",
    allowing(allow("sts:AssumeRole", "arn:aws:iam::*:role/*")),
    violation(`${first}.Action: allows getting credentials: sts:AssumeRole`),
  ],
  [
    "refuses keys of every user",
    allowing(allow("iam:CreateAccessKey", "*")),
    violation(`${first}.Action: allows getting credentials: iam:CreateAccessKey`),
  ],
  [
    "takes the actions from the config",
    allowing(allow("sts:AssumeRole", "*")),
    pass,
    { actions: ["ec2:GetPasswordData"] },
  ],
]);

judged("lp-iam-permissions-mgmt", [
  ...documents,
  ["passes the policy of one bucket", allowing(allow("s3:PutBucketPolicy", "arn:aws:s3:::b")), pass],
  ["leaves other writes to lp-iam-resource-star-write", allowing(allow("s3:PutObject", "*")), pass],
  ["passes actions newer than the table", allowing(allow("s3:PutBrandNewPolicy", "*")), pass],
  [
    "refuses the policies of all buckets",
    allowing(allow("s3:PutBucketPolicy", "*")),
    violation(`${first}.Action: allows changes of permissions on every resource: s3:PutBucketPolicy`),
  ],
  [
    "refuses them behind a wildcard",
    allowing(allow("sqs:*", "*")),
    violation(
      `${first}.Action: allows changes of permissions on every resource: sqs:AddPermission, sqs:RemovePermission, sqs:SetQueueAttributes`,
    ),
  ],
  ["needs no action that NotAction excepts", allowing(allExcept("*")), pass],
  ["cannot judge an unknown action", asProps({ Statement: [allow(unknown, "*")] }), unverifiable(`${first}.Action`)],
]);

test("writes and changes of permissions are told apart", async () => {
  const policy = allowing(allow(["s3:PutBucketPolicy", "lambda:AddPermission"], "*"));
  expect(await judge("lp-iam-resource-star-write", policy)).toEqual(pass);
});

const allBut = "allows everything but what it names";
judged("lp-iam-not-action", [
  noDocument,
  noJson,
  ["cannot judge an unknown document", asProps(unknown), unverifiable("policy")],
  ["passes plain statements", allowing(allow("s3:GetObject", "*")), pass],
  ["passes a Deny of all but", allowing({ Effect: "Deny", NotAction: "s3:*", NotResource: "a" }), pass],
  ["refuses NotAction", allowing(allExcept("iam:*", "arn:aws:s3:::b")), violation(`${first}.NotAction: ${allBut}`)],
  [
    "refuses NotResource beside an unknown",
    asProps({ Statement: [{ Effect: "Allow", Action: unknown, NotResource: [unknown] }] }),
    violation(`${first}.NotResource: ${allBut}`),
  ],
  [
    "refuses NotPrincipal in a trust policy",
    {
      type: "aws:iam/role:Role",
      props: {
        assumeRolePolicy: JSON.stringify({
          Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", NotPrincipal: { AWS: account } }],
        }),
      },
    },
    violation(`assumeRolePolicy.Statement[0].NotPrincipal: ${allBut}`),
  ],
]);

const gives = (what: string) => violation(`${first}: gives more rights by ${what}`);
const passEverything = allow("iam:PassRole", "*");
judged("lp-iam-priv-esc", [
  ...documents,
  ["passes an action on one role", allowing(allow("iam:AttachRolePolicy", `arn:aws:iam::${account}:role/app`)), pass],
  ["passes half a pair", allowing(passEverything), pass],
  ["passes the other half", allowing(allow("ec2:RunInstances", "*")), pass],
  [
    "passes a pair with a named role",
    allowing(allow("iam:PassRole", `arn:aws:iam::${account}:role/app`), allow("ec2:RunInstances", "*")),
    pass,
  ],
  [
    "passes a pair of which one is denied only",
    allowing(passEverything, { Effect: "Deny", Action: "ec2:RunInstances", Resource: "*" }),
    pass,
  ],
  [
    "is excused by a condition on the resource",
    allowing(
      allow("iam:AttachRolePolicy", "*", when("ArnEquals", "iam:PolicyARN", `arn:aws:iam::${account}:policy/a`)),
    ),
    pass,
  ],
  ["refuses an action on everything", allowing(allow("iam:attachrolepolicy", "*")), gives("iam:AttachRolePolicy")],
  [
    "refuses an action on all roles of the account",
    allowing(allow("iam:PutRolePolicy", `arn:aws:iam::${account}:role/*`)),
    gives("iam:PutRolePolicy"),
  ],
  [
    "refuses a pair in one statement",
    allowing(allow(["iam:PassRole", "ec2:RunInstances"], "*")),
    gives("iam:PassRole + ec2:RunInstances"),
  ],
  [
    "refuses a pair in two statements, whatever the other is allowed on",
    allowing(
      allow("lambda:CreateFunction", "arn:aws:lambda:*:*:function:a"),
      allow("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:a"),
      passEverything,
    ),
    violation("policy.Statement[2]: gives more rights by iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction"),
  ],
  [
    "refuses a pair through the service that the role may go to",
    allowing(allow("iam:PassRole", "*", toEc2), allow(["ec2:RunInstances", "glue:CreateDevEndpoint"], "*")),
    gives("iam:PassRole + ec2:RunInstances"),
  ],
  [
    "refuses a pair through a service by pattern",
    allowing(
      allow("iam:PassRole", "*", when("StringLike", "iam:PassedToService", ["*.amazonaws.com"])),
      allow("ec2:RunInstances", "*"),
    ),
    gives("iam:PassRole + ec2:RunInstances"),
  ],
  [
    "passes a pair through another service",
    allowing(allow("iam:PassRole", "*", toEc2), allow("glue:CreateDevEndpoint", "*")),
    pass,
  ],
  [
    "passes a pair with a condition besides the service",
    allowing(
      allow("iam:PassRole", "*", {
        Condition: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com", "aws:ResourceTag/a": "b" } },
      }),
      allow("ec2:RunInstances", "*"),
    ),
    pass,
  ],
  [
    "needs all of a path without PassRole on everything",
    allowing(
      allow(["ec2:CreateLaunchTemplateVersion"], "*"),
      allow("ec2:ModifyLaunchTemplate", `arn:aws:ec2:us-east-1:${account}:launch-template/a`),
    ),
    pass,
  ],
  [
    "refuses all of a path without PassRole",
    allowing(allow(["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"], "*")),
    gives("ec2:CreateLaunchTemplateVersion + ec2:ModifyLaunchTemplate"),
  ],
  [
    "counts the paths of a wildcard",
    allowing(allow("iam:Put*", "*")),
    gives("iam:PutGroupPolicy, iam:PutRolePolicy, iam:PutUserPolicy"),
  ],
  [
    "finds what NotAction leaves in",
    allowing(
      allExcept([
        "iam:C*",
        "iam:P*",
        "iam:A*",
        "iam:S*",
        "iam:UpdateL*",
        "glue:*",
        "lambda:*",
        "s*:*",
        "b*:*",
        "c*:*",
        "ec*:*",
      ]),
    ),
    gives("iam:UpdateAssumeRolePolicy"),
  ],
  [
    "joins the documents of a role",
    {
      type: "aws:iam/role:Role",
      props: {
        inlinePolicies: [
          { policy: JSON.stringify({ Statement: passEverything }) },
          { policy: JSON.stringify({ Statement: allow("ec2:RunInstances", "*") }) },
        ],
      },
    },
    violation("inlinePolicies[0].policy.Statement: gives more rights by iam:PassRole + ec2:RunInstances"),
  ],
  [
    "refuses a pair through one of the services that the role may go to",
    allowing(
      allow(
        "iam:PassRole",
        "*",
        when("StringEquals", "iam:PassedToService", ["glue.amazonaws.com", "ec2.amazonaws.com"]),
      ),
      allow("ec2:RunInstances", "*"),
    ),
    gives("iam:PassRole + ec2:RunInstances"),
  ],
  [
    "refuses a path without PassRole in two statements",
    allowing(allow("ec2:CreateLaunchTemplateVersion", "*"), allow("ec2:ModifyLaunchTemplate", "*")),
    gives("ec2:CreateLaunchTemplateVersion + ec2:ModifyLaunchTemplate"),
  ],
  [
    "refuses a pair whatever is asked of the caller",
    allowing(
      allow("iam:PassRole", "*", when("StringEquals", "aws:PrincipalTag/team", "web")),
      allow("ec2:RunInstances", "*"),
    ),
    gives("iam:PassRole + ec2:RunInstances"),
  ],
  [
    "cannot judge an unknown condition",
    asProps({ Statement: [allow("iam:PassRole", "*", { Condition: unknown }), allow("ec2:RunInstances", "*")] }),
    unverifiable(`${first}.Condition`),
  ],
  [
    "cannot judge an unknown other half",
    asProps({ Statement: [passEverything, allow(unknown, "*")] }),
    unverifiable("policy.Statement[1].Action"),
  ],
  [
    "cannot judge an unknown service",
    asProps({
      Statement: [
        allow("iam:PassRole", "*", when("StringEquals", "iam:PassedToService", unknown)),
        allow("ec2:RunInstances", "*"),
      ],
    }),
    unverifiable(`${first}.Condition.StringEquals["iam:PassedToService"]`),
  ],
  [
    "reports a path beside an unknown one",
    asProps({ Statement: [allow(["iam:PutUserPolicy", unknown], "*")] }),
    gives("iam:PutUserPolicy"),
  ],
]);

const attachment = (policyArn: Json): Resource => ({
  type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  props: { policyArn },
});
judged("lp-iam-managed-admin", [
  [
    "passes another managed policy",
    attachment("arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"),
    pass,
  ],
  ["passes a policy of one's own by that name", attachment(`arn:aws:iam::${account}:policy/AdministratorAccess`), pass],
  ["passes one that only begins so", attachment("arn:aws:iam::aws:policy/AdministratorAccess-Amplify"), pass],
  ["passes a role without any", { type: "aws:iam/role:Role" }, pass],
  [
    "refuses AdministratorAccess",
    attachment("arn:aws:iam::aws:policy/AdministratorAccess"),
    violation("policyArn: attaches AdministratorAccess"),
  ],
  [
    "refuses it in China",
    attachment("arn:aws-cn:iam::aws:policy/IAMFullAccess"),
    violation("policyArn: attaches IAMFullAccess"),
  ],
  [
    "refuses it in a role, beside an unknown",
    { type: "aws:iam/role:Role", props: { managedPolicyArns: [unknown, "arn:aws:iam::aws:policy/PowerUserAccess"] } },
    { violations: ["managedPolicyArns[1]: attaches PowerUserAccess"], unknowns: ["managedPolicyArns[0]"] },
  ],
  [
    "refuses it in an exclusive list",
    {
      type: "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
      props: { policyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] },
    },
    violation("policyArns[0]: attaches AdministratorAccess"),
  ],
  [
    "refuses it in a permission set",
    {
      type: "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
      props: { managedPolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
    },
    violation("managedPolicyArn: attaches AdministratorAccess"),
  ],
  [
    "takes the names from the config",
    attachment("arn:aws:iam::aws:policy/job-function/Billing"),
    violation("policyArn: attaches Billing"),
    { policies: ["Billing"] },
  ],
  ["cannot judge an unknown ARN", attachment(unknown), unverifiable("policyArn")],
]);

judged("lp-iam-user-direct", [
  [
    "refuses a user's policy",
    { type: "aws:iam/userPolicy:UserPolicy", props: { user: unknown } },
    violation("user: attaches a policy to a user"),
  ],
  [
    "refuses an attachment",
    { type: "aws:iam/userPolicyAttachment:UserPolicyAttachment" },
    violation("user: attaches a policy to a user"),
  ],
  [
    "refuses a user among others",
    { type: "aws:iam/policyAttachment:PolicyAttachment", props: { roles: ["a"], users: [unknown] } },
    violation("users: attaches a policy to a user"),
  ],
  [
    "passes roles and groups",
    { type: "aws:iam/policyAttachment:PolicyAttachment", props: { roles: ["a"], users: [] } },
    pass,
  ],
  [
    "cannot judge an unknown list",
    { type: "aws:iam/policyAttachment:PolicyAttachment", props: { users: unknown } },
    unverifiable("users"),
  ],
  [
    "refuses an exclusive list",
    { type: "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive", props: { policyArns: ["a"] } },
    violation("policyArns: attaches a policy to a user"),
  ],
  [
    "passes an empty exclusive list",
    { type: "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive", props: { policyArns: [] } },
    pass,
  ],
]);

judged("lp-iam-access-key", [
  ["refuses a user", { type: "aws:iam/user:User" }, violation("the stack makes an IAM user")],
  [
    "refuses a key",
    { type: "aws:iam/accessKey:AccessKey", props: { user: unknown } },
    violation("the stack makes a credential that does not expire"),
  ],
  ["has nothing against roles", { type: "aws:iam/role:Role" }, pass],
]);

describe("the tables", () => {
  const table = JSON.parse(readFileSync(join(packRoot, "tables", "iam-actions.json"), "utf8")) as {
    services: Record<string, Record<string, string>>;
  };
  const kindOf = (action: string): string | undefined => {
    const [service = "", name = ""] = action.split(":");
    const kinds = Object.entries(table.services[service] ?? {});
    return kinds.find(([, names]) => names.split(" ").includes(name))?.[0];
  };

  test("paths of escalation are of actions that exist", () => {
    const actions = escalationPaths.flatMap((path) => path.actions);
    expect(actions.filter((action) => kindOf(action) === undefined)).toEqual([]);
  });

  test("no path holds another one that is enough", () => {
    const longer = escalationPaths.filter((path) =>
      escalationPaths.some(
        (other) =>
          other !== path &&
          other.passedTo === path.passedTo &&
          other.actions.every((action) => path.actions.includes(action)),
      ),
    );
    expect(longer).toEqual([]);
  });

  test("roles are passed first, and to a service", () => {
    for (const { actions, passedTo } of escalationPaths) {
      expect([actions[0], actions.lastIndexOf("iam:PassRole")]).toEqual(
        passedTo === undefined ? [actions[0], -1] : ["iam:PassRole", 0],
      );
    }
  });

  test.each(["lp-iam-data-exfil", "lp-iam-cred-exposure"])("the actions of %s exist and can be limited", (id) => {
    const settings = rules.find((rule) => rule.id === id)?.settings;
    const { actions } = z.object({ actions: z.array(z.string()) }).parse(settings?.parse({}));
    expect(actions.filter((action) => kindOf(action) === undefined || kindOf(action) === "writeAny")).toEqual([]);
  });
});

describe("against an evaluator of its own", () => {
  const pattern = (glob: string, flags = "s"): RegExp =>
    new RegExp(
      `^${glob
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
      flags,
    );
  const list = (value: Json): readonly string[] => (Array.isArray(value) ? value : [value]) as string[];
  /** A role whose name nobody could have written down. */
  const anyRole = `arn:aws:iam::${account}:role/q7w2e9r4`;
  const allows = ({ Effect, Action, NotAction, Resource }: Statement): boolean => {
    const covers = (patterns: Json) => list(patterns).some((each) => pattern(each, "si").test("iam:PassRole"));
    const action = Action === undefined ? !covers(NotAction ?? []) : covers(Action);
    return Effect === "Allow" && action && list(Resource ?? []).some((each) => pattern(each).test(anyRole));
  };
  const actionText = fc.constantFrom(
    "*",
    "iam:*",
    "iam:PassRole",
    "IAM:pass*",
    "i?m:PassRole",
    "iam:Pass",
    "s3:*",
    "*:PassRole",
    "iam:Get*",
  );
  const arn = fc
    .tuple(fc.constantFrom("*", account), fc.constantFrom("*", "role/*", "role/app-*", "role/app", "role/**"))
    .map(([owner, name]) => `arn:aws:iam::${owner}:${name}`);
  const resource = fc.oneof(fc.constantFrom("*", "**", "arn:aws:iam::*", "arn:*", "arn:aws:s3:::b/*"), arn);
  const some = (item: fc.Arbitrary<string>) => fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));
  const effect = fc.constantFrom("Allow", "Allow", "Deny");
  const statement = fc.oneof(
    fc.record({ Effect: effect, Action: some(actionText), Resource: some(resource) }),
    fc.record({ Effect: effect, NotAction: some(actionText), Resource: some(resource) }),
  ) as fc.Arbitrary<Statement>;
  const statements = fc.array(statement, { minLength: 1, maxLength: 3 });

  /** One served pack for all runs, since serving one takes longer than judging. */
  const violationsOf = (id: string) => {
    const pack = serve({}, { all: "disabled", [id]: "mandatory" });
    return async (...document: readonly Statement[]) => (await (await pack).analyze(allowing(...document))).length;
  };

  const passRole = violationsOf("lp-iam-passrole-star");
  propertyTest.prop([statements], { numRuns: 500 })("finds exactly what lets any role be passed", async (document) => {
    expect((await passRole(...document)) > 0).toBe(document.some(allows));
  });

  const privEsc = violationsOf("lp-iam-priv-esc");
  propertyTest.prop([statements, statement])(
    "a further statement hides no way to more rights",
    async (document, more) => {
      expect(await privEsc(...document, more)).toBeGreaterThanOrEqual(await privEsc(...document));
    },
  );
});
