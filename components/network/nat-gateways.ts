import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";

export const natModes = ["none", "single", "per-az"] as const;
export type NatMode = (typeof natModes)[number];

/** Something in one availability zone that has an id. */
export interface ZonedId {
  readonly zone: string;
  readonly id: pulumi.Output<string>;
}

export interface NatGatewaysArgs extends ComponentArgs {
  /** One gateway in the first public subnet, or one in each. */
  readonly mode: Exclude<NatMode, "none">;
  readonly publicSubnets: readonly ZonedId[];
  /** The VPC's internet gateway: AWS makes no NAT gateway before it is attached. */
  readonly internetGateway: pulumi.Resource;
  /** Given a default route to the gateway of their zone, or to the only one. */
  readonly privateRouteTables: readonly ZonedId[];
}

/**
 * A way out to the internet for private subnets.
 *
 * Cost: $0.045 per hour and gateway ($32.85 a month), $0.045 per GB, and $3.65 a month for the address. One gateway fails with its zone and
 * traffic from other zones pays $0.01 per GB on top; one per zone does neither.
 */
export class NatGateways extends Component {
  constructor(name: string, args: NatGatewaysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("network", "NatGateways", name, args, opts);
    const hosts = args.mode === "single" ? args.publicSubnets.slice(0, 1) : args.publicSubnets;
    const gateways = new Map(hosts.map((subnet) => [subnet.zone, this.createGateway(subnet, args.internetGateway)]));
    const [only] = gateways.values();
    for (const table of args.privateRouteTables) {
      const gateway = gateways.get(table.zone) ?? only;
      if (gateway === undefined) continue;
      new aws.ec2.Route(
        this.childName(`route-${letterOf(table.zone)}`),
        { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", natGatewayId: gateway.id },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }

  private createGateway(subnet: ZonedId, internetGateway: pulumi.Resource): aws.ec2.NatGateway {
    const letter = letterOf(subnet.zone);
    const address = new aws.ec2.Eip(
      this.childName(`address-${letter}`),
      { domain: "vpc", tags: this.namedTags(letter) },
      { parent: this },
    );
    return new aws.ec2.NatGateway(
      this.childName(`gateway-${letter}`),
      { subnetId: subnet.id, allocationId: address.id, tags: this.namedTags(letter) },
      { parent: this, dependsOn: [internetGateway] },
    );
  }
}

/** The last letter of a zone: what names zoned resources, since it is unique within a VPC and never changes. */
export function letterOf(zone: string): string {
  return zone.slice(-1);
}
