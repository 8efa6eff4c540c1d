import { defineRule } from "../../lib/rule";

/**
 * lp-s3-bpa-flags: Public access blocks set all four flags
 *
 * blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets are true, in the block of a bucket or
 * of the account. Undefined: violation, as each defaults to false.
 *
 * @severity high
 * @checkov CKV_AWS_53 CKV_AWS_54 CKV_AWS_55 CKV_AWS_56
 * @securityHub S3.8
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export const rule = defineRule({
  id: "lp-s3-bpa-flags",
  family: "exposure",
  title: "Public access blocks set all four flags",
  severity: "high",
  why: "Each flag closes another way to make objects public; one that is off leaves its way open.",
  fix: "set all four flags to true.",
  checkov: ["CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"],
  securityHub: ["S3.8"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
  types: [
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
  ],
  check({ props }, report) {
    for (const flag of flags) report.when(props.at(flag).isTrue().not(), flag, "is not true");
  },
  remedy({ props }) {
    const off = flags.filter((flag) => props.at(flag).isTrue().answer === "no");
    return off.map((flag) => ({ path: [flag], value: true }));
  },
});

const flags = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"] as const;
