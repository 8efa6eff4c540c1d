import { Truth } from "../truth";
import type { Value } from "../value";

/** An inclusive range of ports. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export const allPorts: PortRange = { from: 0, to: 65535 };

/** What a security-group rule lets through, as far as it is written. */
export interface Traffic {
  readonly protocol: Value;
  readonly from: Value;
  readonly to: Value;
}

/** Protocol numbers that AWS takes in place of names. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html */
const protocolNumbers = { tcp: "6", udp: "17" };
export type PortProtocol = keyof typeof protocolNumbers;

/** Whether the traffic includes TCP or UDP: that protocol by name or number, or all protocols. */
export function carries({ protocol }: Traffic, wanted: PortProtocol): Truth {
  return isEveryProtocol(protocol).or(
    protocol.matches((name) => [wanted, protocolNumbers[wanted]].includes(String(name).toLowerCase())),
  );
}

/** All protocols: -1 or "all". Ports then mean nothing. */
export function isEveryProtocol(protocol: Value): Truth {
  return protocol.matches((name) => ["-1", "all"].includes(String(name).toLowerCase()));
}

/** Whether the traffic includes a port of this protocol. */
export function coversPort(traffic: Traffic, protocol: PortProtocol, port: number): Truth {
  const inRange = traffic.from
    .matches((from) => lowest(from) <= port)
    .and(traffic.to.matches((to) => port <= highest(to)))
    .or(hasNoPorts(traffic));
  return carries(traffic, protocol).and(isEveryProtocol(traffic.protocol).or(inRange));
}

/** Whether all ports of this protocol that the traffic includes are among the allowed ones. */
export function staysWithin(traffic: Traffic, protocol: PortProtocol, allowed: readonly PortRange[]): Truth {
  const { from, to } = traffic;
  const isAllowed = (port: number): boolean => contains(allowed, { from: port, to: port });
  // With an end unknown, the other can still lie outside.
  const ends = from.matches((port) => isAllowed(lowest(port))).and(to.matches((port) => isAllowed(highest(port))));
  const between = contains(allowed, { from: lowest(from.scalar()), to: highest(to.scalar()) });
  const ports = ends.answer === "yes" ? Truth.of(between) : ends;
  const allPortsOpen = isEveryProtocol(traffic.protocol).or(hasNoPorts(traffic));
  return carries(traffic, protocol).not().or(allPortsOpen.not().and(ports));
}

// AWS takes a rule for TCP or UDP without ports, or with -1 for both, as one for all ports.
function hasNoPorts({ from, to }: Traffic): Truth {
  const none = (value: Value): Truth => value.matches((port) => port === undefined || Number(port) === -1);
  return none(from).and(none(to));
}

function lowest(from: unknown): number {
  return from === undefined ? allPorts.from : Number(from);
}

function highest(to: unknown): number {
  return to === undefined ? allPorts.to : Number(to);
}

/** Whether every port of the range is in one of the others. */
export function contains(ranges: readonly PortRange[], range: PortRange): boolean {
  let next = range.from;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from <= next && next <= to) next = to + 1;
  }
  return next > range.to;
}
