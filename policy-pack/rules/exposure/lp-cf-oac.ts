import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/** What origins have that are no buckets, in both kinds of distribution. */
const serverConfigs = ["customOriginConfig", "customOriginConfigs", "vpcOriginConfig", "vpcOriginConfigs"] as const;

/**
 * lp-cf-oac: CloudFront signs its requests to S3
 *
 * Each origin that is a bucket has an origin access control, or an origin access identity of the older kind. Servers and
 * VPC origins have neither. Undefined: violation.
 *
 * @severity medium
 * @checkov CKV2_AWS_46
 * @securityHub CloudFront.13
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export const rule = defineRule({
  id: "lp-cf-oac",
  family: "exposure",
  title: "CloudFront signs its requests to S3",
  severity: "medium",
  why: "CloudFront can read an unsigned bucket only if everyone can, past the distribution's rules and logs.",
  fix: "add an aws.cloudfront.OriginAccessControl, name it in `originAccessControlId`, and allow the distribution in the bucket policy.",
  checkov: ["CKV2_AWS_46"],
  securityHub: ["CloudFront.13"],
  page: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
  types: ["aws:cloudfront/distribution:Distribution", "aws:cloudfront/multitenantDistribution:MultitenantDistribution"],
  check({ props }, report) {
    for (const origin of props.at("origins").elements()) {
      const isServer = Truth.any(serverConfigs.map((name) => origin.at(name).isSet()));
      const control = origin.at("originAccessControlId");
      const signs = control.hasContent().or(origin.at("s3OriginConfig", "originAccessIdentity").hasContent());
      report.when(isServer.or(signs).not(), control, "CloudFront reads the bucket unsigned");
    }
  },
});
