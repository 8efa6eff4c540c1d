import { cacheBehaviors, distributionTypes, requiresHttps } from "../../lib/encryption/cache-behaviors";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

const outdatedProtocols: ReadonlySet<string> = new Set(["SSLv3", "TLSv1", "TLSv1.1"]);

/**
 * enc-cf-origin-tls: CloudFront reaches origins over TLS 1.2
 *
 * Custom origins are `https-only`, or `match-viewer` where every cache behavior is HTTPS only, and no protocol before
 * TLS 1.2 is allowed. Undefined: passes without customOriginConfig, as S3 origins have none.
 *
 * @severity medium
 * @checkov CKV2_AWS_72 CKV2_AWS_54
 * @securityHub CloudFront.9 CloudFront.10
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html
 */
export const rule = defineRule({
  id: "enc-cf-origin-tls",
  family: "encryption",
  title: "CloudFront reaches origins over TLS 1.2",
  severity: "medium",
  why: "What CloudFront takes over HTTPS and hands on over HTTP, or over TLS of before 1.2, can be read and changed between it and the origin.",
  fix: 'set `originProtocolPolicy: "https-only"` and `originSslProtocols: ["TLSv1.2"]` in each `customOriginConfig`.',
  checkov: ["CKV2_AWS_72", "CKV2_AWS_54"],
  securityHub: ["CloudFront.9", "CloudFront.10"],
  page: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html",
  types: distributionTypes,
  check({ props }, report) {
    const viewersUseHttps = Truth.all(cacheBehaviors(props).map(({ behavior }) => requiresHttps(behavior)));
    for (const origin of props.at("origins").elements()) {
      const custom = origin.at("customOriginConfig");
      const policy = custom.at("originProtocolPolicy");
      const encrypted = policy.equals("https-only").or(policy.equals("match-viewer").and(viewersUseHttps));
      report.when(custom.isSet().and(encrypted.not()), policy, "the origin is reached over HTTP");
      for (const protocol of custom.at("originSslProtocols").elements()) {
        const outdated = protocol.matches((name) => outdatedProtocols.has(String(name)));
        const used = policy.equals("http-only").not();
        report.when(used.and(outdated), protocol, `the origin may be reached over ${protocol.scalar()}`);
      }
    }
  },
});
