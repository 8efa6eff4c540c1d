import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import type { Metric, MetricMath } from "../observability/metric";
import type { Bucket } from "./bucket";

export interface BucketMetricsArgs extends ComponentArgs {
  readonly bucket: Bucket;
}

/** Names the filter in metrics; the console's own name for one without conditions. */
const filterId = "EntireBucket";
const day = 86_400;

/**
 * Has CloudWatch count the requests to a bucket, which S3 does on demand alone. Its size is counted anyway, once a day.
 *
 * Cost: $0.30 a month for each kind of request that occurs, as any metric of one's own (us-east-1, unverified).
 */
export class BucketMetrics extends Component {
  private readonly bucketName: string;

  constructor(name: string, args: BucketMetricsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "BucketMetrics", name, args, opts);
    this.bucketName = args.bucket.name;
    new aws.s3.BucketMetric(
      this.childName("requests"),
      { bucket: args.bucket.nodes.bucket.id, name: filterId },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** Requests of every kind, in each minute. */
  metricRequests(): Metric {
    return this.requestMetric("AllRequests");
  }

  /** Requests answered with 4xx or 5xx, in each minute. */
  metricErrors(): MetricMath {
    return {
      expression: "FILL(client, 0) + FILL(server, 0)",
      using: { client: this.requestMetric("4xxErrors"), server: this.requestMetric("5xxErrors") },
      label: "Requests that failed",
    };
  }

  /** Size of all objects and their kept versions in the standard storage class, in bytes. */
  metricSizeBytes(): Metric {
    return {
      namespace: "AWS/S3",
      name: "BucketSizeBytes",
      dimensions: { BucketName: this.bucketName, StorageType: "StandardStorage" },
      statistic: "Average",
      periodSeconds: day,
    };
  }

  /** Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html */
  private requestMetric(name: string): Metric {
    return {
      namespace: "AWS/S3",
      name,
      dimensions: { BucketName: this.bucketName, FilterId: filterId },
      statistic: "Sum",
      periodSeconds: 60,
    };
  }
}
