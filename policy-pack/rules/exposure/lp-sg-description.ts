import { egressTypes, ingressTypes } from "../../lib/net/security-groups";
import { defineRule } from "../../lib/rule";
import type { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * lp-sg-description: Security groups and their rules say what they are for
 *
 * The text that the provider puts where there is none ("Managed by Pulumi") is no description. Undefined: violation.
 *
 * @severity low
 * @checkov CKV_AWS_23
 * @securityHub none
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export const rule = defineRule({
  id: "lp-sg-description",
  family: "exposure",
  title: "Security groups and their rules say what they are for",
  severity: "low",
  why: "A rule that nobody can explain is a rule that nobody dares to remove.",
  fix: "set `description` on the group and on each rule: who needs it and what for. On an existing group a new description makes a new group.",
  checkov: ["CKV_AWS_23"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
  types: [...new Set([...ingressTypes, ...egressTypes])],
  check({ type, props }, report) {
    const own = props.at("description");
    const isGroup = type === "aws:ec2/securityGroup:SecurityGroup";
    report.when(explains(own).not(), own, `the ${isGroup ? "group" : "rule"} has no description`);
    if (!isGroup) return;
    for (const inline of ["ingress", "egress"].flatMap((direction) => props.at(direction).elements())) {
      const description = inline.at("description");
      report.when(explains(description).not(), description, "the rule has no description");
    }
  },
});

function explains(description: Value): Truth {
  const isPlaceholder = description.matches((text) => /^Managed by (Pulumi|Terraform)$/.test(String(text)));
  return description.hasContent().and(isPlaceholder.not());
}
