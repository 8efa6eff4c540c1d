import { reportEveryone } from "../../lib/iam/resource-policies";
import { defineRule } from "../../lib/rule";

/**
 * lp-s3-policy-any-principal: Bucket policies let in named principals only
 *
 * Allow with Principal "*" in the policy of a bucket or an access point. A Condition excuses it if it names accounts,
 * organisations, networks, or resources of an account, with an operator that fails when the key is absent; one that
 * only seems to (IfExists, ForAllValues, negated, a wildcard for the account, 0.0.0.0/0) does not. An access point of a
 * VPC is closed to the internet. Undefined: passes.
 *
 * @severity critical
 * @checkov CKV_AWS_70
 * @securityHub S3.2 S3.3
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export const rule = defineRule({
  id: "lp-s3-policy-any-principal",
  family: "exposure",
  title: "Bucket policies let in named principals only",
  severity: "critical",
  why: "Anyone on the internet can then do what the statement allows, without an AWS account.",
  fix: "name the principals, serve a site through CloudFront with origin access control, or add a Condition such as aws:PrincipalOrgID.",
  checkov: ["CKV_AWS_70"],
  securityHub: ["S3.2", "S3.3"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
  types: [
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:s3/accessPoint:AccessPoint",
  ],
  check({ props }, report) {
    reportEveryone(props.at("policy"), report, "use the bucket", props.at("vpcConfiguration").isSet());
  },
});
