import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import type { LogRetentionDays } from "../lib/log-retention";
import { ServiceRole } from "../lib/service-role";

export interface FlowLogsArgs extends ComponentArgs {
  readonly vpcId: pulumi.Input<string>;
  readonly retentionDays: LogRetentionDays;
}

/**
 * A VPC's accepted and refused connections, in a log group.
 *
 * Cost: $0.50 per GB taken in and $0.03 per GB and month kept (us-east-1); an idle VPC writes next to nothing.
 */
export class FlowLogs extends Component {
  readonly logGroupName: string;

  constructor(name: string, args: FlowLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("network", "FlowLogs", name, args, opts);
    this.logGroupName = `/aws/vpc/${this.physicalName("logGroup")}`;
    const logGroup = new aws.cloudwatch.LogGroup(
      this.childName("log-group"),
      { name: this.logGroupName, retentionInDays: args.retentionDays, tags: this.tags() },
      { parent: this },
    );
    const writer = this.createWriter();
    new aws.ec2.FlowLog(
      this.childName("flow-log"),
      {
        vpcId: args.vpcId,
        trafficType: "ALL",
        logDestination: logGroup.arn,
        iamRoleArn: writer.arn,
        maxAggregationInterval: 600,
        tags: this.namedTags(),
      },
      { parent: this, dependsOn: writer.permissions },
    );
    this.registerOutputs({ logGroupName: this.logGroupName });
  }

  /** Source of conditions and actions: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html */
  private createWriter(): ServiceRole {
    const { accountId } = this.context;
    const writer = new ServiceRole(
      this.childName("writer"),
      {
        ...this.inherited(),
        trusts: "vpc-flow-logs.amazonaws.com",
        trustConditions: {
          StringEquals: { "aws:SourceAccount": accountId },
          ArnLike: { "aws:SourceArn": arnOf(this.context, "ec2", "vpc-flow-log/*") },
        },
        description: `Writes the flow logs of ${this.logicalName}`,
      },
      { parent: this },
    );
    const logGroupArn = arnOf(this.context, "logs", `log-group:${this.logGroupName}`);
    writer.allow("write", [
      {
        sid: "WriteFlowLogs",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"],
        resources: [logGroupArn, `${logGroupArn}:*`],
      },
    ]);
    return writer;
  }
}
