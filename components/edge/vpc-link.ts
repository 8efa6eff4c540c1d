import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { ComponentArgs } from "../lib/component";
import { SecurityGroup } from "../network/security-group";
import type { Vpc } from "../network/vpc";
import type { LoadBalancer } from "./load-balancer";

export interface VpcLinkArgs extends ComponentArgs {
  /** The API that calls through the link. */
  readonly api: string;
  /** The link's interfaces stand in its private subnets. Not every zone has VPC links; AWS then says which. */
  readonly vpc: Vpc;
  readonly loadBalancer: LoadBalancer;
  /** Logical names of the link and of its security group. */
  readonly names: { readonly link: string; readonly group: string };
  readonly physicalName: string;
  readonly tags: Record<string, string>;
}

/** A VPC link (v2) by which an API calls a load balancer: one with the other's leave, on the port that serves, and nothing else. Free of charge. */
export function createVpcLink(args: VpcLinkArgs, parent: pulumi.Resource): aws.apigatewayv2.VpcLink {
  const { context, service, api, vpc, loadBalancer, names, tags } = args;
  const group = new SecurityGroup(
    names.group,
    { context, service, vpcId: vpc.id, description: `VPC link of ${api}` },
    { parent },
  );
  group.allowTo(loadBalancer.securityGroup, loadBalancer.listenerPort, "Requests of the API to the load balancer");
  loadBalancer.allowFrom(group, `Requests of the API ${api}`);
  return new aws.apigatewayv2.VpcLink(
    names.link,
    { name: args.physicalName, subnetIds: vpc.privateSubnetIds, securityGroupIds: [group.id], tags },
    { parent },
  );
}
