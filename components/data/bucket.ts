import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { partitionOf } from "../lib/context";
import { denyWithoutTls, type Grantee, policyDocumentOf, type Statement } from "../lib/iam";
import { slug } from "../lib/names";
import { wholeNumber } from "../lib/validation";
import { prefixMistakes } from "./bucket-notifications";

/** What a bucket can tell of an upload: a function that S3 may invoke. */
export interface BucketListener {
  readonly arn: pulumi.Input<string>;
  /** Lets an AWS service invoke it. `from` names the caller in logical names. */
  allowInvoke(
    from: string,
    caller: { principal: string; sourceArn: pulumi.Input<string>; sourceAccount?: string },
  ): pulumi.Resource;
}

export interface BucketArgs extends ComponentArgs {
  /** Empty objects such as `models/` that show the layout in the console. Default none. */
  readonly prefixes?: readonly string[];
  /** Days to keep replaced and deleted versions. Default 30. */
  readonly noncurrentVersionDays?: number;
  /** Days after which what lies under a prefix is deleted, such as `{ "outputs/": 90 }`; the prefix `""` is all. Default: nothing is. */
  readonly expireAfterDays?: Readonly<Record<string, number>>;
  /** Days after which what lies under a prefix moves to Standard-IA, at least 30, such as `{ "uploads/": 90 }`. Default: nothing does. */
  readonly archiveAfterDays?: Readonly<Record<string, number>>;
  /**
   * Days after which what lies under a prefix moves to Glacier Flexible Retrieval, from which it takes hours to get back, such as `{ "": 30 }`. It costs $0.0036 per GB and month
   * (us-east-1, unverified), is in no free offer, and each object is billed for at least 90 days. Default: nothing does.
   */
  readonly glacierAfterDays?: Readonly<Record<string, number>>;
}

/** S3 takes nothing younger into Standard-IA. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
const leastArchiveDays = 30;

/** Days after which parts of an upload that was never finished are deleted; they cost as much as objects. */
const abandonedUploadDays = 7;

/**
 * A private, versioned S3 bucket: encrypted (SSE-S3, AES-256), TLS only, all public access blocked.
 *
 * Its name is `<system>-<role>-<stack>-<hash of account and region>`, known at preview. Protected where the environment protects data;
 * emptied on destroy where data is disposable.
 *
 * Cost: $0.023 per GB and month, $0.005 per 1,000 PUT and $0.0004 per 1,000 GET (us-east-1). Replaced versions count as long as they are kept.
 */
export class Bucket extends Component {
  readonly name: string;
  /** Built from the name, so that policies on it can be read at preview. */
  readonly arn: string;
  readonly nodes: { readonly bucket: aws.s3.Bucket; readonly policy: aws.s3.BucketPolicy };
  private readonly layout: pulumi.Resource[];
  private readonly admitted: Statement[] = [];
  private policyWritten = false;
  private notified = false;

  constructor(name: string, args: BucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "Bucket", name, args, opts);
    this.checkArgs(args);
    this.name = this.globalName("bucket");
    this.arn = `arn:${partitionOf(this.context.region)}:s3:::${this.name}`;
    const bucket = this.createBucket();
    this.blockPublicAccess(bucket);
    this.encrypt(bucket);
    this.keepVersions(bucket);
    this.expire(bucket, args);
    this.nodes = { bucket, policy: this.requireTls(bucket) };
    this.layout = (args.prefixes ?? []).map((prefix) => this.createPrefix(bucket, prefix));
    this.registerOutputs({ name: bucket.bucket, arn: bucket.arn });
  }

  /**
   * Lets the grantee read objects under a prefix (default: all) and list them. Actions: `s3:GetObject` on the objects, `s3:ListBucket` on
   * the bucket, for that prefix. Without the latter a missing object would look like a forbidden one.
   */
  grantRead(grantee: Grantee, prefix = ""): pulumi.Resource {
    return grantee.allow(this.purpose("read", prefix), [
      { sid: "ReadObjects", actions: ["s3:GetObject"], resources: [this.objects(prefix)] },
      {
        sid: "ListObjects",
        actions: ["s3:ListBucket"],
        resources: [this.arn],
        ...(prefix === "" ? {} : { conditions: { StringLike: { "s3:prefix": `${prefix}*` } } }),
      },
    ]);
  }

  /** Lets the grantee write objects under a prefix. Action: `s3:PutObject`. */
  grantWrite(grantee: Grantee, prefix: string): pulumi.Resource {
    return grantee.allow(this.purpose("write", prefix), [
      { sid: "WriteObjects", actions: ["s3:PutObject"], resources: [this.objects(prefix)] },
    ]);
  }

  /** Lets the grantee read and write objects under a prefix, not list them. Actions: `s3:GetObject`, `s3:PutObject`. */
  grantReadWriteObjects(grantee: Grantee, prefix: string): pulumi.Resource {
    return grantee.allow(this.purpose("read-write", prefix), [
      { sid: "ReadWriteObjects", actions: ["s3:GetObject", "s3:PutObject"], resources: [this.objects(prefix)] },
    ]);
  }

  /** Lets the grantee read replaced versions of objects under a prefix, by their ids. Action: `s3:GetObjectVersion`. */
  grantReadVersions(grantee: Grantee, prefix: string): pulumi.Resource {
    return grantee.allow(this.purpose("read-versions", prefix), [
      { sid: "ReadVersions", actions: ["s3:GetObjectVersion"], resources: [this.objects(prefix)] },
    ]);
  }

  /**
   * Adds statements to the bucket policy, for AWS services that reach the bucket without a role of this account's. All of them must have been said when
   * the program has run to its end: what comes later, from inside an `apply`, is an error.
   */
  admit(...statements: readonly Statement[]): void {
    this.check([
      {
        path: "admit",
        ok: !this.policyWritten,
        message: "was called after the bucket policy was written; call it while the program runs, not in an apply.",
      },
    ]);
    this.admitted.push(...statements);
  }

  /**
   * Puts a file of this machine into the bucket. It stays when another one takes its place in the program: what names it by its key may still ask for it.
   * @param name unique for the bucket; part of the logical name
   */
  addFile(name: string, file: { readonly key: string; readonly path: string; readonly contentType: string }) {
    const { key, path, contentType } = file;
    return new aws.s3.BucketObjectv2(
      this.childName(name),
      { bucket: this.nodes.bucket.id, key, source: new pulumi.asset.FileAsset(path), contentType, tags: this.tags() },
      { parent: this, retainOnDelete: true },
    );
  }

  /**
   * Tells each listener of objects created under its prefix: `bucket.onObjectCreated({ "models/": producer })`. One call names them all, since S3 keeps
   * one notification configuration per bucket and a second would replace it.
   */
  onObjectCreated(listeners: Readonly<Record<string, BucketListener>>): void {
    const entries = Object.entries(listeners);
    this.check([
      ...prefixMistakes(Object.keys(listeners)).map((message) => ({ path: "listeners", ok: false, message })),
      {
        path: "onObjectCreated",
        ok: !this.notified,
        message: "was called twice; name all prefixes in one call, for the second would replace the first.",
      },
    ]);
    this.notified = true;
    const permissions = entries.map(([, listener]) =>
      listener.allowInvoke(this.role, {
        principal: "s3.amazonaws.com",
        sourceArn: this.arn,
        sourceAccount: this.context.accountId,
      }),
    );
    new aws.s3.BucketNotification(
      this.childName("notification"),
      {
        bucket: this.nodes.bucket.id,
        lambdaFunctions: entries.map(([filterPrefix, { arn }]) => ({
          id: slug(filterPrefix) || "all",
          events: ["s3:ObjectCreated:*"],
          filterPrefix,
          lambdaFunctionArn: arn,
        })),
      },
      // The layout's own objects would count as uploads, so they come first.
      { parent: this, dependsOn: [...permissions, ...this.layout] },
    );
  }

  private checkArgs(args: BucketArgs): void {
    const { prefixes = [], noncurrentVersionDays = 30, expireAfterDays = {}, archiveAfterDays = {} } = args;
    const { glacierAfterDays = {} } = args;
    const byPrefix = [expireAfterDays, archiveAfterDays, glacierAfterDays].flatMap((days) => Object.keys(days));
    this.check([
      wholeNumber("noncurrentVersionDays", noncurrentVersionDays, 1, 36_500, "days"),
      ...Object.entries(expireAfterDays).map(([prefix, days]) =>
        wholeNumber(`expireAfterDays["${prefix}"]`, days, 1, 36_500, "days"),
      ),
      ...Object.entries(archiveAfterDays).map(([prefix, days]) =>
        wholeNumber(`archiveAfterDays["${prefix}"]`, days, leastArchiveDays, 36_500, "days"),
      ),
      ...Object.entries(glacierAfterDays).map(([prefix, days]) =>
        wholeNumber(`glacierAfterDays["${prefix}"]`, days, 1, 36_500, "days"),
      ),
      ...[...prefixes, ...byPrefix.filter((prefix) => prefix !== "")].map((prefix) => ({
        path: "prefixes",
        ok: /^[A-Za-z0-9][A-Za-z0-9/_-]*\/$/.test(prefix),
        message: `holds "${prefix}"; give letters, digits, hyphens or underscores and a slash at the end.`,
      })),
    ]);
  }

  private createBucket(): aws.s3.Bucket {
    return new aws.s3.Bucket(
      this.childName("bucket"),
      { bucket: this.name, forceDestroy: this.context.disposableData, tags: this.tags() },
      this.dataOptions(),
    );
  }

  private blockPublicAccess(bucket: aws.s3.Bucket): void {
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
  }

  private encrypt(bucket: aws.s3.Bucket): void {
    new aws.s3.BucketServerSideEncryptionConfiguration(
      this.childName("encryption"),
      { bucket: bucket.id, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
      { parent: this },
    );
  }

  private keepVersions(bucket: aws.s3.Bucket): void {
    new aws.s3.BucketVersioning(
      this.childName("versioning"),
      { bucket: bucket.id, versioningConfiguration: { status: "Enabled" } },
      { parent: this },
    );
  }

  /** Does not wait for versioning: AWS takes the rules before it, and the provider polls a new configuration for 55 s. */
  private expire(bucket: aws.s3.Bucket, args: BucketArgs): void {
    const { noncurrentVersionDays = 30, expireAfterDays = {}, archiveAfterDays = {}, glacierAfterDays = {} } = args;
    new aws.s3.BucketLifecycleConfiguration(
      this.childName("lifecycle"),
      {
        bucket: bucket.id,
        rules: [
          {
            id: "tidy",
            status: "Enabled",
            filter: { prefix: "" },
            noncurrentVersionExpiration: { noncurrentDays: noncurrentVersionDays },
            abortIncompleteMultipartUpload: { daysAfterInitiation: abandonedUploadDays },
          },
          ...Object.entries(expireAfterDays).map(([prefix, days]) => ({
            id: `expire-${slug(prefix) || "all"}`,
            status: "Enabled",
            filter: { prefix },
            expiration: { days },
          })),
          ...Object.entries(archiveAfterDays).map(([prefix, days]) => ({
            id: `archive-${slug(prefix) || "all"}`,
            status: "Enabled",
            filter: { prefix },
            transitions: [{ days, storageClass: "STANDARD_IA" }],
          })),
          ...Object.entries(glacierAfterDays).map(([prefix, days]) => ({
            id: `glacier-${slug(prefix) || "all"}`,
            status: "Enabled",
            filter: { prefix },
            transitions: [{ days, storageClass: "GLACIER" }],
          })),
        ],
      },
      { parent: this },
    );
  }

  private requireTls(bucket: aws.s3.Bucket): aws.s3.BucketPolicy {
    return new aws.s3.BucketPolicy(
      this.childName("policy"),
      {
        bucket: bucket.id,
        policy: this.writePolicy(),
      },
      { parent: this },
    );
  }

  /** Waits for the end of the program, so that all who are admitted are in the one policy that a bucket has. */
  private writePolicy(): pulumi.Output<string> {
    const programRan = new Promise<string>((resolve) => setImmediate(() => resolve("")));
    return pulumi.output(programRan).apply(() => {
      this.policyWritten = true;
      return policyDocumentOf([denyWithoutTls(["s3:*"], [this.arn, `${this.arn}/*`]), ...this.admitted]);
    });
  }

  private createPrefix(bucket: aws.s3.Bucket, prefix: string): pulumi.Resource {
    return new aws.s3.BucketObjectv2(
      this.childName(`prefix-${slug(prefix)}`),
      { bucket: bucket.id, key: prefix, content: "", contentType: "application/x-directory", tags: this.tags() },
      { parent: this },
    );
  }

  private objects(prefix: string): string {
    return `${this.arn}/${prefix}*`;
  }

  private purpose(verb: string, prefix: string): string {
    return [this.role, verb, slug(prefix)].filter((part) => part !== "").join("-");
  }
}
