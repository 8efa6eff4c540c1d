import { loadBalancerTypes } from "../load-balancers";
import type { Traffic } from "../net/ports";
import { refersTo, type StackResource, type StackView, written } from "../stack-view";
import { Truth } from "../truth";
import type { Value } from "../value";

const groupType = "aws:ec2/securityGroup:SecurityGroup";
const separateType = "aws:ec2/securityGroupRule:SecurityGroupRule";
const vpcRuleType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const classicType = "aws:elb/loadBalancer:LoadBalancer";

/** One source that a security-group rule lets in. */
export interface Source extends Traffic {
  readonly kind: "block" | "list" | "group";
  readonly value: Value;
  /** The resource's property that the source stands in. */
  readonly property: string;
  /** No for a separate rule that turns out to be for egress. */
  readonly applies: Truth;
}

const kinds: readonly (readonly [property: string, kind: Source["kind"]])[] = [
  ["cidrBlocks", "block"],
  ["ipv6CidrBlocks", "block"],
  ["cidrIpv4", "block"],
  ["cidrIpv6", "block"],
  ["prefixListIds", "list"],
  ["prefixListId", "list"],
  ["securityGroups", "group"],
  ["sourceSecurityGroupId", "group"],
  ["referencedSecurityGroupId", "group"],
];

/** Everything that a resource's ingress rules let in, but for members of the same group (`self`). */
export function sourcesOf(resource: StackResource): readonly Source[] {
  if (resource.type === groupType) {
    return written(resource, "ingress")
      .elements()
      .flatMap((rule, index) =>
        rule.isUnknown()
          ? sourcesIn(() => rule, Truth.yes, "ingress")
          : sourcesIn((name) => written(resource, "ingress", index, name), Truth.yes, "ingress"),
      );
  }
  const applies = resource.type === separateType ? resource.props.at("type").equals("ingress") : Truth.yes;
  return sourcesIn((name) => written(resource, name), applies);
}

/**
 * Whether a group has a source only because a separate rule brought it there: a refresh reads all rules of a group into the group, and each is judged
 * where the program says it.
 */
export function isFromSeparateRule(stack: StackView, group: StackResource, source: Source): boolean {
  if (group.type !== groupType) return false;
  const id = group.props.at("id").scalar();
  const value = source.value.scalar();
  if (id === undefined || value === undefined) return false;
  const same = (one: Value, other: Value) => String(one.scalar() ?? "") === String(other.scalar() ?? "");
  return stack
    .ofType(separateType, vpcRuleType)
    .filter(({ props }) => props.at("securityGroupId").scalar() === id)
    .flatMap(sourcesOf)
    .some(
      (other) =>
        other.applies.answer === "yes" &&
        other.value.scalar() === value &&
        same(other.protocol, source.protocol) &&
        // All protocols have all ports, which a group writes as 0 and a rule leaves out.
        (source.protocol.scalar() === "-1" || (same(other.from, source.from) && same(other.to, source.to))),
    );
}

function sourcesIn(property: (name: string) => Value, applies: Truth, holder?: string): readonly Source[] {
  const ipProtocol = property("ipProtocol");
  const protocol = ipProtocol.isSet().answer === "no" ? property("protocol") : ipProtocol;
  const traffic = { protocol, from: property("fromPort"), to: property("toPort") };
  return kinds.flatMap(([name, kind]) =>
    property(name)
      .elements()
      .filter((value) => value.hasContent().answer !== "no")
      .map((value) => ({ ...traffic, kind, value, property: holder ?? name, applies })),
  );
}

/** The security groups of a stack's load balancers, and whether a source is one of them. */
export class BalancerGroups {
  private readonly urns: ReadonlySet<string>;
  private readonly ids: ReadonlySet<unknown>;

  constructor(private readonly stack: StackView) {
    const balancers = stack.ofType(...loadBalancerTypes, classicType);
    this.ids = new Set(
      balancers.flatMap((balancer) =>
        balancer.props
          .at("securityGroups")
          .elements()
          .flatMap((group) => group.scalar() ?? []),
      ),
    );
    const sources = new Set(
      balancers.flatMap((balancer) => [...(balancer.propertyDependencies.get("securityGroups") ?? [])]),
    );
    const groups = stack
      .ofType(groupType)
      .filter(({ urn, props }) => sources.has(urn) || this.ids.has(props.at("id").scalar()));
    this.urns = new Set(groups.map(({ urn }) => urn));
  }

  /** Whether the group that an ingress rule belongs to is a load balancer's. */
  own(resource: StackResource): Truth {
    if (resource.type === groupType) return Truth.of(this.urns.has(resource.urn));
    return this.has(resource, "securityGroupId", resource.props.at("securityGroupId"));
  }

  /** Whether a group named in a property is a load balancer's. At preview it shows by where the name came from. */
  has(resource: StackResource, property: string, value: Value): Truth {
    const id = value.scalar();
    if (id !== undefined) return Truth.of(this.ids.has(id));
    const named = this.groupsNamed(resource, property);
    if (named.length === 0) return Truth.unknown(value.path);
    const balancers = named.filter(({ urn }) => this.urns.has(urn));
    if (balancers.length === named.length) return Truth.yes;
    // Inline rules share one property, so of several groups it is not known which stands where.
    return balancers.length === 0 ? Truth.no : Truth.unknown(value.path);
  }

  /** Whether a source is the very group that it is let into: its members are the engine. */
  isSelf(resource: StackResource, { value, property }: Source): Truth {
    const owner = resource.props.at("securityGroupId");
    const id = value.scalar();
    if (resource.type === groupType) {
      const own = resource.props.at("id").scalar();
      return Truth.of(id !== undefined && id === own);
    }
    if (id !== undefined && owner.scalar() !== undefined) return Truth.of(id === owner.scalar());
    const groups = this.stack.ofType(groupType);
    return Truth.any(
      groups.map((group) =>
        refersTo(resource, property, group, ["id"])
          .and(refersTo(resource, "securityGroupId", group, ["id"]))
          .and(Truth.of(this.groupsNamed(resource, property).length > 0)),
      ),
    );
  }

  /** What a config may call the groups that a property names: their ids, and their names in the program. */
  namesIn(resource: StackResource, property: string, value: Value): readonly string[] {
    const id = value.scalar();
    const groups =
      id === undefined
        ? this.groupsNamed(resource, property)
        : this.stack.ofType(groupType).filter(({ props }) => props.at("id").scalar() === id);
    return [...groups.map(({ name }) => name), ...(id === undefined ? [] : [String(id)])];
  }

  private groupsNamed(resource: StackResource, property: string): readonly StackResource[] {
    const sources = resource.propertyDependencies.get(property);
    return this.stack.ofType(groupType).filter(({ urn }) => sources?.has(urn));
  }
}
