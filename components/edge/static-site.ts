import { resolve } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../data/bucket";
import { Component, type ComponentArgs } from "../lib/component";
import { wholeNumber } from "../lib/validation";
import { Distribution, type DistributionArgs, type LoadBalancerOrigin } from "./distribution";
import { type SiteFile, siteFiles } from "./site-files";

type Shared = "accessLogs" | "webAcl" | "hopProof" | "priceClass" | "certificate" | "detailedMetrics";

export interface StaticSiteArgs extends ComponentArgs, Pick<DistributionArgs, Shared> {
  /** Folder of the files, from the repository's root; has an index.html. */
  readonly folder: string;
  /** What the page calls on its own origin, so that it needs neither CORS nor another host name. */
  readonly api: LoadBalancerOrigin & { readonly paths: readonly string[] };
  /** What the page may load and call. */
  readonly contentSecurityPolicy: string;
  /** Seconds for which CloudFront answers without asking the bucket, up to a year. Default: a page not at all, what it loads five minutes. */
  readonly edgeCacheSeconds?: number;
}

const repoRoot = resolve(__dirname, "../..");
const rootObject = "index.html";
const year = 31_536_000;

/**
 * A page: files in a private bucket that only its CloudFront distribution can read, and an API under the same host name.
 *
 * Cost: that of its bucket and its distribution.
 */
export class StaticSite extends Component {
  /** Where the page is, without a slash at the end. */
  readonly url: pulumi.Output<string>;
  readonly domainName: pulumi.Output<string>;
  readonly distributionId: pulumi.Output<string>;
  readonly bucketName: string;
  /** Metrics are the distribution's. */
  readonly distribution: Distribution;

  constructor(name: string, args: StaticSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "StaticSite", name, args, opts);
    const files = this.readFiles(args);
    const bucket = new Bucket(this.childName("files"), this.inherited(), { parent: this });
    for (const file of files) this.upload(bucket, file);
    this.bucketName = bucket.name;
    this.distribution = this.createDistribution(bucket, args);
    this.url = this.distribution.url;
    this.domainName = this.distribution.domainName;
    this.distributionId = this.distribution.id;
    this.registerOutputs({ url: this.url });
  }

  private readFiles({ folder, edgeCacheSeconds }: StaticSiteArgs): SiteFile[] {
    let files: SiteFile[] = [];
    let mistake = "";
    try {
      files = siteFiles(resolve(repoRoot, folder), edgeCacheSeconds);
    } catch (error) {
      mistake = error instanceof Error ? error.message : String(error);
    }
    this.check([
      wholeNumber("edgeCacheSeconds", edgeCacheSeconds ?? 0, 0, year, "seconds"),
      { path: "folder", ok: mistake === "", message: `can't be served: ${mistake}` },
      {
        path: "folder",
        ok: mistake !== "" || files.some(({ key }) => key === rootObject),
        message: `is "${folder}", which has no ${rootObject}.`,
      },
    ]);
    return files;
  }

  private upload(bucket: Bucket, file: SiteFile): void {
    new aws.s3.BucketObjectv2(
      this.childName(`file-${file.name}`),
      {
        bucket: bucket.nodes.bucket.id,
        key: file.key,
        source: new pulumi.asset.FileAsset(file.path),
        contentType: file.contentType,
        cacheControl: file.cacheControl,
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private createDistribution(bucket: Bucket, args: StaticSiteArgs): Distribution {
    const { accessLogs, webAcl, hopProof, priceClass, certificate, detailedMetrics, contentSecurityPolicy } = args;
    return new Distribution(
      this.childName("cdn"),
      {
        ...this.inherited(),
        ...args.api,
        comment: `Page of ${this.context.system} (${this.context.stack})`,
        files: { bucket, rootObject },
        ...{ accessLogs, webAcl, hopProof, priceClass, certificate, detailedMetrics, contentSecurityPolicy },
      },
      { parent: this },
    );
  }
}
