import { z } from "zod";
import { allowedCidrsSetting, isPrivate, portsSetting, reachedPorts } from "../../lib/inference/engines";
import { ingressOf, ingressTypes } from "../../lib/net/security-groups";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * llm-engine-port-public: No public address reaches an inference engine
 *
 * No security-group rule lets a block with public addresses, however small, reach a port that engines listen on. Ranges and
 * rules for all ports are taken apart. Undefined: passes, no rule lets nothing in.
 *
 * @severity critical
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export const rule = defineRule({
  id: "llm-engine-port-public",
  family: "inference",
  title: "No public address reaches an inference engine",
  severity: "critical",
  why: "Engines such as vLLM and Ollama have no accounts: who reaches the port uses the GPU, reads prompts from logs, and can delete models.",
  fix: "let in the load balancer's security group only, and put authentication in front of it; name an address that must reach it in `allowedCidrs`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
  types: ingressTypes,
  settings: z.strictObject({ ports: portsSetting, allowedCidrs: allowedCidrsSetting }),
  check(resource, report, { ports, allowedCidrs }) {
    for (const passage of ingressOf(resource)) {
      const { source, applies } = passage;
      const isPublic = source.matches(
        (cidr) => cidr !== undefined && cidr !== "" && !isPrivate(String(cidr)) && !allowedCidrs.includes(String(cidr)),
      );
      const reached = reachedPorts(passage, ports).filter(([, reaches]) => reaches.answer !== "no");
      const reaches = Truth.any(reached.map(([, truth]) => truth));
      const list = reached.map(([port]) => port).join(", ");
      const problem = `an inference engine (TCP ${list}) is open to ${source.scalar()}`;
      report.when(isPublic.and(applies).and(reaches), source, problem);
    }
  },
});
