import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "../data/bucket";
import { Component, type ComponentArgs } from "../lib/component";
import { partitionOf } from "../lib/context";
import { sidPart } from "../lib/names";

export interface DistributionLogsArgs extends ComponentArgs {
  readonly distributionArn: pulumi.Input<string>;
  readonly bucket: Bucket;
}

/** Where CloudFront's log sources and destinations are kept, whatever the bucket's region. Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html */
const region = "us-east-1";

/**
 * Access logs of a distribution as JSON lines in a bucket, by hour: `AWSLogs/<account>/CloudFront/<distribution>/<year>/<month>/<day>/<hour>/`. The older kind of log
 * needs a bucket with ACLs; this one is let in by the bucket policy.
 *
 * Cost: storage; the delivery to S3 is free of charge (unverified).
 */
export class DistributionLogs extends Component {
  constructor(name: string, args: DistributionLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "DistributionLogs", name, args, opts);
    const { bucket } = args;
    const deliveryName = this.physicalName("logDelivery");
    this.admitDelivery(bucket, deliveryName);
    const source = new aws.cloudwatch.LogDeliverySource(
      this.childName("source"),
      { region, name: deliveryName, logType: "ACCESS_LOGS", resourceArn: args.distributionArn, tags: this.tags() },
      { parent: this },
    );
    const destination = new aws.cloudwatch.LogDeliveryDestination(
      this.childName("destination"),
      {
        region,
        name: deliveryName,
        outputFormat: "json",
        deliveryDestinationConfiguration: { destinationResourceArn: bucket.arn },
        tags: this.tags(),
      },
      { parent: this, dependsOn: [bucket.nodes.policy] },
    );
    new aws.cloudwatch.LogDelivery(
      this.childName("delivery"),
      {
        region,
        deliverySourceName: source.name,
        deliveryDestinationArn: destination.arn,
        s3DeliveryConfigurations: [
          { suffixPath: "{DistributionId}/{yyyy}/{MM}/{dd}/{HH}", enableHiveCompatiblePath: false },
        ],
        tags: this.tags(),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-S3.html */
  private admitDelivery(bucket: Bucket, deliveryName: string): void {
    const { accountId } = this.context;
    const source = `arn:${partitionOf(region)}:logs:${region}:${accountId}:delivery-source:${deliveryName}`;
    bucket.admit({
      sid: `LogsOf${sidPart(this.logicalName)}`,
      principals: { services: ["delivery.logs.amazonaws.com"] },
      actions: ["s3:PutObject"],
      resources: [`${bucket.arn}/AWSLogs/${accountId}/CloudFront/*`],
      conditions: {
        StringEquals: { "aws:SourceAccount": accountId, "s3:x-amz-acl": "bucket-owner-full-control" },
        ArnLike: { "aws:SourceArn": source },
      },
    });
  }
}
