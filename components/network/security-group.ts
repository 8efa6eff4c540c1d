import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import type { AddressPeer, Port } from "./peer";

export interface SecurityGroupArgs extends ComponentArgs {
  readonly vpcId: pulumi.Input<string>;
  /** What the members are. AWS can't change it later: another text replaces the group. */
  readonly description: string;
}

export type Peer = SecurityGroup | AddressPeer;

/** Characters AWS takes in descriptions. Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
const describable = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

type Direction = "from" | "to";

/**
 * A security group without rules: nothing in, nothing out, until `allowFrom` or `allowTo` says so. Each rule is a resource of its own, so groups
 * can allow each other.
 */
export class SecurityGroup extends Component {
  readonly id: pulumi.Output<string>;
  readonly nodes: { readonly securityGroup: aws.ec2.SecurityGroup };
  private readonly rules = new Map<string, pulumi.Resource>();

  constructor(name: string, args: SecurityGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("network", "SecurityGroup", name, args, opts);
    this.check([describes("description", args.description)]);
    const securityGroup = new aws.ec2.SecurityGroup(
      this.childName("group"),
      {
        vpcId: args.vpcId,
        name: this.physicalName("securityGroup"),
        description: args.description,
        tags: this.namedTags(),
      },
      { parent: this },
    );
    this.nodes = { securityGroup };
    this.id = securityGroup.id;
    this.registerOutputs({ id: this.id });
  }

  /**
   * Lets a peer open connections to the group's members. Saying it twice makes one rule.
   * @param why a short reason; becomes the rule's description
   */
  allowFrom(peer: Peer, port: Port, why: string): pulumi.Resource {
    return this.rule("from", peer, port, why, (logicalName, inputs, opts) => {
      return new aws.vpc.SecurityGroupIngressRule(logicalName, inputs, opts);
    });
  }

  /**
   * Lets the group's members open connections to a peer. Saying it twice makes one rule.
   * @param why a short reason; becomes the rule's description
   */
  allowTo(peer: Peer, port: Port, why: string): pulumi.Resource {
    return this.rule("to", peer, port, why, (logicalName, inputs, opts) => {
      return new aws.vpc.SecurityGroupEgressRule(logicalName, inputs, opts);
    });
  }

  private rule(
    direction: Direction,
    peer: Peer,
    port: Port,
    why: string,
    create: (
      logicalName: string,
      inputs: aws.vpc.SecurityGroupIngressRuleArgs & aws.vpc.SecurityGroupEgressRuleArgs,
      opts: pulumi.CustomResourceOptions,
    ) => pulumi.Resource,
  ): pulumi.Resource {
    this.check([describes("why", why)]);
    const { key: portKey, ...ports } = portInputs(port);
    const peerKey = peer instanceof SecurityGroup ? peer.role : peer.key;
    const key = [direction, peerKey, portKey].join("-");
    const existing = this.rules.get(key);
    if (existing) return existing;
    const source = peer instanceof SecurityGroup ? { referencedSecurityGroupId: peer.id } : peer.source;
    const rule = create(
      this.childName(key),
      {
        securityGroupId: this.id,
        ...ports,
        description: why,
        ...source,
        tags: this.namedTags(),
      },
      { parent: this },
    );
    this.rules.set(key, rule);
    return rule;
  }
}

/** A port as rules have it, and as logical names do. */
function portInputs(port: Port) {
  if (port === "all") return { key: "all", ipProtocol: "-1" };
  const { protocol, from, to } = typeof port === "number" ? { protocol: "tcp", from: port, to: port } : port;
  return {
    key: `${protocol}-${from === to ? from : `${from}-${to}`}`,
    ipProtocol: protocol,
    fromPort: from,
    toPort: to,
  };
}

function describes(path: string, text: string) {
  return {
    path,
    ok: describable.test(text),
    message: `is "${text}"; give 1 to 255 letters, digits, spaces or ._-:/()#,@[]+=&;{}!$*.`,
  };
}
