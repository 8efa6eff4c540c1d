import { isApplication, loadBalancerTypes } from "../../lib/load-balancers";
import { defineRule } from "../../lib/rule";

/**
 * log-alb-access: Application load balancers log requests
 *
 * `accessLogs.enabled` is true; a block with a bucket alone logs nothing. Network and gateway load balancers are not
 * judged. Undefined: violation, as the default is off.
 *
 * @severity low
 * @checkov CKV_AWS_91
 * @securityHub ELB.5
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
 */
export const rule = defineRule({
  id: "log-alb-access",
  family: "logging",
  title: "Application load balancers log requests",
  severity: "low",
  why: "Metrics tell that requests failed; only the log tells which, from whom and after how long.",
  fix: "set `accessLogs: { bucket, enabled: true }`, and let the load balancer write to the bucket.",
  checkov: ["CKV_AWS_91"],
  securityHub: ["ELB.5"],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
  types: loadBalancerTypes,
  check({ props }, report) {
    const enabled = props.at("accessLogs", "enabled");
    report.when(isApplication(props).and(enabled.isTrue().not()), enabled, "requests are not logged");
  },
});
