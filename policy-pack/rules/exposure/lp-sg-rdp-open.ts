import { coversPort } from "../../lib/net/ports";
import { ingressOf, ingressTypes, isInternet } from "../../lib/net/security-groups";
import { defineRule } from "../../lib/rule";

/**
 * lp-sg-rdp-open: Remote Desktop is not open to the internet
 *
 * TCP or UDP 3389 from 0.0.0.0/0 or ::/0 by any of the three kinds of rule: in a range, with protocol -1, or without
 * ports. Undefined: passes, no rule lets nothing in.
 *
 * @severity critical
 * @checkov CKV_AWS_25
 * @securityHub EC2.14
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules-reference.html
 */
export const rule = defineRule({
  id: "lp-sg-rdp-open",
  family: "exposure",
  title: "Remote Desktop is not open to the internet",
  severity: "critical",
  why: "An open RDP port is found within minutes, and stolen passwords and faults of the protocol are tried on it from then on.",
  fix: "remove the rule and use SSM Session Manager or Fleet Manager, or put the addresses of your administrators in place of the whole internet.",
  checkov: ["CKV_AWS_25"],
  securityHub: ["EC2.14"],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules-reference.html",
  types: ingressTypes,
  check(resource, report) {
    for (const ingress of ingressOf(resource)) {
      const covers = coversPort(ingress, "tcp", 3389).or(coversPort(ingress, "udp", 3389));
      const open = isInternet(ingress.source).and(covers).and(ingress.applies);
      report.when(open, ingress.source, `port 3389 is open to ${ingress.source.scalar()}`);
    }
  },
});
