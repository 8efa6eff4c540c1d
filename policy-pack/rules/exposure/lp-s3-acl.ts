import { defineRule } from "../../lib/rule";
import type { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * lp-s3-acl: S3 ACLs give nothing to the public
 *
 * No canned ACL of a bucket or an object, and no grant in one, is for everyone or for everyone with an AWS account.
 * Remediation sets a canned ACL to private. Undefined: passes, as the default is private.
 *
 * @severity critical
 * @checkov CKV_AWS_20 CKV_AWS_57
 * @securityHub S3.2 S3.3
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
export const rule = defineRule({
  id: "lp-s3-acl",
  family: "exposure",
  title: "S3 ACLs give nothing to the public",
  severity: "critical",
  why: "Anyone on the internet can then list the bucket or read its objects.",
  fix: 'set `acl: "private"`, or leave it out and take the grant away.',
  checkov: ["CKV_AWS_20", "CKV_AWS_57"],
  securityHub: ["S3.2", "S3.3"],
  page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html",
  types: [
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:s3/bucketAcl:BucketAcl",
    "aws:s3/bucketAclV2:BucketAclV2",
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/objectCopy:ObjectCopy",
  ],
  check({ props }, report) {
    const acl = props.at("acl");
    report.when(isPublic(acl), acl, "the ACL opens it to the public");
    const grantees = [
      ...props.at("grants").elements(),
      ...props
        .at("accessControlPolicy", "grants")
        .elements()
        .map((grant) => grant.at("grantee")),
    ];
    for (const grantee of grantees) {
      const uri = grantee.at("uri");
      const isEveryone = uri.matches((group) => /\/(AllUsers|AuthenticatedUsers)$/.test(String(group)));
      report.when(isEveryone, uri, "the grant is for the public");
    }
  },
  remedy({ props }) {
    return isPublic(props.at("acl")).answer === "yes" ? [{ path: ["acl"], value: "private" }] : [];
  },
});

function isPublic(acl: Value): Truth {
  return acl.equals("public-read", "public-read-write", "authenticated-read");
}
