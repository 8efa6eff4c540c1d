import type { ResourceView } from "../rule";
import { Truth } from "../truth";
import type { Value } from "../value";
import type { Traffic } from "./ports";

/** The types that carry ingress rules: groups with inline rules and both kinds of separate rules. */
export const ingressTypes = [
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/securityGroupRule:SecurityGroupRule",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
] as const;

/** One source of ingress with the traffic let in from it. */
export interface Ingress extends Traffic {
  /** One CIDR block. */
  readonly source: Value;
  /** No for a separate rule that turns out to be for egress. */
  readonly applies: Truth;
}

/** Every CIDR block that a resource lets in. A rule that also names `self` or a group is no narrower for it. */
export function ingressOf({ type, props }: ResourceView): readonly Ingress[] {
  if (type === "aws:ec2/securityGroup:SecurityGroup") {
    return props
      .at("ingress")
      .elements()
      .flatMap((rule) => sourcesOf(rule, Truth.yes));
  }
  if (type === "aws:ec2/securityGroupRule:SecurityGroupRule")
    return sourcesOf(props, props.at("type").equals("ingress"));
  const traffic = { protocol: props.at("ipProtocol"), from: props.at("fromPort"), to: props.at("toPort") };
  return ["cidrIpv4", "cidrIpv6"].map((name) => ({ ...traffic, source: props.at(name), applies: Truth.yes }));
}

function sourcesOf(rule: Value, applies: Truth): readonly Ingress[] {
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
