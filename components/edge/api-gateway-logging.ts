import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { ServiceRole } from "../lib/service-role";

/**
 * The role with which API Gateway writes the logs of REST APIs: one setting for all of them in an account and region. A stage with access logs can't be made
 * without it.
 *
 * Destroying it empties the setting, so in an account with several stacks only one of them must have it.
 *
 * Cost: nothing.
 */
export class ApiGatewayLogging extends Component {
  readonly nodes: { readonly account: aws.apigateway.Account };

  constructor(name: string, args: ComponentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "ApiGatewayLogging", name, args, opts);
    const writer = new ServiceRole(
      this.childName("writer"),
      {
        ...this.inherited(),
        trusts: "apigateway.amazonaws.com",
        description: "Writes the logs of this region's REST APIs",
        managedPolicies: ["service-role/AmazonAPIGatewayPushToCloudWatchLogs"],
      },
      { parent: this },
    );
    const account = new aws.apigateway.Account(
      this.childName("account"),
      { cloudwatchRoleArn: writer.arn },
      { parent: this, dependsOn: writer.permissions },
    );
    this.nodes = { account };
    this.registerOutputs({});
  }
}
