import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../../components/lib/component";
import { partitionOf } from "../../components/lib/context";
import { denyWithoutTls, policyDocument } from "../../components/lib/iam";
import type { StateKey } from "./state-key";

export interface StateBucketArgs extends ComponentArgs {
  readonly key: StateKey;
}

/** Where `./llm state backup --to s3` puts copies, and how long they and replaced versions of states stay. */
export const backupPrefix = "state-backups/";
const days = { replaced: 90, backups: 365, abandonedUploads: 7 } as const;

/**
 * The S3 bucket of Pulumi's states: closed, TLS only, versioned, encrypted with a key of its own. A state that was replaced or deleted
 * can be had back for 90 days, a copy in `state-backups/` for a year. Not emptied by anything, but where data is disposable.
 *
 * Cost: cents a month; a state of 300 resources is about 1 MB.
 */
export class StateBucket extends Component {
  readonly name: string;
  readonly arn: string;
  readonly nodes: { readonly bucket: aws.s3.Bucket };

  constructor(name: string, args: StateBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "StateBucket", name, args, opts);
    this.name = this.globalName("bucket");
    this.arn = `arn:${partitionOf(this.context.region)}:s3:::${this.name}`;
    const bucket = new aws.s3.Bucket(
      this.childName("bucket"),
      { bucket: this.name, forceDestroy: this.context.disposableData, tags: this.tags() },
      this.dataOptions(),
    );
    this.nodes = { bucket };
    this.close(bucket);
    this.encrypt(bucket, args.key);
    const versioning = this.keepVersions(bucket);
    this.expire(bucket, versioning);
    this.registerOutputs({ name: bucket.bucket });
  }

  private close(bucket: aws.s3.Bucket): void {
    new aws.s3.BucketPublicAccessBlock(
      this.childName("public-access-block"),
      {
        bucket: bucket.id,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      { parent: this },
    );
    new aws.s3.BucketPolicy(
      this.childName("policy"),
      { bucket: bucket.id, policy: policyDocument([denyWithoutTls(["s3:*"], [this.arn, `${this.arn}/*`])]) },
      { parent: this },
    );
  }

  private encrypt(bucket: aws.s3.Bucket, key: StateKey): void {
    new aws.s3.BucketServerSideEncryptionConfiguration(
      this.childName("encryption"),
      {
        bucket: bucket.id,
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn },
            bucketKeyEnabled: true,
          },
        ],
      },
      { parent: this },
    );
  }

  private keepVersions(bucket: aws.s3.Bucket): pulumi.Resource {
    return new aws.s3.BucketVersioning(
      this.childName("versioning"),
      { bucket: bucket.id, versioningConfiguration: { status: "Enabled" } },
      { parent: this },
    );
  }

  private expire(bucket: aws.s3.Bucket, versioning: pulumi.Resource): void {
    new aws.s3.BucketLifecycleConfiguration(
      this.childName("lifecycle"),
      {
        bucket: bucket.id,
        rules: [
          {
            id: "tidy",
            status: "Enabled",
            filter: { prefix: "" },
            noncurrentVersionExpiration: { noncurrentDays: days.replaced },
            abortIncompleteMultipartUpload: { daysAfterInitiation: days.abandonedUploads },
          },
          {
            id: "expire-backups",
            status: "Enabled",
            filter: { prefix: backupPrefix },
            expiration: { days: days.backups },
          },
        ],
      },
      { parent: this, dependsOn: [versioning] },
    );
  }
}
