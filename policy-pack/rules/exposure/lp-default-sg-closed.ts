import { defineRule, type Edit, type ResourceView } from "../../lib/rule";
import type { Value } from "../../lib/value";

/**
 * lp-default-sg-closed: The default security group lets nothing through
 *
 * Once a program adopts the group, it has the rules that the program writes and no others. Rules for `self` count too:
 * everything that was given no group would reach everything else. Undefined: passes, an adopted group without rules has
 * none.
 *
 * @severity high
 * @checkov CKV2_AWS_12
 * @securityHub EC2.2
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
 */
export const rule = defineRule({
  id: "lp-default-sg-closed",
  family: "exposure",
  title: "The default security group lets nothing through",
  severity: "high",
  why: "Whatever is made without a security group gets the default one, and with it all its rules.",
  fix: "leave `ingress` and `egress` of the aws.ec2.DefaultSecurityGroup out, and give each resource a group of its own.",
  checkov: ["CKV2_AWS_12"],
  securityHub: ["EC2.2"],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html",
  types: ["aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"],
  check(resource, report) {
    for (const entry of rulesOf(resource)) report.when(entry.isSet(), entry, "the default security group has a rule");
  },
  remedy({ props }): readonly Edit[] {
    return ["ingress", "egress"]
      .filter((direction) =>
        props
          .at(direction)
          .elements()
          .some((entry) => entry.isSet().answer === "yes"),
      )
      .map((direction) => ({ path: [direction], value: [] }));
  },
});

function rulesOf({ props }: ResourceView): readonly Value[] {
  return ["ingress", "egress"].flatMap((direction) => props.at(direction).elements());
}
