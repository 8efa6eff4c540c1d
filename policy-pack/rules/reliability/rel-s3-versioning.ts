import { defineRule } from "../../lib/rule";
import { refersTo } from "../../lib/stack-view";
import { bucketsAndVersioning } from "../../lib/versioning";

/**
 * rel-s3-versioning: S3 buckets keep versions
 *
 * By an aws.s3.BucketVersioning with the status Enabled, or inline. Undefined: violation, as the default is off.
 *
 * @severity medium
 * @checkov CKV_AWS_21
 * @securityHub S3.14
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
 */
export const rule = defineRule({
  id: "rel-s3-versioning",
  family: "reliability",
  title: "S3 buckets keep versions",
  severity: "medium",
  why: "Without versions an object that is overwritten or deleted by mistake is gone.",
  fix: 'add an aws.s3.BucketVersioning with `versioningConfiguration: { status: "Enabled" }` for the bucket, and a lifecycle rule that expires old versions.',
  checkov: ["CKV_AWS_21"],
  securityHub: ["S3.14"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
  types: [],
  checkStack(stack, report) {
    for (const [bucket, keepsVersions] of bucketsAndVersioning(stack, refersTo)) {
      report.on(bucket).when(keepsVersions.not(), "", "the bucket keeps no versions");
    }
  },
});
