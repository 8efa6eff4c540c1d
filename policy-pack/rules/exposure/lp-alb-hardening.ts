import { setIf } from "../../lib/cure";
import { isApplication, loadBalancerTypes } from "../../lib/load-balancers";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Truth } from "../../lib/truth";

/**
 * lp-alb-hardening: Application load balancers drop malformed requests
 *
 * Invalid header fields are dropped, and the desync mitigation mode is not "monitor". Network and gateway load balancers
 * have neither. Undefined: violation for the header fields, whose default is off; passes for the mode, whose default is
 * "defensive".
 *
 * @severity medium
 * @checkov CKV_AWS_131 CKV_AWS_328
 * @securityHub ELB.4 ELB.12
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
 */
export const rule = defineRule({
  id: "lp-alb-hardening",
  family: "exposure",
  title: "Application load balancers drop malformed requests",
  severity: "medium",
  why: "Requests that the load balancer and the server read differently let a stranger slip one request into another's connection.",
  fix: 'set `dropInvalidHeaderFields: true`, and leave `desyncMitigationMode` out or set it to "defensive" or "strictest".',
  checkov: ["CKV_AWS_131", "CKV_AWS_328"],
  securityHub: ["ELB.4", "ELB.12"],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
  types: loadBalancerTypes,
  check(resource, report) {
    report.when(keepsHeaders(resource), "dropInvalidHeaderFields", "invalid header fields are passed on");
    report.when(onlyMonitors(resource), "desyncMitigationMode", "requests that desynchronise servers are only counted");
  },
  remedy(resource) {
    return [
      ...setIf(keepsHeaders(resource), ["dropInvalidHeaderFields"], true),
      ...setIf(onlyMonitors(resource), ["desyncMitigationMode"], "defensive"),
    ];
  },
});

function keepsHeaders({ props }: ResourceView): Truth {
  return isApplication(props).and(props.at("dropInvalidHeaderFields").isTrue().not());
}

function onlyMonitors({ props }: ResourceView): Truth {
  return isApplication(props).and(props.at("desyncMitigationMode").equals("monitor"));
}
