import { isEveryProtocol } from "../../lib/net/ports";
import { egressOf, egressTypes, isInternet } from "../../lib/net/security-groups";
import { defineRule } from "../../lib/rule";

/**
 * lp-sg-egress-any: Egress names protocols, ports or destinations
 *
 * All protocols to 0.0.0.0/0 or ::/0 is what the console offers, so this is advice. Undefined: passes, the provider
 * takes away the egress rule that AWS makes.
 *
 * @severity low
 * @checkov CKV_AWS_382
 * @securityHub none
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export const rule = defineRule({
  id: "lp-sg-egress-any",
  family: "exposure",
  title: "Egress names protocols, ports or destinations",
  severity: "low",
  why: "With everything open outwards, whoever gets in can send data anywhere and fetch tools from anywhere.",
  fix: "allow what is used: port 443 to the internet, the prefix list of a gateway endpoint, the security groups of databases.",
  checkov: ["CKV_AWS_382"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
  types: egressTypes,
  check(resource, report) {
    for (const { source, protocol, applies } of egressOf(resource)) {
      const open = isInternet(source).and(isEveryProtocol(protocol)).and(applies);
      report.when(open, source, `all protocols and ports are open towards ${source.scalar()}`);
    }
  },
});
