import { defineRule } from "../../lib/rule";
import { mayReferTo, type StackResource, type StackView, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";
import { belongsTo, bucketsAndVersioning } from "../../lib/versioning";

/**
 * rel-s3-lifecycle: Versioned buckets expire old versions and broken uploads
 *
 * An enabled lifecycle rule expires noncurrent versions, and one, the same or another, aborts incomplete multipart
 * uploads. Buckets without versions are not judged. Undefined: violation.
 *
 * @severity low
 * @checkov CKV2_AWS_61 CKV_AWS_300
 * @securityHub S3.10 S3.13
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
 */
export const rule = defineRule({
  id: "rel-s3-lifecycle",
  family: "reliability",
  title: "Versioned buckets expire old versions and broken uploads",
  severity: "low",
  why: "Every version that was ever written, and every part of an upload that failed, is kept and billed for ever.",
  fix: "add an aws.s3.BucketLifecycleConfiguration with a rule that sets `noncurrentVersionExpiration` and `abortIncompleteMultipartUpload`.",
  checkov: ["CKV2_AWS_61", "CKV_AWS_300"],
  securityHub: ["S3.10", "S3.13"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html",
  types: [],
  checkStack(stack, report) {
    for (const [bucket, keepsVersions] of bucketsAndVersioning(stack, mayReferTo)) {
      const hasRule = (...properties: readonly string[]): Truth => Truth.any(rulesThatSet(stack, bucket, properties));
      const expires = hasRule("noncurrentVersionExpiration", "noncurrentVersionExpirations");
      report.on(bucket).when(keepsVersions.and(expires.not()), "", "no lifecycle rule expires old versions");
      const aborts = hasRule("abortIncompleteMultipartUpload", "abortIncompleteMultipartUploadDays");
      report.on(bucket).when(keepsVersions.and(aborts.not()), "", "no lifecycle rule aborts incomplete uploads");
    }
  },
});

/** For each lifecycle rule of the stack, whether it is the bucket's, enabled, and sets one of the properties. */
function rulesThatSet(stack: StackView, bucket: StackResource, properties: readonly string[]): readonly Truth[] {
  const configurations = stack.ofType(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
  );
  const sets = (each: Value): Truth => Truth.any(properties.map((property) => each.at(property).isSet()));
  const separate = configurations.flatMap((configuration) =>
    configuration.props
      .at("rules")
      .elements()
      .map((each) => each.at("status").equals("Enabled").and(sets(each)).and(belongsTo(configuration, bucket))),
  );
  const inline = written(bucket, "lifecycleRules")
    .elements()
    .map((each) => each.at("enabled").isTrue().and(sets(each)));
  return [...separate, ...inline];
}
