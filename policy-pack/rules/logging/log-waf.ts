import { defineRule } from "../../lib/rule";
import { refersTo } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const aclType = "aws:wafv2/webAcl:WebAcl";

/**
 * log-waf: Web ACLs log and count requests
 *
 * A logging configuration names the ACL, and the ACL and each of its rules have CloudWatch metrics. Undefined: violation
 * for the log; the metrics are required settings.
 *
 * @severity low
 * @checkov CKV2_AWS_31
 * @securityHub WAF.11 WAF.12
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/logging.html
 */
export const rule = defineRule({
  id: "log-waf",
  family: "logging",
  title: "Web ACLs log and count requests",
  severity: "low",
  why: "A firewall that blocks in silence turns customers away without anyone knowing, and nobody sees an attack.",
  fix: "add an aws.wafv2.WebAclLoggingConfiguration for the ACL, and set `cloudwatchMetricsEnabled: true` in each `visibilityConfig`.",
  checkov: ["CKV2_AWS_31"],
  securityHub: ["WAF.11", "WAF.12"],
  page: "https://docs.aws.amazon.com/waf/latest/developerguide/logging.html",
  types: [aclType],
  check({ props }, report) {
    for (const counted of [props, ...props.at("rules").elements()]) {
      const metrics = counted.at("visibilityConfig", "cloudwatchMetricsEnabled");
      report.when(metrics.isTrue().not(), metrics, "requests are not counted");
    }
  },
  checkStack(stack, report) {
    const configurations = stack.ofType("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration");
    for (const acl of stack.ofType(aclType)) {
      const logs = configurations.map((configuration) => refersTo(configuration, "resourceArn", acl, ["arn"]));
      report.on(acl).when(Truth.any(logs).not(), "", "requests are not logged");
    }
  },
});
