import { defineRule } from "../../lib/rule";
import { refersTo, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

/**
 * log-cf-access: CloudFront logs requests
 *
 * A bucket in `loggingConfig`, or a delivery source of CloudWatch for the distribution. Undefined: violation, as the
 * default is none.
 *
 * @severity low
 * @checkov CKV_AWS_86
 * @securityHub CloudFront.5
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html
 */
export const rule = defineRule({
  id: "log-cf-access",
  family: "logging",
  title: "CloudFront logs requests",
  severity: "low",
  why: "What the cache answers or refuses is seen by nothing else, so neither attacks nor missing pages can be looked into.",
  fix: 'add an aws.cloudwatch.LogDeliverySource (`logType: "ACCESS_LOGS"`) with destination and delivery, or set `loggingConfig.bucket`.',
  checkov: ["CKV_AWS_86"],
  securityHub: ["CloudFront.5"],
  page: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html",
  types: [],
  checkStack(stack, report) {
    const sources = stack.ofType("aws:cloudwatch/logDeliverySource:LogDeliverySource");
    for (const distribution of stack.ofType("aws:cloudfront/distribution:Distribution")) {
      const toBucket = written(distribution, "loggingConfig", "bucket").hasContent();
      const delivered = sources.map((source) => refersTo(source, "resourceArn", distribution, ["arn"]));
      const logs = toBucket.or(Truth.any(delivered));
      report.on(distribution).when(logs.not(), "loggingConfig", "requests are not logged");
    }
  },
});
