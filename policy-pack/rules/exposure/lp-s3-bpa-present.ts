import { bucketsAndCompanions } from "../../lib/buckets";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-s3-bpa-present: Every S3 bucket has a public access block
 *
 * A block of the bucket's own, or one for the account in the same stack. Which flags a block sets is another rule's
 * matter. Undefined: violation.
 *
 * @severity high
 * @checkov CKV2_AWS_6
 * @securityHub S3.8 S3.1
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export const rule = defineRule({
  id: "lp-s3-bpa-present",
  family: "exposure",
  title: "Every S3 bucket has a public access block",
  severity: "high",
  why: "New buckets are closed by default, but nothing then stops a later ACL or policy from opening one; a block in the stack does, and shows when it is taken away.",
  fix: "add an aws.s3.BucketPublicAccessBlock with all four flags true for the bucket.",
  checkov: ["CKV2_AWS_6"],
  securityHub: ["S3.8", "S3.1"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
  types: [],
  checkStack(stack, report) {
    const accountBlock = Truth.of(stack.ofType("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock").length > 0);
    const blocks = stack.ofType("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock");
    for (const [bucket, hasBlock] of bucketsAndCompanions(stack, blocks)) {
      report.on(bucket).when(hasBlock.or(accountBlock).not(), "", "the bucket has no public access block");
    }
  },
});
