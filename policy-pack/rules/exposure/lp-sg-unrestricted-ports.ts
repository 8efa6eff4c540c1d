import { z } from "zod";
import { carries, isEveryProtocol, type PortProtocol, staysWithin } from "../../lib/net/ports";
import { ingressOf, ingressTypes, isInternet } from "../../lib/net/security-groups";
import { defineRule } from "../../lib/rule";

/**
 * lp-sg-unrestricted-ports: The internet reaches authorised ports only
 *
 * TCP and UDP from 0.0.0.0/0 or ::/0 stay within the configured ports; a range must lie within them as a whole. Other
 * protocols, such as ICMP, have no ports. Undefined: passes, no rule lets nothing in.
 *
 * @severity high
 * @checkov CKV_AWS_277 CKV_AWS_260
 * @securityHub EC2.18
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export const rule = defineRule({
  id: "lp-sg-unrestricted-ports",
  family: "exposure",
  title: "The internet reaches authorised ports only",
  severity: "high",
  why: "Every further open port offers a service that was not made to stand on the internet.",
  fix: "let in the source's own CIDR block or security group, or add the port to `tcpPorts` in the policy config if it is meant for everyone.",
  checkov: ["CKV_AWS_277", "CKV_AWS_260"],
  securityHub: ["EC2.18"],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
  types: ingressTypes,
  settings: z.strictObject({
    tcpPorts: z.array(z.int().min(0).max(65535)).default([80, 443]).describe("TCP ports that everyone may reach"),
    udpPorts: z.array(z.int().min(0).max(65535)).default([]).describe("UDP ports that everyone may reach"),
  }),
  check(resource, report, { tcpPorts, udpPorts }) {
    const allowed: Record<PortProtocol, readonly number[]> = { tcp: tcpPorts, udp: udpPorts };
    for (const ingress of ingressOf(resource)) {
      const { source, from, to, protocol } = ingress;
      const world = isInternet(source).and(ingress.applies);
      const everything = isEveryProtocol(protocol);
      report.when(world.and(everything), source, `all protocols and ports are open to ${source.scalar()}`);
      for (const [name, ports] of Object.entries(allowed) as [PortProtocol, readonly number[]][]) {
        const within = staysWithin(
          ingress,
          name,
          ports.map((port) => ({ from: port, to: port })),
        );
        const open = world.and(everything.not()).and(carries(ingress, name)).and(within.not());
        const range = `${from.scalar() ?? 0}-${to.scalar() ?? 65535}`;
        report.when(
          open,
          source,
          `${name.toUpperCase()} ports ${range} are open to ${source.scalar()}, authorised: ${ports.join(", ") || "none"}`,
        );
      }
    }
  },
});
