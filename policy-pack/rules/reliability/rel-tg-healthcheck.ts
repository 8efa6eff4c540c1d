import { targetGroupTypes } from "../../lib/load-balancers";
import { defineRule } from "../../lib/rule";

/**
 * rel-tg-healthcheck: HTTP target groups check a path that tells health
 *
 * A health check of an HTTP or HTTPS target group names its path. Groups for functions and for TCP need none. Undefined:
 * violation, as the default is the front page.
 *
 * @severity low
 * @checkov CKV_AWS_261
 * @securityHub none
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 */
export const rule = defineRule({
  id: "rel-tg-healthcheck",
  family: "reliability",
  title: "HTTP target groups check a path that tells health",
  severity: "low",
  why: "The front page often answers while the application behind it cannot work, or is slow and costly to answer.",
  fix: 'set `healthCheck: { path: "/health" }` to a path that fails when the application cannot work.',
  checkov: ["CKV_AWS_261"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
  types: targetGroupTypes,
  check({ props }, report) {
    const isHttp = props.at("protocol").equals("HTTP", "HTTPS").and(props.at("targetType").equals("lambda").not());
    const path = props.at("healthCheck", "path");
    report.when(isHttp.and(path.hasContent().not()), path, "the health check names no path");
  },
});
