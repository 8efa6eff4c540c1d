import { defineRule } from "../../lib/rule";

/**
 * lp-s3-acl-disabled: S3 buckets do without ACLs
 *
 * Ownership controls say BucketOwnerEnforced. A bucket without ownership controls has had that since April 2023.
 * Undefined: passes.
 *
 * @severity medium
 * @checkov CKV2_AWS_65
 * @securityHub S3.12
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
export const rule = defineRule({
  id: "lp-s3-acl-disabled",
  family: "exposure",
  title: "S3 buckets do without ACLs",
  severity: "medium",
  why: "With ACLs each object can have permissions of its own, which the bucket policy does not show and other accounts can set.",
  fix: 'set `rule: { objectOwnership: "BucketOwnerEnforced" }`, or take the ownership controls away.',
  checkov: ["CKV2_AWS_65"],
  securityHub: ["S3.12"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
  types: ["aws:s3/bucketOwnershipControls:BucketOwnershipControls"],
  check({ props }, report) {
    const ownership = props.at("rule", "objectOwnership");
    const allowsAcls = ownership.matches((value) => value !== undefined && value !== "BucketOwnerEnforced");
    report.when(allowsAcls, ownership, "the bucket allows ACLs");
  },
});
