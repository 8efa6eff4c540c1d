import { setIf } from "../../lib/cure";
import { cacheBehaviors, distributionTypes, requiresHttps } from "../../lib/encryption/cache-behaviors";
import { defineRule } from "../../lib/rule";

/**
 * enc-cf-viewer-https: CloudFront serves viewers over HTTPS
 *
 * The default cache behavior and all others are `redirect-to-https` or `https-only`. Undefined: violation.
 *
 * @severity high
 * @checkov CKV_AWS_34
 * @securityHub CloudFront.3
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html
 */
export const rule = defineRule({
  id: "enc-cf-viewer-https",
  family: "encryption",
  title: "CloudFront serves viewers over HTTPS",
  severity: "high",
  why: "With `allow-all` viewers who type no https:// stay on HTTP, where pages and cookies can be read and changed on the way.",
  fix: 'set `viewerProtocolPolicy: "redirect-to-https"` (for APIs "https-only") in every cache behavior.',
  checkov: ["CKV_AWS_34"],
  securityHub: ["CloudFront.3"],
  page: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html",
  types: distributionTypes,
  check({ props }, report) {
    for (const { behavior } of cacheBehaviors(props)) {
      const policy = behavior.at("viewerProtocolPolicy");
      report.when(requiresHttps(behavior).not(), policy, "viewers may use HTTP");
    }
  },
  remedy: ({ props }) =>
    cacheBehaviors(props).flatMap(({ behavior, path }) =>
      setIf(requiresHttps(behavior).not(), [...path, "viewerProtocolPolicy"], "redirect-to-https"),
    ),
});
