/** What holds for every rule that reads values: an unknown may take an answer back, and never turns or invents one. */
import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { Json } from "../../support/policy-harness";
import { hide, places } from "./hide";
import { judgeAsItIs as judge } from "./rules";

const oneOrMany = (item: fc.Arbitrary<string>): fc.Arbitrary<Json> =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));

const action = fc.constantFrom(
  "*",
  "s3:*",
  "s3:GetObject",
  "s3:PutObject",
  "s3:PutBucketPolicy",
  "ec2:Describe*",
  "ec2:RunInstances",
  "iam:*",
  "iam:PassRole",
  "iam:AttachRolePolicy",
  "kms:Decrypt",
  "sts:AssumeRole",
);
const common = {
  Effect: fc.constantFrom("Allow", "Deny"),
  Resource: oneOrMany(
    fc.constantFrom("*", "arn:aws:s3:::*", "arn:aws:s3:::b/*", "arn:aws:iam::*:role/*", "arn:aws:kms:*:*:key/*"),
  ),
  Condition: fc.constantFrom<Json>(
    { StringEquals: { "aws:ResourceTag/System": "web" } },
    { StringEquals: { "aws:PrincipalTag/Team": "a" } },
    { StringLike: { "s3:prefix": ["*"] } },
    { StringEquals: { "iam:PassedToService": ["ec2.amazonaws.com"] } },
  ),
};
const statement = fc.oneof(
  fc.record({ ...common, Action: oneOrMany(action) }, { requiredKeys: ["Action", "Resource"] }),
  fc.record({ ...common, NotAction: oneOrMany(action) }, { requiredKeys: ["NotAction", "Resource"] }),
);
const document = fc.record({ Statement: fc.oneof(statement, fc.array(statement, { minLength: 1, maxLength: 3 })) });

const trust = fc.record(
  {
    Effect: fc.constantFrom("Allow", "Deny"),
    Principal: fc.oneof(
      fc.constantFrom("*", "111122223333"),
      fc.record({ AWS: oneOrMany(fc.constantFrom("*", "arn:aws:iam::*:root", "arn:aws:iam::111122223333:root")) }),
      fc.record({
        Federated: fc.constant("arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"),
      }),
    ),
    Condition: fc.constantFrom<Json>(
      { StringEquals: { "aws:PrincipalOrgID": ["o-abcdefghij"] } },
      { StringEqualsIfExists: { "aws:PrincipalOrgID": "o-abcdefghij" } },
      { StringLike: { "aws:PrincipalTag/a": "b", "aws:SourceAccount": "*" } },
      { StringLike: { "token.actions.githubusercontent.com:sub": ["repo:a/*", "repo:b/c:*"] } },
      { StringEquals: { "sts:ExternalId": "a" } },
    ),
  },
  { requiredKeys: ["Principal"] },
);
const trustDocument = fc.record({ Statement: fc.oneof(trust, fc.array(trust, { minLength: 1, maxLength: 3 })) });

const cidr = fc.constantFrom("0.0.0.0/0", "::/0", "10.0.0.0/8");
const ingress = fc.record({
  protocol: fc.constantFrom("tcp", "udp", "-1", "icmp", "6"),
  fromPort: fc.constantFrom(-1, 0, 22, 80, 443),
  toPort: fc.constantFrom(-1, 0, 22, 80, 443, 65535),
  cidrBlocks: fc.array(cidr, { maxLength: 3 }),
});

/** A violation without the values that its text shows, of which the hidden one may be one. */
function where(violation: string): string {
  return violation.split(": ", 1)[0] ?? violation;
}

async function expectOnlyTakenBack(
  id: string,
  type: string,
  property: string,
  value: Json,
  pick: number,
): Promise<void> {
  const candidates = places(value);
  const path = candidates[pick % candidates.length] ?? [];
  const open = await judge(id, { type, props: { [property]: value } });
  const hidden = await judge(id, { type, props: { [property]: hide(value, path) } });
  expect(open.unknowns).toEqual([]);
  const before = open.violations.map(where);
  const after = hidden.violations.map(where);
  for (const violation of after) expect(before).toContain(violation);
  // What is gone is accounted for by a note, so nothing passes for want of knowledge.
  if (after.length < before.length) expect(hidden.unknowns.length).toBeGreaterThan(0);
}

const settings = { numRuns: 60 };

const identityRules = [
  "lp-iam-action-star",
  "lp-iam-admin-star",
  "lp-iam-cred-exposure",
  "lp-iam-data-exfil",
  "lp-iam-full-iam",
  "lp-iam-kms-decrypt-star",
  "lp-iam-not-action",
  "lp-iam-passrole-star",
  "lp-iam-permissions-mgmt",
  "lp-iam-priv-esc",
  "lp-iam-resource-star-write",
  "lp-iam-service-star",
];

describe.each(identityRules)("%s", (id) => {
  const type = "aws:iam/policy:Policy";

  propertyTest.prop([document, fc.nat()], settings)("an unknown only takes answers back", async (policy, pick) => {
    await expectOnlyTakenBack(id, type, "policy", policy as Json, pick);
  });

  propertyTest.prop([document], settings)("text and object are judged alike", async (policy) => {
    const [asText, asObject] = [JSON.stringify(policy), policy as Json];
    expect(await judge(id, { type, props: { policy: asText } })).toEqual(
      await judge(id, { type, props: { policy: asObject } }),
    );
  });

  propertyTest.prop([statement], settings)("one value and a list of one are judged alike", async (single) => {
    const list = (value: Json): Json => (Array.isArray(value) ? value : [value]);
    const actions = "Action" in single ? { Action: list(single.Action) } : { NotAction: list(single.NotAction) };
    const listed = { ...single, ...actions, Resource: list(single.Resource) };
    const count = async (each: object) =>
      (await judge(id, { type, props: { policy: JSON.stringify({ Statement: each }) } })).violations.length;
    expect(await count(single)).toBe(await count([listed]));
  });
});

describe.each([
  ["lp-iam-trust-star", "aws:iam/role:Role", "assumeRolePolicy"],
  ["lp-iam-trust-account-root", "aws:iam/role:Role", "assumeRolePolicy"],
  ["lp-iam-oidc-sub", "aws:iam/role:Role", "assumeRolePolicy"],
  ["lp-s3-policy-any-principal", "aws:s3/bucketPolicy:BucketPolicy", "policy"],
  ["lp-queue-topic-public", "aws:sqs/queuePolicy:QueuePolicy", "policy"],
  ["lp-kms-policy-star", "aws:kms/key:Key", "policy"],
  ["lp-resource-policy-public", "aws:efs/fileSystemPolicy:FileSystemPolicy", "policy"],
])("%s", (id, type, property) => {
  propertyTest.prop([trustDocument, fc.nat()], settings)("an unknown only takes answers back", async (policy, pick) => {
    await expectOnlyTakenBack(id, type, property, policy as Json, pick);
  });
});

describe.each(["lp-sg-ssh-open", "lp-sg-unrestricted-ports"])("%s", (id) => {
  propertyTest.prop([fc.array(ingress, { minLength: 1, maxLength: 3 }), fc.nat()], settings)(
    "an unknown only takes answers back",
    async (rules, pick) => {
      await expectOnlyTakenBack(id, "aws:ec2/securityGroup:SecurityGroup", "ingress", rules as Json, pick);
    },
  );
});
