import { z } from "zod";
import { allowedCidrsSetting, portsSetting, reachedPorts } from "../../lib/inference/engines";
import { BalancerGroups, isFromSeparateRule, type Source, sourcesOf } from "../../lib/inference/sources";
import { ingressTypes } from "../../lib/net/security-groups";
import { defineRule } from "../../lib/rule";
import type { StackResource } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

/**
 * llm-engine-sources: Only load balancers reach inference engines
 *
 * What lets traffic in to a port that engines listen on names a security group of a load balancer in the stack, its own
 * group, or one of the config, and no CIDR block and no prefix list. The load balancers' own groups are not judged.
 * Undefined: passes, no rule lets nothing in.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html
 */
export const rule = defineRule({
  id: "llm-engine-sources",
  family: "inference",
  title: "Only load balancers reach inference engines",
  severity: "high",
  why: "The load balancer has the authentication, the limits and the logs; whoever goes around it has none of them, and engines ask for no password.",
  fix: "let in the load balancer's security group in place of the CIDR block, or name a gateway's group in `allowedGroups`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html",
  types: [],
  settings: z.strictObject({
    ports: portsSetting,
    allowedCidrs: allowedCidrsSetting,
    allowedGroups: z
      .array(z.string())
      .default([])
      .describe("Other security groups that may reach engines, such as a gateway's: names in the program, or ids"),
  }),
  checkStack(stack, report, { ports, allowedCidrs, allowedGroups }) {
    const balancers = new BalancerGroups(stack);
    const may = (resource: StackResource, source: Source): Truth => {
      const { kind, value, property } = source;
      if (kind === "list") return Truth.no;
      if (kind === "block") return value.matches((cidr) => allowedCidrs.includes(String(cidr)));
      const isAllowed = balancers.namesIn(resource, property, value).some((name) => allowedGroups.includes(name));
      return Truth.of(isAllowed)
        .or(balancers.isSelf(resource, source))
        .or(balancers.has(resource, property, value));
    };
    for (const resource of stack.ofType(...ingressTypes)) {
      const judged = balancers.own(resource).not();
      for (const source of sourcesOf(resource)) {
        if (isFromSeparateRule(stack, resource, source)) continue;
        const reached = reachedPorts(source, ports).filter(([, reaches]) => reaches.answer !== "no");
        const reaches = Truth.any(reached.map(([, truth]) => truth)).and(source.applies);
        const refused = judged.and(reaches).and(may(resource, source).not());
        const list = reached.map(([port]) => port).join(", ");
        report
          .on(resource)
          .when(refused, source.value, `${texts[source.kind]} reaches an inference engine (TCP ${list})`);
      }
    }
  },
});

const texts: Readonly<Record<Source["kind"], string>> = {
  block: "a CIDR block",
  list: "a prefix list",
  group: "a security group that is no load balancer's",
};
