import { setIf } from "../../lib/cure";
import { loadBalancerTypes } from "../../lib/load-balancers";
import { defineRule } from "../../lib/rule";

/**
 * rel-alb-deletion-protection: Load balancers cannot be deleted by mistake
 *
 * Application, network and gateway load balancers alike. Undefined: violation, as the default is off.
 *
 * @severity low
 * @checkov CKV_AWS_150
 * @securityHub ELB.6
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
 */
export const rule = defineRule({
  id: "rel-alb-deletion-protection",
  family: "reliability",
  title: "Load balancers cannot be deleted by mistake",
  severity: "low",
  why: "A load balancer that is made anew has another DNS name, and whatever points at the old one fails.",
  fix: "set `enableDeletionProtection: true`; to delete the load balancer, first set it to false and update.",
  checkov: ["CKV_AWS_150"],
  securityHub: ["ELB.6"],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
  types: loadBalancerTypes,
  check({ props }, report) {
    const isProtected = props.at("enableDeletionProtection");
    report.when(isProtected.isTrue().not(), isProtected, "the load balancer can be deleted at once");
  },
  remedy({ props }) {
    return setIf(props.at("enableDeletionProtection").isTrue().not(), ["enableDeletionProtection"], true);
  },
});
