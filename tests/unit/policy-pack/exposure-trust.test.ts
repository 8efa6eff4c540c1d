import { describe } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { type Case, holds } from "./holds";
import { type Statement, when } from "./iam-documents";
import { pass, unverifiable, violation } from "./rules";

const account = "111122223333";
const first = "assumeRolePolicy.Statement[0]";

function role(assumeRolePolicy: Json): Resource {
  return { type: "aws:iam/role:Role", props: { assumeRolePolicy } };
}
/** A role that trusts a principal, as text. */
function trusting(Principal: Json, more: Statement = {}, Action = "sts:AssumeRole"): Resource {
  return role(JSON.stringify({ Statement: [{ Effect: "Allow", Action, Principal, ...more }] }));
}
/** The same as an object, which may hold unknowns. */
function half(Principal: Json, more: Statement = {}): Resource {
  return role({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal, ...more }] });
}
const documents: readonly Case[] = [
  ["passes an undefined document", role(null), pass],
  ["passes a service", trusting({ Service: "lambda.amazonaws.com" }), pass],
  ["cannot judge an unknown document", role(unknown), unverifiable("assumeRolePolicy")],
  ["cannot judge an unknown principal", half(unknown), unverifiable(`${first}.Principal`)],
  [
    "refuses text that is no JSON",
    role("{"),
    violation("assumeRolePolicy: the policy document is not valid JSON, so nothing is known of what it allows"),
  ],
];

const everyone = (path: string) => violation(`${first}.${path}: everyone may take the role`);
/** The cases of one rule. */
function judged(id: string, cases: readonly Case[]): void {
  describe(id, () => holds(id, [...documents, ...cases]));
}

judged("lp-iam-trust-star", [
  ["passes an account", trusting({ AWS: `arn:aws:iam::${account}:root` }), pass],
  ["passes a Deny", trusting("*", { Effect: "Deny" }), pass],
  ["refuses *", trusting("*"), everyone("Principal")],
  ["refuses * of AWS in a list", trusting({ AWS: [account, "*"] }), everyone("Principal.AWS[1]")],
  ["refuses an account by pattern", trusting({ AWS: "arn:aws:iam::*:root" }), everyone("Principal.AWS")],
  [
    "takes a missing Effect for Allow",
    role({ Statement: { Principal: "*" } }),
    violation("assumeRolePolicy.Statement.Principal: everyone may take the role"),
  ],
  [
    "refuses all but some",
    role({ Statement: [{ Effect: "Allow", NotPrincipal: { AWS: account } }] }),
    violation(`${first}.NotPrincipal: everyone but those named may take the role`),
  ],
  ["is excused by an organisation", trusting("*", when("StringEquals", "aws:PrincipalOrgID", "o-abcdefghij")), pass],
  [
    "is not excused by an external id",
    trusting("*", when("StringEquals", "sts:ExternalId", "secret")),
    everyone("Principal"),
  ],
  [
    "is not excused by a tag that others can set",
    trusting("*", when("StringEquals", "aws:PrincipalTag/team", "web")),
    everyone("Principal"),
  ],
  [
    "reports an element beside an unknown one",
    half({ AWS: [unknown, "*"] }),
    { violations: [`${first}.Principal.AWS[1]: everyone may take the role`], unknowns: [`${first}.Principal.AWS[0]`] },
  ],
  ["cannot judge an unknown condition", half("*", { Condition: unknown }), unverifiable(`${first}.Condition`)],
]);

const whole = (path = "Principal.AWS") =>
  violation(`${first}.${path}: every principal of account ${account} may take the role`);
const root = { AWS: `arn:aws:iam::${account}:root` };
judged("lp-iam-trust-account-root", [
  ["passes a role", trusting({ AWS: `arn:aws:iam::${account}:role/deploy` }), pass],
  ["leaves everyone to lp-iam-trust-star", trusting({ AWS: "*" }), pass],
  ["passes a Deny", trusting(root, { Effect: "Deny" }), pass],
  ["refuses the root", trusting(root), whole()],
  ["refuses the number", trusting({ AWS: ["arn:aws:iam::1:role/a", account] }), whole("Principal.AWS[1]")],
  ["refuses the root in China", trusting({ AWS: `arn:aws-cn:iam::${account}:root` }), whole()],
  ["is excused by the settings", trusting(root), pass, { trusted: [account] }],
  ["is not excused by the settings for another", trusting(root), whole(), { trusted: ["999999999999"] }],
  ["is excused by an external id", trusting(root, when("StringEquals", "sts:ExternalId", "a")), pass],
  ["is not excused by any external id", trusting(root, when("StringLike", "sts:ExternalId", "*")), whole()],
  [
    "is excused by a role",
    trusting(root, when("ArnLike", "aws:PrincipalArn", `arn:aws:iam::${account}:role/app-*`)),
    pass,
  ],
  [
    "is not excused by every role",
    trusting(root, when("ArnLike", "aws:PrincipalArn", `arn:aws:iam::${account}:role/*`)),
    whole(),
  ],
  [
    "is not excused by every principal",
    trusting(root, when("ArnLike", "aws:PrincipalArn", `arn:aws:iam::${account}:*`)),
    whole(),
  ],
  [
    "is not excused by a role of any account",
    trusting(root, when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app")),
    whole(),
  ],
  [
    "is not excused by the account again",
    trusting(root, when("StringEquals", "aws:PrincipalAccount", account)),
    whole(),
  ],
  ["is excused by the organisation", trusting(root, when("StringEquals", "aws:PrincipalOrgID", "o-abcdefghij")), pass],
  ["is excused by a tag", trusting(root, when("StringEquals", "aws:PrincipalTag/team", "web")), pass],
  ["is excused by MFA", trusting(root, when("Bool", "aws:MultiFactorAuthPresent", "true")), pass],
  ["is not excused by the lack of MFA", trusting(root, when("Bool", "aws:MultiFactorAuthPresent", "false")), whole()],
  [
    "is not excused by MFA if there is any",
    trusting(root, when("BoolIfExists", "aws:MultiFactorAuthPresent", "true")),
    whole(),
  ],
  [
    "cannot judge an unknown external id",
    half(root, when("StringEquals", "sts:ExternalId", unknown)),
    unverifiable(`${first}.Condition.StringEquals["sts:ExternalId"]`),
  ],
]);

const gitHub = { Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com` };
const sub = (value: Json, operator = "StringLike") => when(operator, "token.actions.githubusercontent.com:sub", value);
const any = violation(
  `${first}.Principal.Federated: every identity of the provider may take the role, as no Condition on its sub names any`,
);
const cluster = { Federated: `arn:aws:iam::${account}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC` };
const pods = (value: string) => when("StringLike", "oidc.eks.us-east-1.amazonaws.com/id/ABC:sub", value);
const pool = { Federated: "cognito-identity.amazonaws.com" };
judged("lp-iam-oidc-sub", [
  ["passes a SAML provider", trusting({ Federated: `arn:aws:iam::${account}:saml-provider/corp` }), pass],
  ["passes an ARN of that name that federates nobody", trusting({ AWS: gitHub.Federated }), pass],
  ["passes a Deny", trusting(gitHub, { Effect: "Deny" }), pass],
  ["refuses GitHub without a condition", trusting(gitHub), any],
  [
    "refuses GitHub with the audience only",
    trusting(gitHub, when("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com")),
    any,
  ],
  ["passes a repository", trusting(gitHub, sub("repo:my-org/web:ref:refs/heads/main", "StringEquals")), pass],
  ["passes an organisation", trusting(gitHub, sub("repo:my-org/*")), pass],
  ["passes an organisation with its number", trusting(gitHub, sub("repo:my-org@123/web@456:*")), pass],
  ["refuses everything", trusting(gitHub, sub("*")), any],
  ["refuses all repositories", trusting(gitHub, sub("repo:*")), any],
  ["refuses a wildcard before the name", trusting(gitHub, sub("repo:*/web:*")), any],
  ["refuses the beginning of an organisation's name", trusting(gitHub, sub("repo:my-org*")), any],
  ["refuses one wide value of several", trusting(gitHub, sub(["repo:my-org/*", "repo:?*"])), any],
  ["refuses claims that any repository can have", trusting(gitHub, sub("environment:prod:repo:my-org/web")), any],
  ["refuses a negated condition", trusting(gitHub, sub("repo:evil/*", "StringNotLike")), any],
  ["refuses a condition that holds without the key", trusting(gitHub, sub("repo:my-org/*", "StringLikeIfExists")), any],
  ["refuses a cluster without a condition", trusting(cluster), any],
  ["passes a namespace", trusting(cluster, pods("system:serviceaccount:web:*")), pass],
  ["refuses every namespace", trusting(cluster, pods("system:serviceaccount:*:app")), any],
  ["refuses Google without a condition", trusting({ Federated: "accounts.google.com" }), any],
  [
    "passes a subject without claims",
    trusting(
      { Federated: "accounts.google.com" },
      when("StringEquals", "accounts.google.com:sub", "108300000000000000000"),
    ),
    pass,
  ],
  ["refuses every identity pool", trusting(pool), any],
  [
    "passes an identity pool",
    trusting(pool, when("StringEquals", "cognito-identity.amazonaws.com:aud", "us-east-1:1-2-3")),
    pass,
  ],
  [
    "refuses a pool by pattern",
    trusting(pool, when("StringLike", "cognito-identity.amazonaws.com:aud", "us-east-1:*")),
    any,
  ],
  ["cannot judge an unknown provider", half({ Federated: unknown }), unverifiable(`${first}.Principal.Federated`)],
  [
    "cannot judge an unknown subject",
    half(gitHub, sub(unknown)),
    unverifiable(`${first}.Condition.StringLike["token.actions.githubusercontent.com:sub"]`),
  ],
]);
