import { coversPort, type Traffic } from "../../lib/net/ports";
import { isInternet, isWholeInternet } from "../../lib/net/security-groups";
import { defineRule, type Reporter } from "../../lib/rule";
import type { StackResource } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

const adminPorts = [22, 3389];
const separateType = "aws:ec2/networkAclRule:NetworkAclRule";

/**
 * lp-nacl-admin-ports: Network ACLs let SSH and RDP in from known addresses only
 *
 * TCP 22 and 3389 from 0.0.0.0/0 or ::/0, unless an entry with a lower number denies them. Entries of a list are judged
 * before the ACL is made, separate ones with the whole stack, since their order is. Undefined: passes, an ACL without
 * entries denies all.
 *
 * @severity medium
 * @checkov CKV_AWS_232 CKV_AWS_231
 * @securityHub EC2.21
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
 */
export const rule = defineRule({
  id: "lp-nacl-admin-ports",
  family: "exposure",
  title: "Network ACLs let SSH and RDP in from known addresses only",
  severity: "medium",
  why: "The ACL is what still holds when a security group is opened by mistake.",
  fix: "deny TCP 22 and 3389 with a lower rule number, or allow them from the addresses of your administrators only.",
  checkov: ["CKV_AWS_232", "CKV_AWS_231"],
  securityHub: ["EC2.21"],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html",
  types: ["aws:ec2/networkAcl:NetworkAcl", "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"],
  check({ props }, report) {
    const entries = props
      .at("ingress")
      .elements()
      .map((entry) => entryOf(entry, "action", "ruleNo", report));
    for (const entry of entries) judge(entry, entries, () => Truth.yes);
  },
  checkStack(stack, report) {
    const entries = stack.ofType(separateType).map((resource) => ({
      ...entryOf(resource.props, "ruleAction", "ruleNumber", report.on(resource)),
      applies: resource.props.at("egress").isTrue().not(),
      resource,
    }));
    for (const entry of entries) judge(entry, entries, (other) => sameAcl(entry.resource, other.resource));
  },
});

interface Entry extends Traffic {
  /** The IPv4 and the IPv6 block, of which an entry has one. */
  readonly blocks: readonly Value[];
  readonly action: Value;
  readonly number: Value;
  /** No for a separate entry for egress. */
  readonly applies: Truth;
  readonly report: Reporter;
}

function entryOf(entry: Value, action: string, number: string, report: Reporter): Entry {
  return {
    protocol: entry.at("protocol"),
    from: entry.at("fromPort"),
    to: entry.at("toPort"),
    blocks: [entry.at("cidrBlock"), entry.at("ipv6CidrBlock")],
    action: entry.at(action),
    number: entry.at(number),
    applies: Truth.yes,
    report,
  };
}

function judge<E extends Entry>(entry: E, entries: readonly E[], isRelated: (other: E) => Truth): void {
  const others = entries.filter((other) => other !== entry);
  for (const [family, block] of entry.blocks.entries()) {
    for (const port of adminPorts) {
      const allowed = acts(entry, "allow", family, port);
      const denied = others.map((other) =>
        acts(other, "deny", family, port).and(isLower(other.number, entry.number)).and(isRelated(other)),
      );
      const open = allowed.and(Truth.any(denied).not());
      entry.report.when(open, block, `TCP port ${port} is open to ${block.scalar()}`);
    }
  }
}

/** Whether the entry does this to a port for the internet of one address family: a deny for all of it, an allow for more than anyone owns. */
function acts(entry: Entry, action: "allow" | "deny", family: number, port: number): Truth {
  const block = entry.blocks[family];
  const covers = action === "allow" ? isInternet : isWholeInternet;
  return entry.action
    .matches((name) => String(name).toLowerCase() === action)
    .and(block ? covers(block) : Truth.no)
    .and(coversPort(entry, "tcp", port))
    .and(entry.applies);
}

function isLower(number: Value, than: Value): Truth {
  const known = number.matches(() => true).and(than.matches(() => true));
  return known.answer === "yes" ? Truth.of(Number(number.scalar()) < Number(than.scalar())) : known;
}

function sameAcl(one: StackResource, other: StackResource): Truth {
  const [id, otherId] = [one, other].map(({ props }) => props.at("networkAclId").scalar());
  if (id !== undefined && otherId !== undefined) return Truth.of(id === otherId);
  const [sources, otherSources] = [one, other].map((entry) => entry.propertyDependencies.get("networkAclId"));
  if (!sources?.size || !otherSources?.size) return Truth.unknown(`${one.name}.networkAclId`);
  return Truth.of([...sources].some((urn) => otherSources.has(urn)));
}
