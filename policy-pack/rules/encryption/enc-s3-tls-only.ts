import { bucketsAndCompanions } from "../../lib/buckets";
import { deniesPlainHttp } from "../../lib/iam/transport";
import { defineRule } from "../../lib/rule";
import { written } from "../../lib/stack-view";

/**
 * enc-s3-tls-only: S3 buckets refuse requests without TLS
 *
 * Every bucket has a bucket policy, and every bucket policy denies all principals all of S3 when aws:SecureTransport is
 * false. The policy's text is judged before the policy is made, whether each bucket has one at the end. Undefined:
 * violation.
 *
 * @severity medium
 * @checkov CKV_AWS_379
 * @securityHub S3.5
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
 */
export const rule = defineRule({
  id: "enc-s3-tls-only",
  family: "encryption",
  title: "S3 buckets refuse requests without TLS",
  severity: "medium",
  why: "S3 answers plain HTTP too, where objects and signed URLs can be read on the way.",
  fix:
    'give the bucket an aws.s3.BucketPolicy with { Effect: "Deny", Principal: "*", Action: "s3:*", ' +
    'Resource: [bucketArn, bucketArn + "/*"], Condition: { Bool: { "aws:SecureTransport": "false" } } }.',
  checkov: ["CKV_AWS_379"],
  securityHub: ["S3.5"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
  types: ["aws:s3/bucketPolicy:BucketPolicy"],
  check({ props }, report) {
    const policy = props.at("policy");
    report.when(deniesPlainHttp(policy).not(), policy, "the bucket policy does not deny requests without TLS");
  },
  checkStack(stack, report) {
    for (const [bucket, hasPolicy] of bucketsAndCompanions(stack, stack.ofType("aws:s3/bucketPolicy:BucketPolicy"))) {
      const inline = written(bucket, "policy");
      const inlineDenies = inline.isSet().and(deniesPlainHttp(inline));
      report.on(bucket).when(hasPolicy.or(inlineDenies).not(), "", "no bucket policy denies requests without TLS");
    }
  },
});
