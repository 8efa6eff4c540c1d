import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { type PlainStatement, policyDocument } from "../lib/iam";
import { cidrPeer } from "./peer";
import { SecurityGroup } from "./security-group";

export const gatewayServices = ["s3", "dynamodb"] as const;
export type GatewayService = (typeof gatewayServices)[number];

export interface VpcEndpointsArgs extends ComponentArgs {
  readonly vpcId: pulumi.Input<string>;
  readonly vpcCidr: string;
  /** Gateway endpoints, free of charge, reached through these route tables. */
  readonly gateways: readonly GatewayService[];
  readonly routeTableIds: readonly pulumi.Input<string>[];
  /** Let the gateways reach only what belongs to this account. */
  readonly ownAccountOnly: boolean;
  /** Services with an interface endpoint in each of these subnets, such as `secretsmanager`. */
  readonly interfaces: readonly string[];
  readonly subnetIds: readonly pulumi.Input<string>[];
}

/**
 * Ways to AWS services that don't leave the VPC.
 *
 * Cost: gateway endpoints nothing; interface endpoints $0.01 per hour, service and zone ($7.30 a month) and $0.01 per GB.
 */
export class VpcEndpoints extends Component {
  readonly nodes: { readonly gateways: ReadonlyMap<GatewayService, aws.ec2.VpcEndpoint> };
  /** Admits HTTPS from the VPC to the interface endpoints. Undefined without any. */
  readonly interfaceSecurityGroup: SecurityGroup | undefined;

  constructor(name: string, args: VpcEndpointsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("network", "VpcEndpoints", name, args, opts);
    this.nodes = { gateways: new Map(args.gateways.map((service) => [service, this.createGateway(service, args)])) };
    this.interfaceSecurityGroup = args.interfaces.length === 0 ? undefined : this.createInterfaces(args);
    this.registerOutputs({});
  }

  private createGateway(service: GatewayService, args: VpcEndpointsArgs): aws.ec2.VpcEndpoint {
    return new aws.ec2.VpcEndpoint(
      this.childName(service),
      {
        vpcId: args.vpcId,
        serviceName: this.serviceName(service),
        vpcEndpointType: "Gateway",
        routeTableIds: [...args.routeTableIds],
        ...(args.ownAccountOnly ? { policy: policyDocument([ownAccountOnly(service, this.context.accountId)]) } : {}),
        tags: this.namedTags(service),
      },
      { parent: this },
    );
  }

  private createInterfaces(args: VpcEndpointsArgs): SecurityGroup {
    const securityGroup = new SecurityGroup(
      this.childName("interfaces"),
      { ...this.inherited(), vpcId: args.vpcId, description: "Interface endpoints of AWS services" },
      { parent: this },
    );
    securityGroup.allowFrom(cidrPeer(args.vpcCidr), 443, "HTTPS from the VPC to AWS services");
    for (const service of args.interfaces) {
      new aws.ec2.VpcEndpoint(
        this.childName(service.replace(/[^a-z0-9]+/g, "-")),
        {
          vpcId: args.vpcId,
          serviceName: this.serviceName(service),
          vpcEndpointType: "Interface",
          subnetIds: [...args.subnetIds],
          securityGroupIds: [securityGroup.id],
          privateDnsEnabled: true,
          tags: this.namedTags(service.replace(/[^a-z0-9]+/g, "-")),
        },
        { parent: this },
      );
    }
    return securityGroup;
  }

  private serviceName(service: string): string {
    return `com.amazonaws.${this.context.region}.${service}`;
  }
}

/** An endpoint policy admits what the caller's own permissions admit, so it lists the data actions and narrows the owner only. */
function ownAccountOnly(service: GatewayService, accountId: string): PlainStatement {
  const actions: Record<GatewayService, readonly string[]> = {
    s3: [
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:PutObject",
      "s3:DeleteObject",
      "s3:ListBucket",
      "s3:ListBucketVersions",
      "s3:GetBucketLocation",
      "s3:AbortMultipartUpload",
      "s3:ListMultipartUploadParts",
      "s3:ListBucketMultipartUploads",
    ],
    dynamodb: [
      "dynamodb:GetItem",
      "dynamodb:BatchGetItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:DeleteItem",
      "dynamodb:BatchWriteItem",
      "dynamodb:ConditionCheckItem",
      "dynamodb:DescribeTable",
    ],
  };
  return {
    sid: "OwnAccountOnly",
    principals: "everyone",
    actions: actions[service],
    resources: ["*"],
    anyResourceBecause: "the condition narrows it to resources of this account",
    conditions: { StringEquals: { "aws:ResourceAccount": accountId, "aws:PrincipalAccount": accountId } },
  };
}
