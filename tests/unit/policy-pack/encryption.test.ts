import { describe, expect, test } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { judge, pass, unverifiable, violation } from "./rules";

describe("enc-efs-at-rest", () => {
  const refused = violation("encrypted: the file system is not encrypted");

  test.each<[string, Record<string, Json>, object]>([
    ["passes when encrypted with any key", { encrypted: true }, pass],
    ["takes the string true for true", { encrypted: "true" }, pass],
    ["refuses false", { encrypted: false }, refused],
    ["refuses the string false", { encrypted: "false" }, refused],
    ["refuses an undefined value, whose default is false", {}, refused],
    ["refuses a key without encryption", { kmsKeyId: "arn:aws:kms:us-east-1:111122223333:key/k" }, refused],
    ["cannot judge an unknown", { encrypted: unknown }, unverifiable("encrypted")],
  ])("%s", async (_, props, verdict) => {
    expect(await judge("enc-efs-at-rest", { type: "aws:efs/fileSystem:FileSystem", props })).toEqual(verdict);
  });
});

describe("enc-s3-at-rest", () => {
  const inline = (sseAlgorithm: Json): Resource => ({
    type: "aws:s3/bucket:Bucket",
    props: { serverSideEncryptionConfiguration: { rule: { applyServerSideEncryptionByDefault: { sseAlgorithm } } } },
  });
  const split = (rules: Json, version = ""): Resource => ({
    type: `aws:s3/bucketServerSideEncryptionConfiguration${version}:BucketServerSideEncryptionConfiguration${version}`,
    props: { rules },
  });
  const byDefault = (sseAlgorithm: Json) => ({ applyServerSideEncryptionByDefault: { sseAlgorithm } });
  const problem = "the bucket is encrypted with S3's own keys and not with KMS";
  const inlinePath = "serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault.sseAlgorithm";

  test.each<[string, Resource, object, object]>([
    ["passes S3's own keys by default", inline("AES256"), {}, pass],
    ["passes an undefined encryption", { type: "aws:s3/bucket:Bucket" }, { requireKms: true }, pass],
    ["passes KMS where it is required", inline("aws:kms"), { requireKms: true }, pass],
    ["passes dual-layer KMS", inline("aws:kms:dsse"), { requireKms: true }, pass],
    [
      "refuses AES256 where KMS is required",
      inline("AES256"),
      { requireKms: true },
      violation(`${inlinePath}: ${problem}`),
    ],
    [
      "refuses an AWS algorithm that is not KMS",
      inline("aws:fsx"),
      { requireKms: true },
      violation(`${inlinePath}: ${problem}`),
    ],
    ["cannot judge an unknown algorithm", inline(unknown), { requireKms: true }, unverifiable(inlinePath)],
    [
      "judges each rule of a separate configuration, an unknown one too",
      split([byDefault("aws:kms"), byDefault("AES256"), byDefault(unknown)]),
      { requireKms: true },
      {
        violations: [`rules[1].applyServerSideEncryptionByDefault.sseAlgorithm: ${problem}`],
        unknowns: ["rules[2].applyServerSideEncryptionByDefault.sseAlgorithm"],
      },
    ],
    [
      "judges the V2 resource",
      split([byDefault("AES256")], "V2"),
      { requireKms: true },
      violation(`rules[0].applyServerSideEncryptionByDefault.sseAlgorithm: ${problem}`),
    ],
    ["cannot judge unknown rules", split(unknown), { requireKms: true }, unverifiable("rules")],
  ])("%s", async (_, resource, settings, verdict) => {
    expect(await judge("enc-s3-at-rest", resource, settings)).toEqual(verdict);
  });
});

describe("enc-s3-tls-only", () => {
  const id = "enc-s3-tls-only";
  const deny = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const policy = (document: Json): Resource => ({
    type: "aws:s3/bucketPolicy:BucketPolicy",
    props: { policy: document },
  });
  const refused = violation("policy: the bucket policy does not deny requests without TLS");

  test.each<[string, Json, object]>([
    ["passes the usual statement as text", JSON.stringify({ Statement: [deny] }), pass],
    ["passes it as an object, alone and not in a list", { Statement: deny }, pass],
    ["passes a boolean false", { Statement: { ...deny, Condition: { Bool: { "aws:SecureTransport": false } } } }, pass],
    [
      "passes BoolIfExists",
      { Statement: { ...deny, Condition: { BoolIfExists: { "aws:securetransport": "false" } } } },
      pass,
    ],
    ["passes a principal of all AWS", { Statement: { ...deny, Principal: { AWS: ["*"] } } }, pass],
    ["passes Action * and Resource *", { Statement: { ...deny, Action: "*", Resource: "*" } }, pass],
    ["refuses a policy without it", { Statement: [{ ...deny, Effect: "Allow" }] }, refused],
    ["refuses one that denies reads alone", { Statement: { ...deny, Action: "s3:Get*" } }, refused],
    [
      "refuses one for one principal",
      { Statement: { ...deny, Principal: { AWS: "arn:aws:iam::111122223333:root" } } },
      refused,
    ],
    ["refuses one for the bucket without its objects", { Statement: { ...deny, Resource: "arn:aws:s3:::b" } }, refused],
    [
      "refuses one for the objects without the bucket",
      { Statement: { ...deny, Resource: "arn:aws:s3:::b/*" } },
      refused,
    ],
    [
      "refuses one that denies TLS",
      { Statement: { ...deny, Condition: { Bool: { "aws:SecureTransport": "true" } } } },
      refused,
    ],
    [
      "refuses one that a second condition narrows",
      { Statement: { ...deny, Condition: { ...deny.Condition, StringEquals: { "aws:SourceVpc": "vpc-1" } } } },
      refused,
    ],
    ["refuses a policy that is no JSON", "{", refused],
    ["cannot judge an unknown policy", unknown, unverifiable("policy")],
    ["cannot judge unknown statements", { Statement: unknown }, unverifiable("policy.Statement")],
    ["passes when one statement suffices and another is unknown", { Statement: [unknown, deny] }, pass],
    [
      "cannot judge one unknown element of the statement",
      { Statement: [{ ...deny, Action: unknown }] },
      unverifiable("policy.Statement[0].Action"),
    ],
  ])("%s", async (_, document, verdict) => {
    expect(await judge(id, policy(document))).toEqual(verdict);
  });

  const bucket: Resource = { type: "aws:s3/bucket:Bucket", name: "data", props: { bucket: "data-1", id: unknown } };
  const lonely = violation("no bucket policy denies requests without TLS");

  test.each<[string, readonly Resource[], object]>([
    ["refuses a bucket without any policy", [bucket], lonely],
    [
      "finds the policy by where its bucket came from",
      [bucket, { ...policy(unknown), props: { bucket: unknown }, from: { bucket: ["data"] } }],
      pass,
    ],
    ["finds the policy by name after an update", [bucket, { ...policy("{}"), props: { bucket: "data-1" } }], pass],
    [
      "does not take another bucket's policy for it",
      [
        bucket,
        { type: "aws:s3/bucket:Bucket", name: "other", props: { bucket: "other-1" } },
        { ...policy("{}"), props: { bucket: "other-1" }, from: { bucket: ["other"] } },
      ],
      lonely,
    ],
    [
      "cannot judge when a policy's bucket is unknown and came from nowhere",
      [bucket, { ...policy("{}"), name: "policy", props: { bucket: unknown } }],
      unverifiable("policy.bucket"),
    ],
    [
      "takes the policy written inside the bucket",
      [{ ...bucket, props: { policy: JSON.stringify({ Statement: [deny] }) } }],
      pass,
    ],
    [
      "takes no policy that the provider has yet to compute for one of the bucket's own",
      [{ ...bucket, props: { policy: unknown } }],
      lonely,
    ],
    [
      "cannot judge a policy inside the bucket that came from another resource",
      [{ ...bucket, props: { policy: unknown }, from: { policy: ["data"] } }],
      unverifiable("policy"),
    ],
    ["passes a stack without buckets", [{ type: "aws:sqs/queue:Queue" }], pass],
  ])("%s", async (_, resources, verdict) => {
    expect(await judge(id, resources)).toEqual(verdict);
  });
});
