import { z } from "zod";
import { coversPort, type PortProtocol } from "../../lib/net/ports";
import { ingressOf, ingressTypes, isInternet } from "../../lib/net/security-groups";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

const port = z.int().min(0).max(65535);

/**
 * lp-sg-high-risk-ports: Databases, caches and file shares are not open to the internet
 *
 * None of the configured ports is reached from 0.0.0.0/0 or ::/0 by any of the three kinds of rule: in a range, with
 * protocol -1, or without ports. SSH and RDP have rules of their own. Undefined: passes, no rule lets nothing in.
 *
 * @severity high
 * @checkov none
 * @securityHub EC2.19
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
 */
export const rule = defineRule({
  id: "lp-sg-high-risk-ports",
  family: "exposure",
  title: "Databases, caches and file shares are not open to the internet",
  severity: "high",
  why: "What listens on these ports often asks for no password or a weak one, and scanners try them all day.",
  fix: "let in the security group of the clients in place of the whole internet.",
  checkov: [],
  securityHub: ["EC2.19"],
  page: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html",
  types: ingressTypes,
  settings: z.strictObject({
    tcpPorts: z
      .array(port)
      .default([
        20, 21, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 4333, 5000, 5432, 5500, 5601, 6379, 8080, 8088,
        8888, 9200, 9300, 11211, 27017,
      ])
      .describe("TCP ports that nobody on the internet may reach"),
    udpPorts: z.array(port).default([1434, 11211]).describe("UDP ports that nobody on the internet may reach"),
  }),
  check(resource, report, { tcpPorts, udpPorts }) {
    const guarded: Record<PortProtocol, readonly number[]> = { tcp: tcpPorts, udp: udpPorts };
    for (const ingress of ingressOf(resource)) {
      const world = isInternet(ingress.source).and(ingress.applies);
      for (const [protocol, ports] of Object.entries(guarded) as [PortProtocol, readonly number[]][]) {
        const covers = ports.map((each) => coversPort(ingress, protocol, each));
        const open = ports.filter((_, index) => covers[index]?.answer === "yes");
        report.when(
          world.and(Truth.any(covers)),
          ingress.source,
          `${protocol.toUpperCase()} ${list(open)} open to ${ingress.source.scalar()}`,
        );
      }
    }
  },
});

function list(ports: readonly number[]): string {
  if (ports.length === 1) return `port ${ports[0]} is`;
  const more = ports.length > 3 ? ` and ${ports.length - 3} more` : "";
  return `ports ${ports.slice(0, 3).join(", ")}${more} are`;
}
