"""Who reads the objects of a closed bucket.

* ministack gives an object to an unsigned request unless all of its IAM enforcement (AUTH) is on. On AWS such a request is
  anonymous, and a bucket that blocks public access refuses it
  (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html).
* It judges a distribution's reads as if they came without TLS, so that a bucket policy with the usual Deny on
  aws:SecureTransport refuses CloudFront too, which on AWS reads S3 over HTTPS.
"""

from ministack.core import iam_evaluator
from ministack.services import s3

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    scope = replace(s3, "_apply_bucket_scope", None)

    def apply_bucket_scope(method, bucket, key, headers, query_params, body=b"", internal=False):
        if not internal and key and method in ("GET", "HEAD") and not s3._request_access_key(method, key, headers, query_params, body):
            owner = s3._bucket_owner_account(bucket)
            closed = owner and s3._public_access_blocked(owner, bucket, "RestrictPublicBuckets")
            if closed and not s3._foreign_bucket_allows(owner, bucket, key, method, query_params, "", headers):
                return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}")
        return scope(method, bucket, key, headers, query_params, body, internal)

    s3._apply_bucket_scope = apply_bucket_scope
    evaluate = replace(iam_evaluator, "evaluate_resource_policy", None)

    def evaluate_resource_policy(doc, ctx, service=None, *args, **kwargs):
        if service == "cloudfront.amazonaws.com":
            ctx.secure_transport = True
        return evaluate(doc, ctx, service, *args, **kwargs)

    iam_evaluator.evaluate_resource_policy = evaluate_resource_policy
