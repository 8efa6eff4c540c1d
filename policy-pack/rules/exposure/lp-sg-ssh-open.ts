import { coversPort } from "../../lib/net/ports";
import { ingressOf, ingressTypes, isInternet } from "../../lib/net/security-groups";
import { defineRule } from "../../lib/rule";

/**
 * lp-sg-ssh-open: SSH is not open to the internet
 *
 * TCP 22 from 0.0.0.0/0 or ::/0 by any of the three kinds of rule: in a range, with protocol -1, or without ports. A
 * rule that also names `self` or a group is open all the same. Undefined: passes, no rule lets nothing in.
 *
 * @severity critical
 * @checkov CKV_AWS_24
 * @securityHub EC2.13
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules-reference.html
 */
export const rule = defineRule({
  id: "lp-sg-ssh-open",
  family: "exposure",
  title: "SSH is not open to the internet",
  severity: "critical",
  why: "An open SSH port is found within minutes and tried with stolen keys and passwords from then on.",
  fix: "remove the rule and use SSM Session Manager, or put the addresses of your administrators in place of the whole internet.",
  checkov: ["CKV_AWS_24"],
  securityHub: ["EC2.13"],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules-reference.html",
  types: ingressTypes,
  check(resource, report) {
    for (const ingress of ingressOf(resource)) {
      const open = isInternet(ingress.source)
        .and(coversPort(ingress, "tcp", 22))
        .and(ingress.applies);
      report.when(open, ingress.source, `TCP port 22 is open to ${ingress.source.scalar()}`);
    }
  },
});
