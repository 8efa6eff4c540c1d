import type { ResourceView } from "../rule";
import { Truth } from "../truth";
import type { Value } from "../value";
import { isVeryBroad } from "./cidr";
import type { Traffic } from "./ports";

const groupType = "aws:ec2/securityGroup:SecurityGroup";
const separateType = "aws:ec2/securityGroupRule:SecurityGroupRule";

/** The types that carry ingress rules: groups with inline rules and both kinds of separate rules. */
export const ingressTypes = [
  groupType,
  separateType,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
] as const;

/** The types that carry egress rules. */
export const egressTypes = [
  groupType,
  separateType,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
] as const;

/** One CIDR block with the traffic let in from it, or out to it. */
export interface Passage extends Traffic {
  /** One CIDR block: of the source for ingress, of the destination for egress. */
  readonly source: Value;
  /** No for a separate rule that turns out to be for the other direction. */
  readonly applies: Truth;
}

/** Every CIDR block that a resource lets in. A rule that also names `self` or a group is no narrower for it. */
export function ingressOf(resource: ResourceView): readonly Passage[] {
  return passages(resource, "ingress");
}

/** Every CIDR block that a resource lets traffic out to. */
export function egressOf(resource: ResourceView): readonly Passage[] {
  return passages(resource, "egress");
}

function passages({ type, props }: ResourceView, direction: "ingress" | "egress"): readonly Passage[] {
  if (type === groupType) {
    return props
      .at(direction)
      .elements()
      .flatMap((rule) => blocksOf(rule, Truth.yes));
  }
  if (type === separateType) return blocksOf(props, props.at("type").equals(direction));
  const traffic = { protocol: props.at("ipProtocol"), from: props.at("fromPort"), to: props.at("toPort") };
  return ["cidrIpv4", "cidrIpv6"].map((name) => ({ ...traffic, source: props.at(name), applies: Truth.yes }));
}

function blocksOf(rule: Value, applies: Truth): readonly Passage[] {
  const traffic = { protocol: rule.at("protocol"), from: rule.at("fromPort"), to: rule.at("toPort") };
  return ["cidrBlocks", "ipv6CidrBlocks"].flatMap((name) =>
    rule
      .at(name)
      .elements()
      .map((source) => ({ ...traffic, source, applies })),
  );
}

/** Whether a CIDR block is the whole internet, however its address is written: IPv4 or IPv6 with prefix length 0. */
export function isWholeInternet(cidr: Value): Truth {
  return cidr.matches((text) => typeof text === "string" && /\/0$/.test(text));
}

/** Whether a CIDR block is the internet in all but name, as when 0.0.0.0/0 is written as two halves. */
export function isInternet(cidr: Value): Truth {
  return cidr.matches((text) => typeof text === "string" && isVeryBroad(text));
}
