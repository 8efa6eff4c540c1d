import { reportEveryone } from "../../lib/iam/resource-policies";
import { defineRule } from "../../lib/rule";
import { refersTo, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const accessPointType = "aws:s3/accessPoint:AccessPoint";
const multiRegionType = "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy";

/**
 * lp-s3-policy-any-principal: Bucket policies let in named principals only
 *
 * Allow with Principal "*" in the policy of a bucket or an access point of any kind. A Condition excuses it if it names accounts,
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
    "aws:s3control/bucketPolicy:BucketPolicy",
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy",
    accessPointType,
    multiRegionType,
  ],
  check({ type, props }, report) {
    const document = type === multiRegionType ? props.at("details", "policy") : props.at("policy");
    reportEveryone(document, report, "use the bucket", props.at("vpcConfiguration").isSet());
  },
  checkStack(stack, report) {
    // Whether its access point is one of a VPC, only the stack shows.
    for (const policy of stack.ofType("aws:s3control/accessPointPolicy:AccessPointPolicy")) {
      const closed = Truth.any(
        stack
          .ofType(accessPointType)
          .map((point) =>
            refersTo(policy, "accessPointArn", point, ["arn"]).and(written(point, "vpcConfiguration").isSet()),
          ),
      );
      reportEveryone(policy.props.at("policy"), report.on(policy), "use the bucket", closed);
    }
  },
});
