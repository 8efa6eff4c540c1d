import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "../data/bucket";
import { Component, type ComponentArgs } from "../lib/component";
import { sidPart } from "../lib/names";
import { oneOf, wholeNumber } from "../lib/validation";
import type { Metric } from "../observability/metric";
import { type Certificate, certificateChecks } from "./certificate";
import * as config from "./distribution-config";
import { DistributionLogs } from "./distribution-logs";
import type { HopProof } from "./hop-proof";
import { securityHeaders } from "./security-headers";
import type { WebAcl } from "./web-acl";

const priceClasses = ["PriceClass_100", "PriceClass_200", "PriceClass_All"] as const;

/** What CloudFront calls: a load balancer, a stage of a REST API, or a machine with a public name. */
export interface OriginServer {
  /** Public DNS name. */
  readonly dnsName: pulumi.Input<string>;
  /** What it serves. */
  readonly scheme: "http" | "https";
  /** Its certificate's name is what CloudFront calls it by. */
  readonly certificate?: Pick<Certificate, "domainName"> | undefined;
  /** What it has in front of each path, such as `/api`. Default: nothing. */
  readonly path?: string;
}

/** The load balancer, or the machine, behind a distribution. */
export interface LoadBalancerOrigin {
  readonly origin: OriginServer;
  /**
   * Name by which CloudFront calls it over HTTPS; its certificate must be for it, and its DNS record must lead to the load balancer. Default: the domain name of the load
   * balancer's certificate, or the load balancer's DNS name where it has none.
   */
  readonly domainName?: string;
  /** Seconds that CloudFront waits for the first and for each further part of an answer, 1 to 120 (above 60 in accounts that asked AWS for it). Default 60. */
  readonly readTimeoutSeconds?: number;
}

export interface DistributionArgs extends ComponentArgs, LoadBalancerOrigin {
  /** What is behind it; shown in lists of distributions. */
  readonly comment: string;
  /** Files that answer all but `paths`. Default: the load balancer answers everything. */
  readonly files?: { readonly bucket: Bucket; readonly rootObject: string };
  /** With `files`: path patterns that the load balancer answers, such as `/v1/*`. */
  readonly paths?: readonly string[];
  /** Path patterns of the load balancer whose answers are the same for everyone and may be kept as long as their Cache-Control says. Default none. */
  readonly cachedPaths?: readonly string[];
  /** What pages may load and call. Default: what the origin sends. */
  readonly contentSecurityPolicy?: string;
  /** Gets a line for each request, under `AWSLogs/`. Default: no log. */
  readonly accessLogs?: Bucket;
  /** Of scope CLOUDFRONT. Default: none. */
  readonly webAcl?: WebAcl;
  /** Secret by which the load balancer's web ACL knows what was limited here. Default: none. */
  readonly hopProof?: HopProof;
  /** Edge locations that serve. Default `PriceClass_100`: North America, Europe and Israel, the cheapest. */
  readonly priceClass?: (typeof priceClasses)[number];
  /** Certificate in us-east-1 for a domain of one's own; TLS 1.2 or later is then needed. Default: that of *.cloudfront.net, with which AWS takes TLS 1.0 too. */
  readonly certificate?: Certificate;
  /** Record the cache hit rate, origin latency and error rates by status; $0.30 a month each, eight of them (unverified). Default false. */
  readonly detailedMetrics?: boolean;
}

/**
 * A CloudFront distribution in front of a load balancer, and of files if there are some. Viewers are redirected to HTTPS; answers of the load balancer stream through, uncached;
 * every answer has security headers.
 *
 * Cost: $0.085 per GB to viewers (Europe and North America) and $0.01 per 10,000 HTTPS requests, after 1 TB and 10 million requests free each month (unverified).
 */
export class Distribution extends Component {
  readonly id: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  /** Host name of the distribution's own, `<label>.cloudfront.net`. */
  readonly domainName: pulumi.Output<string>;
  /** Where viewers go, without a slash at the end: the certificate's domain, or the distribution's own. */
  readonly url: pulumi.Output<string>;
  readonly nodes: { readonly distribution: aws.cloudfront.Distribution };

  constructor(name: string, args: DistributionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "Distribution", name, args, opts);
    this.checkArgs(args);
    const headers = this.createHeaders(args.contentSecurityPolicy);
    const distribution = this.createDistribution(args, headers.id);
    this.nodes = { distribution };
    this.id = distribution.id;
    this.arn = distribution.arn;
    this.domainName = distribution.domainName;
    this.url = pulumi.interpolate`https://${args.certificate?.domainName ?? this.domainName}`;
    if (args.files) this.admitReads(args.files.bucket);
    if (args.accessLogs) this.log(args.accessLogs);
    if (args.detailedMetrics) this.recordDetails();
    this.registerOutputs({ url: this.url, id: this.id });
  }

  /** Requests of viewers, in each five minutes. CloudFront's metrics are in us-east-1. */
  metricRequests(): Metric {
    return this.metric("Requests", "Sum");
  }

  /** Requests answered with 4xx, in percent. */
  metricClientErrorRate(): Metric {
    return this.metric("4xxErrorRate", "Average");
  }

  /** Requests answered with 5xx, in percent. */
  metricServerErrorRate(): Metric {
    return this.metric("5xxErrorRate", "Average");
  }

  /** Requests answered with any error, in percent. */
  metricErrorRate(): Metric {
    return this.metric("TotalErrorRate", "Average");
  }

  /** Bytes sent to viewers, in each five minutes. */
  metricBytesDownloaded(): Metric {
    return this.metric("BytesDownloaded", "Sum");
  }

  /** Requests answered from the cache, in percent of those that may be. Needs `detailedMetrics`. */
  metricCacheHitRate(): Metric {
    return this.metric("CacheHitRate", "Average");
  }

  /** Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html */
  private metric(name: string, statistic: "Average" | "Sum"): Metric {
    return {
      namespace: "AWS/CloudFront",
      name,
      dimensions: { DistributionId: this.id, Region: "Global" },
      statistic,
      periodSeconds: 300,
    };
  }

  private checkArgs(args: DistributionArgs): void {
    const { files, paths = [], cachedPaths = [], webAcl, priceClass = "PriceClass_100", origin } = args;
    this.check([
      ...certificateChecks("certificate", args.certificate, "us-east-1"),
      oneOf("priceClass", priceClass, priceClasses),
      wholeNumber("readTimeoutSeconds", args.readTimeoutSeconds ?? 60, 1, 120, "seconds"),
      ...[...paths, ...cachedPaths].map((path) => ({
        path: "paths",
        ok: /^\/[A-Za-z0-9_.$/~"'@:+&*?-]{1,254}$/.test(path),
        message: `holds "${path}"; give a pattern such as /v1/*.`,
      })),
      {
        path: "paths",
        ok: (files === undefined) === (paths.length === 0),
        message: files ? "is empty; with files, give the paths of the load balancer." : "is given without files.",
      },
      {
        path: "webAcl",
        ok: webAcl === undefined || webAcl.scope === "CLOUDFRONT",
        message: `has scope ${webAcl?.scope}; a distribution takes one of scope CLOUDFRONT.`,
      },
      {
        path: "domainName",
        ok: args.domainName === undefined || origin.scheme === "https",
        message: `is "${args.domainName}", but the load balancer serves HTTP; leave it out or give the load balancer a certificate.`,
      },
    ]);
  }

  private createHeaders(contentSecurityPolicy: string | undefined): aws.cloudfront.ResponseHeadersPolicy {
    return new aws.cloudfront.ResponseHeadersPolicy(
      this.childName("headers"),
      {
        name: this.physicalName("responseHeadersPolicy"),
        comment: `Security headers of ${this.logicalName}`,
        ...securityHeaders(contentSecurityPolicy),
      },
      { parent: this },
    );
  }

  private createDistribution(args: DistributionArgs, headersId: pulumi.Input<string>): aws.cloudfront.Distribution {
    const { files, paths = [], cachedPaths = [] } = args;
    const ordered = [
      ...cachedPaths.map((pathPattern) => ({ pathPattern, ...config.keptBehavior(headersId) })),
      ...paths.map((pathPattern) => ({ pathPattern, ...config.liveBehavior(headersId) })),
    ];
    return new aws.cloudfront.Distribution(
      this.childName("distribution"),
      {
        comment: args.comment,
        enabled: true,
        httpVersion: "http2and3",
        isIpv6Enabled: true,
        priceClass: args.priceClass ?? "PriceClass_100",
        aliases: args.certificate ? [args.certificate.domainName] : undefined,
        defaultRootObject: files?.rootObject,
        origins: [...(files ? [this.filesOrigin(files.bucket)] : []), this.loadBalancerOrigin(args)],
        defaultCacheBehavior: files ? config.filesBehavior(headersId) : config.liveBehavior(headersId),
        orderedCacheBehaviors: ordered,
        restrictions: { geoRestriction: { restrictionType: "none" } },
        viewerCertificate: config.viewerCertificate(args.certificate),
        webAclId: args.webAcl?.arn,
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private filesOrigin(bucket: Bucket): aws.types.input.cloudfront.DistributionOrigin {
    const accessControl = new aws.cloudfront.OriginAccessControl(
      this.childName("access-control"),
      {
        name: this.physicalName("originAccessControl"),
        description: `Signs what ${this.logicalName} asks of ${bucket.name}`,
        originAccessControlOriginType: "s3",
        signingBehavior: "always",
        signingProtocol: "sigv4",
      },
      { parent: this },
    );
    // The regional name: the global one redirects while a bucket is new.
    return config.filesOrigin(`${bucket.name}.s3.${this.context.region}.amazonaws.com`, accessControl.id);
  }

  private loadBalancerOrigin(args: DistributionArgs): aws.types.input.cloudfront.DistributionOrigin {
    const { origin, readTimeoutSeconds = 60, hopProof: proof } = args;
    const domainName = args.domainName ?? origin.certificate?.domainName ?? origin.dnsName;
    const { scheme, path } = origin;
    return config.loadBalancerOrigin({ domainName, scheme, path, readTimeoutSeconds, proof });
  }

  /** Lets this distribution, and no other, read the files. Action: `s3:GetObject`. */
  private admitReads(bucket: Bucket): void {
    bucket.admit({
      sid: `ReadBy${sidPart(this.logicalName)}`,
      principals: { services: ["cloudfront.amazonaws.com"] },
      actions: ["s3:GetObject"],
      resources: [`${bucket.arn}/*`],
      conditions: { StringEquals: { "aws:SourceArn": this.arn } },
    });
  }

  private log(bucket: Bucket): void {
    new DistributionLogs(
      this.childName("logs"),
      { ...this.inherited(), distributionArn: this.arn, bucket },
      { parent: this },
    );
  }

  private recordDetails(): void {
    new aws.cloudfront.MonitoringSubscription(
      this.childName("detailed-metrics"),
      {
        distributionId: this.id,
        monitoringSubscription: {
          realtimeMetricsSubscriptionConfig: { realtimeMetricsSubscriptionStatus: "Enabled" },
        },
      },
      { parent: this },
    );
  }
}
