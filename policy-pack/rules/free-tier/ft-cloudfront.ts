import { z } from "zod";
import { alwaysFree, factSetting, prices } from "../../lib/free-tier/limits";
import { count, dollars } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";

/**
 * ft-cloudfront: CloudFront distributions use nothing that is never free
 *
 * No IP addresses of their own for TLS, no real-time logs, and the cheapest price class. Undefined: violation for the price
 * class, which is then PriceClass_All; passes for all else.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PriceClass.html
 */
export const rule = defineRule({
  id: "ft-cloudfront",
  family: "free-tier",
  title: "CloudFront distributions use nothing that is never free",
  severity: "medium",
  why: "Traffic has a large free part, but IP addresses of one's own are billed each month whatever happens, and far edge locations by higher prices.",
  fix: 'set `priceClass: "PriceClass_100"` and `sslSupportMethod: "sni-only"`, and leave out `realtimeLogConfigArn`.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PriceClass.html",
  types: ["aws:cloudfront/distribution:Distribution"],
  settings: z.strictObject({
    gb: factSetting(alwaysFree.cloudFrontGb, "What all distributions may send"),
    requests: factSetting(alwaysFree.cloudFrontRequests, "What all distributions may be asked"),
    dedicatedIpPrice: factSetting(prices.dedicatedIpTlsMonth, "What IP addresses for TLS cost"),
  }),
  check({ props }, report, { dedicatedIpPrice }) {
    const priceClass = props.at("priceClass");
    const problem = `edge locations at higher prices serve too (${priceClass.scalar() ?? "PriceClass_All"})`;
    report.when(priceClass.equals("PriceClass_100").not(), priceClass, problem);
    const tls = props.at("viewerCertificate", "sslSupportMethod");
    report.when(tls.equals("vip", "static-ip"), tls, `IP addresses for TLS cost ${dollars(dedicatedIpPrice)} a month`);
    const behaviors = [props.at("defaultCacheBehavior"), ...props.at("orderedCacheBehaviors").elements()];
    for (const behavior of behaviors) {
      const logs = behavior.at("realtimeLogConfigArn");
      report.when(logs.isSet().and(logs.hasContent()), logs, "real-time logs are billed for each line and stream");
    }
  },
  checkStack(stack, report, { gb, requests }) {
    const distributions = stack.ofType("aws:cloudfront/distribution:Distribution").length;
    if (distributions === 0) return;
    report.summary(
      `Free tier: ${count(gb)} GB out and ${count(requests)} requests a month are free for all CloudFront distributions together, ${distributions} in this stack.`,
    );
  },
});
