import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import type { LogRetentionDays } from "../lib/log-retention";
import { allocateSubnets, type SubnetPlan } from "./cidr";
import { type GatewayService, VpcEndpoints } from "./endpoints";
import { FlowLogs } from "./flow-logs";
import { letterOf, NatGateways, type NatMode, type ZonedId } from "./nat-gateways";
import { type AddressPeer, prefixListPeer } from "./peer";

export interface VpcArgs extends ComponentArgs {
  /** Address block, /16 to /28, such as `10.0.0.0/16`. */
  readonly cidr: string;
  /** Zones with one subnet of each tier, such as `us-east-1a`. Adding one later moves nothing. */
  readonly availabilityZones: readonly string[];
  /** Also make public subnets with an internet gateway. Default false: private subnets only. */
  readonly publicSubnets?: boolean;
  /** With `publicSubnets`: zones that have one. Default: all. */
  readonly publicZones?: readonly string[];
  /** The tiers in the order of their addresses. Default `private`, then `public`. */
  readonly tierOrder?: readonly Tier[];
  /** Size of each subnet. Default 24: 251 usable addresses. */
  readonly subnetPrefixLength?: number;
  /** Zones to keep address room for in each tier. Default 6; fewer fit a smaller block. */
  readonly zoneSlots?: number;
  /** The private subnets' way out. Default `none`; the others need `publicSubnets`. */
  readonly nat?: NatMode;
  /** Gateway endpoints, free of charge. Default S3. */
  readonly gatewayEndpoints?: readonly GatewayService[];
  /** Whether the public subnets reach gateway endpoints too, where machines of theirs call those services. Default false. */
  readonly publicGatewayEndpoints?: boolean;
  /**
   * Let the gateway endpoints reach only buckets and tables of this account. Default false: package repositories and container layers come from
   * buckets of others.
   */
  readonly ownAccountEndpoints?: boolean;
  /** Services with an interface endpoint in every private subnet, such as `secretsmanager`. Default none; each costs $7.30 a month and zone. */
  readonly interfaceEndpoints?: readonly string[];
  /** Days to keep flow logs. Default: no flow logs. */
  readonly flowLogRetentionDays?: LogRetentionDays;
}

export interface Subnet {
  readonly zone: string;
  readonly cidr: string;
  readonly id: pulumi.Output<string>;
}

const tierNames = { private: "private", public: "public" } as const;
export type Tier = keyof typeof tierNames;
const defaultOrder: readonly Tier[] = ["private", "public"];

/**
 * A VPC with one private subnet per zone and, if wanted, one public. Its default security group has no rules.
 *
 * Cost: nothing of itself; see NatGateways, VpcEndpoints and FlowLogs for what it may hold.
 */
export class Vpc extends Component {
  readonly id: pulumi.Output<string>;
  readonly cidr: string;
  readonly privateSubnets: readonly Subnet[];
  readonly publicSubnets: readonly Subnet[];
  readonly nodes: { readonly vpc: aws.ec2.Vpc };
  private readonly endpoints: VpcEndpoints;

  constructor(name: string, args: VpcArgs, opts?: pulumi.ComponentResourceOptions) {
    super("network", "Vpc", name, args, opts);
    const plan = this.plan(args);
    this.cidr = args.cidr;
    this.nodes = { vpc: this.createVpc() };
    this.id = this.nodes.vpc.id;
    this.closeDefaultSecurityGroup();
    this.privateSubnets = this.createSubnets(plan, tierNames.private);
    this.publicSubnets = this.createSubnets(plan, tierNames.public);
    const privateRouteTables = this.createPrivateRouteTables();
    const access = args.publicSubnets ? this.createInternetAccess() : undefined;
    if (args.nat && args.nat !== "none" && access) this.createNat(args.nat, access.gateway, privateRouteTables);
    const publicRouteTables = args.publicGatewayEndpoints && access ? [access.routeTable.id] : [];
    this.endpoints = this.createEndpoints(args, [...privateRouteTables.map(({ id }) => id), ...publicRouteTables]);
    if (args.flowLogRetentionDays !== undefined) this.createFlowLogs(args.flowLogRetentionDays);
    this.registerOutputs({ id: this.id });
  }

  get privateSubnetIds(): pulumi.Output<string>[] {
    return this.privateSubnets.map((subnet) => subnet.id);
  }

  get publicSubnetIds(): pulumi.Output<string>[] {
    return this.publicSubnets.map((subnet) => subnet.id);
  }

  /**
   * The addresses behind a gateway endpoint, as a peer for security groups.
   * @throws Error if the VPC has no such endpoint
   */
  gatewayPeer(service: GatewayService): AddressPeer {
    const endpoint = this.endpoints.nodes.gateways.get(service);
    if (!endpoint) {
      throw new Error(`${this.logicalName} has no gateway endpoint of ${service}: add it to gatewayEndpoints.`);
    }
    return prefixListPeer(service, endpoint.prefixListId);
  }

  private plan(args: VpcArgs): SubnetPlan[] {
    const { cidr, availabilityZones: zones, subnetPrefixLength: prefixLength = 24, zoneSlots } = args;
    const { publicZones = zones, tierOrder = defaultOrder } = args;
    const tiers = tierOrder.filter((tier) => tier === tierNames.private || args.publicSubnets);
    let plan: SubnetPlan[] = [];
    let mistake = "";
    try {
      plan = allocateSubnets({
        vpc: cidr,
        zones,
        zoneSlots,
        tiers: tiers.map((tier) => ({ name: tier, prefixLength })),
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      mistake = error.message;
    }
    const strangers = zones.filter((zone) => !zone.startsWith(this.context.region));
    const unknown = publicZones.filter((zone) => !zones.includes(zone));
    this.check([
      { path: "cidr", ok: mistake === "", message: mistake },
      {
        path: "availabilityZones",
        ok: strangers.length === 0,
        message: `${strangers.join(", ")} not in region ${this.context.region}.`,
      },
      {
        path: "publicZones",
        ok:
          unknown.length === 0 &&
          publicZones.length > 0 &&
          (args.publicZones === undefined || args.publicSubnets === true),
        message: `is "${publicZones.join(", ")}"; with publicSubnets, give zones out of ${zones.join(", ")}.`,
      },
      {
        path: "tierOrder",
        ok: [...tierOrder].sort().join() === defaultOrder.join(),
        message: `is "${tierOrder.join(", ")}"; name private and public once each.`,
      },
      {
        path: "nat",
        ok: (args.nat ?? "none") === "none" || args.publicSubnets === true,
        message: `is "${args.nat}", but NAT gateways stand in public subnets; set publicSubnets.`,
      },
    ]);
    return plan.filter(({ tier, zone }) => tier === tierNames.private || publicZones.includes(zone));
  }

  private createVpc(): aws.ec2.Vpc {
    return new aws.ec2.Vpc(
      this.childName("vpc"),
      { cidrBlock: this.cidr, enableDnsSupport: true, enableDnsHostnames: true, tags: this.namedTags() },
      { parent: this },
    );
  }

  /** AWS makes this group with every VPC and puts what names no group into it. */
  private closeDefaultSecurityGroup(): void {
    new aws.ec2.DefaultSecurityGroup(
      this.childName("default-security-group"),
      { vpcId: this.id, ingress: [], egress: [], tags: this.namedTags("default-closed") },
      { parent: this },
    );
  }

  private createSubnets(plan: readonly SubnetPlan[], tier: string): Subnet[] {
    return plan
      .filter((subnet) => subnet.tier === tier)
      .map(({ zone, cidr }) => {
        const suffix = `${tier}-${letterOf(zone)}`;
        const subnet = new aws.ec2.Subnet(
          this.childName(suffix),
          {
            vpcId: this.id,
            cidrBlock: cidr,
            availabilityZone: zone,
            mapPublicIpOnLaunch: false,
            tags: this.namedTags(suffix),
          },
          { parent: this },
        );
        return { zone, cidr, id: subnet.id };
      });
  }

  private createPrivateRouteTables(): ZonedId[] {
    return this.privateSubnets.map((subnet) => ({
      zone: subnet.zone,
      id: this.createRouteTable(`private-${letterOf(subnet.zone)}`, [subnet]).id,
    }));
  }

  private createRouteTable(suffix: string, subnets: readonly Subnet[]): aws.ec2.RouteTable {
    const table = new aws.ec2.RouteTable(
      this.childName(`${suffix}-routes`),
      { vpcId: this.id, tags: this.namedTags(suffix) },
      { parent: this },
    );
    for (const { zone, id } of subnets) {
      new aws.ec2.RouteTableAssociation(
        this.childName(`${suffix}-routes-of-${letterOf(zone)}`),
        { routeTableId: table.id, subnetId: id },
        { parent: this },
      );
    }
    return table;
  }

  private createInternetAccess(): { gateway: aws.ec2.InternetGateway; routeTable: aws.ec2.RouteTable } {
    const gateway = new aws.ec2.InternetGateway(
      this.childName("internet-gateway"),
      { vpcId: this.id, tags: this.namedTags() },
      { parent: this },
    );
    const routeTable = this.createRouteTable("public", this.publicSubnets);
    new aws.ec2.Route(
      this.childName("public-default-route"),
      { routeTableId: routeTable.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
      { parent: this },
    );
    return { gateway, routeTable };
  }

  private createNat(
    mode: Exclude<NatMode, "none">,
    internetGateway: pulumi.Resource,
    privateRouteTables: readonly ZonedId[],
  ): void {
    new NatGateways(
      this.childName("nat"),
      { ...this.inherited(), mode, publicSubnets: this.publicSubnets, internetGateway, privateRouteTables },
      { parent: this },
    );
  }

  private createEndpoints(args: VpcArgs, routeTableIds: readonly pulumi.Output<string>[]): VpcEndpoints {
    return new VpcEndpoints(
      this.childName("endpoints"),
      {
        ...this.inherited(),
        vpcId: this.id,
        vpcCidr: this.cidr,
        gateways: args.gatewayEndpoints ?? ["s3"],
        routeTableIds,
        ownAccountOnly: args.ownAccountEndpoints ?? false,
        interfaces: args.interfaceEndpoints ?? [],
        subnetIds: this.privateSubnetIds,
      },
      { parent: this },
    );
  }

  private createFlowLogs(retentionDays: LogRetentionDays): void {
    new FlowLogs(this.childName("flow-logs"), { ...this.inherited(), vpcId: this.id, retentionDays }, { parent: this });
  }
}
