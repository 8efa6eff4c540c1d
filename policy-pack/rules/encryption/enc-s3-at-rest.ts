import { z } from "zod";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Value } from "../../lib/value";

/**
 * enc-s3-at-rest: S3 buckets are encrypted as configured
 *
 * S3 encrypts every object with its own keys (SSE-S3) since January 2023, so without settings nothing can be wrong.
 * With `requireKms`, an encryption that is written out must use KMS, inline or as a resource of its own.
 * Undefined: passes.
 *
 * @severity medium
 * @checkov CKV_AWS_19 CKV_AWS_145
 * @securityHub S3.17
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
 */
export const rule = defineRule({
  id: "enc-s3-at-rest",
  family: "encryption",
  title: "S3 buckets are encrypted as configured",
  severity: "medium",
  why: "With S3's own keys whoever may read an object may decrypt it; a KMS key adds a permission of its own and a record of each use.",
  fix: 'set `sseAlgorithm: "aws:kms"` (or "aws:kms:dsse") in the encryption rule.',
  checkov: ["CKV_AWS_19", "CKV_AWS_145"],
  securityHub: ["S3.17"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html",
  types: [
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
  ],
  settings: z.strictObject({
    requireKms: z.boolean().default(false).describe("Whether S3's own keys (AES256) are not enough"),
  }),
  check(resource, report, { requireKms }) {
    if (!requireKms) return;
    for (const encryptionRule of encryptionRules(resource)) {
      const algorithm = encryptionRule.at("sseAlgorithm");
      const usesKms = algorithm.matches((name) => name === undefined || String(name).startsWith("aws:kms"));
      report.when(usesKms.not(), algorithm, "the bucket is encrypted with S3's own keys and not with KMS");
    }
  },
});

function encryptionRules({ props }: ResourceView): readonly Value[] {
  const inline = props.at("serverSideEncryptionConfiguration").elements();
  return [...inline.flatMap((block) => rulesOf(block, "rule", "rules")), ...rulesOf(props, "rules")];
}

/** The default of each rule; v7 has single blocks where the older resources have lists. */
function rulesOf(holder: Value, ...names: readonly string[]): readonly Value[] {
  return names
    .flatMap((name) => holder.at(name).elements())
    .flatMap((each) =>
      ["applyServerSideEncryptionByDefault", "applyServerSideEncryptionByDefaults"].flatMap((name) =>
        each.at(name).elements(),
      ),
    );
}
