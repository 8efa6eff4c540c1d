import { describe, expect, test } from "vitest";
import { Distribution, type DistributionArgs } from "../../../../components/edge/distribution";
import type { LoadBalancerArgs } from "../../../../components/edge/load-balancer";
import { StaticSite, type StaticSiteArgs } from "../../../../components/edge/static-site";
import { WebAcl } from "../../../../components/edge/web-acl";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { record, resolved } from "../../../support/mocks";
import { calls, certificate, context, makeBalancer, makeBucket } from "./fixtures";

const pageCertificate = { ...certificate, domainName: "page.example.com" };
const make = (args: Partial<DistributionArgs> = {}, balancer: Partial<LoadBalancerArgs> = {}) =>
  record(() => new Distribution("phi3-cdn", { context, origin: makeBalancer(balancer), comment: "Phi-3", ...args }), {
    calls,
  });
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const allViewerExceptHost = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

const live = {
  targetOriginId: "load-balancer",
  viewerProtocolPolicy: "redirect-to-https",
  allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
  cachedMethods: ["GET", "HEAD"],
  cachePolicyId: cachingDisabled,
  originRequestPolicyId: allViewerExceptHost,
  compress: false,
};

describe("[ollama 1.7] a distribution of a load balancer", () => {
  test("passes everything on, neither kept nor compressed, over the scheme that the load balancer serves", async () => {
    const { recording, result } = await make();
    const { inputs } = recording.named("phi3-cdn-distribution");
    expect(inputs).toMatchObject({
      comment: "Phi-3",
      enabled: true,
      httpVersion: "http2and3",
      isIpv6Enabled: true,
      priceClass: "PriceClass_100",
      defaultCacheBehavior: { ...live, responseHeadersPolicyId: "phi3-cdn-headers-id" },
      orderedCacheBehaviors: [],
      viewerCertificate: { cloudfrontDefaultCertificate: true },
    });
    expect(inputs.origins).toEqual([
      {
        originId: "load-balancer",
        domainName: "phi3-alb-load-balancer.elb.example.com",
        customOriginConfig: {
          httpPort: 80,
          httpsPort: 443,
          originProtocolPolicy: "http-only",
          originSslProtocols: ["TLSv1.2"],
          originReadTimeout: 60,
          originKeepaliveTimeout: 30,
        },
        customHeaders: [{ name: "x-client-ip", value: "counted-at-edge" }],
      },
    ]);
    expect([inputs.aliases, inputs.defaultRootObject, inputs.webAclId]).toEqual([undefined, undefined, undefined]);
    expect(await resolved(result.url)).toBe("https://phi3-cdn-distribution.cloudfront.example.com");
    expect(recording.orphans()).toEqual([]);
    expect(recording.misnamed()).toEqual([]);
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
  });

  test("[ollama 6.2] with certificates speaks TLS 1.2 on both sides, under their names", async () => {
    const { recording, result } = await make({ certificate: pageCertificate }, { certificate });
    const { origins, aliases, viewerCertificate } = recording.named("phi3-cdn-distribution").inputs;
    expect(aliases).toEqual(["page.example.com"]);
    expect(viewerCertificate).toEqual({
      acmCertificateArn: certificate.arn,
      sslSupportMethod: "sni-only",
      minimumProtocolVersion: "TLSv1.2_2021",
    });
    expect(origins).toMatchObject([
      {
        domainName: "origin.example.com",
        customOriginConfig: { originProtocolPolicy: "https-only", originSslProtocols: ["TLSv1.2"] },
      },
    ]);
    expect(await resolved(result.url)).toBe("https://page.example.com");
  });

  test("keeps what is the same for everyone, before it looks at other paths", async () => {
    const { recording } = await make({ cachedPaths: ["/static/*"] });
    expect(recording.named("phi3-cdn-distribution").inputs.orderedCacheBehaviors).toMatchObject([
      {
        pathPattern: "/static/*",
        targetOriginId: "load-balancer",
        cachePolicyId: cachingOptimized,
        compress: true,
        allowedMethods: ["GET", "HEAD", "OPTIONS"],
      },
    ]);
  });

  test("sends the proof that it was here", async () => {
    const { recording } = await make({ hopProof: "proof" });
    expect(recording.named("phi3-cdn-distribution").inputs.origins[0].customHeaders).toEqual([
      { name: "x-client-ip", value: "counted-at-edge" },
      { name: "x-edge-proof", value: "proof" },
    ]);
  });

  test("has security headers, and a content security policy only where one is given", async () => {
    const headers = async (args: Partial<DistributionArgs>) =>
      (await make(args)).recording.named("phi3-cdn-headers").inputs;
    const own = await headers({ contentSecurityPolicy: "default-src 'self'" });
    expect(own).toMatchObject({
      name: "phi3-cdn-dev",
      securityHeadersConfig: {
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: "DENY", override: true },
        referrerPolicy: { referrerPolicy: "no-referrer", override: true },
        strictTransportSecurity: { accessControlMaxAgeSec: 31_536_000, includeSubdomains: true, override: true },
        contentSecurityPolicy: { contentSecurityPolicy: "default-src 'self'", override: true },
      },
    });
    expect(own.customHeadersConfig.items[0].header).toBe("Permissions-Policy");
    expect((await headers({})).securityHeadersConfig.contentSecurityPolicy).toBeUndefined();
  });

  test("logs to a bucket by a delivery in us-east-1, which alone may write there", async () => {
    const { recording } = await record(
      () => {
        const accessLogs = makeBucket();
        return new Distribution("phi3-cdn", { context, origin: makeBalancer({ accessLogs }), comment: "", accessLogs });
      },
      { calls },
    );
    const bucket = recording.named("phi3-logs-bucket").inputs.bucket;
    expect(recording.named("phi3-cdn-logs-source").inputs).toMatchObject({
      region: "us-east-1",
      name: "phi3-cdn-logs-dev",
      logType: "ACCESS_LOGS",
      resourceArn: "arn:aws:mock:us-east-1:123456789012:phi3-cdn-distribution",
    });
    expect(recording.named("phi3-cdn-logs-destination").inputs).toMatchObject({
      region: "us-east-1",
      outputFormat: "json",
      deliveryDestinationConfiguration: { destinationResourceArn: `arn:aws:s3:::${bucket}` },
    });
    expect(recording.named("phi3-cdn-logs-delivery").inputs).toMatchObject({
      region: "us-east-1",
      deliverySourceName: "phi3-cdn-logs-dev",
    });
    const statements = recording.document("phi3-logs-policy").Statement;
    expect(statements.map(({ Sid }) => Sid)).toEqual(["DenyWithoutTls", "LogsOfPhi3Alb", "LogsOfPhi3CdnLogs"]);
    expect(statements[2]).toMatchObject({
      Principal: { Service: ["delivery.logs.amazonaws.com"] },
      Action: ["s3:PutObject"],
      Resource: [`arn:aws:s3:::${bucket}/AWSLogs/123456789012/CloudFront/*`],
      Condition: {
        StringEquals: { "aws:SourceAccount": "123456789012", "s3:x-amz-acl": "bucket-owner-full-control" },
        ArnLike: { "aws:SourceArn": "arn:aws:logs:us-east-1:123456789012:delivery-source:phi3-cdn-logs-dev" },
      },
    });
  });

  test("records more metrics only where asked", async () => {
    const count = async (args: Partial<DistributionArgs>) =>
      (await make(args)).recording.ofType("aws:cloudfront/monitoringSubscription:MonitoringSubscription").length;
    expect([await count({}), await count({ detailedMetrics: true })]).toEqual([0, 1]);
  });

  test("has metrics by its id", async () => {
    const { result } = await make();
    const metrics = [
      result.metricRequests(),
      result.metricClientErrorRate(),
      result.metricServerErrorRate(),
      result.metricErrorRate(),
      result.metricBytesDownloaded(),
      result.metricCacheHitRate(),
    ];
    expect(metrics.map(({ name, statistic }) => [name, statistic])).toEqual([
      ["Requests", "Sum"],
      ["4xxErrorRate", "Average"],
      ["5xxErrorRate", "Average"],
      ["TotalErrorRate", "Average"],
      ["BytesDownloaded", "Sum"],
      ["CacheHitRate", "Average"],
    ]);
    expect(await resolved(result.metricRequests().dimensions)).toEqual({
      DistributionId: "phi3-cdn-distribution-id",
      Region: "Global",
    });
  });

  test.each([
    ["a name for an origin without TLS", { domainName: "a.example.com" }, 'domainName: is "a.example.com"'],
    ["paths but no files", { paths: ["/v1/*"] }, "paths: is given without files"],
    ["a path without a slash", { cachedPaths: ["static/*"] }, 'holds "static/*"'],
    ["a time-out over CloudFront's", { readTimeoutSeconds: 121 }, "readTimeoutSeconds: is 121"],
    [
      "a certificate of another region",
      { certificate: { ...certificate, arn: "arn:aws:acm:eu-west-1:123456789012:certificate/1" } },
      "in us-east-1",
    ],
  ] as [string, Partial<DistributionArgs>, string][])("is refused with %s", async (_what, args, message) => {
    await expect(make(args)).rejects.toThrow(message);
  });

  test("takes a web ACL of its own scope only", async () => {
    const withAcl = (scope: "REGIONAL" | "CLOUDFRONT") =>
      record(
        () => {
          const webAcl = new WebAcl("phi3-firewall", {
            context,
            scope,
            requestsPerMinutePerIp: 100,
            logRetentionDays: 30,
          });
          return new Distribution("phi3-cdn", { context, origin: makeBalancer(), comment: "", webAcl });
        },
        { calls },
      );
    await expect(withAcl("REGIONAL")).rejects.toThrow("webAcl: has scope REGIONAL");
    const { recording } = await withAcl("CLOUDFRONT");
    expect(recording.named("phi3-cdn-distribution").inputs.webAclId).toContain("phi3-firewall-acl");
  });
});

describe("[phi3 9.1] a static site", () => {
  const site = (args: Partial<StaticSiteArgs> = {}) =>
    record(
      () =>
        new StaticSite("phi3-page", {
          context,
          folder: "tests/engine/edge/site",
          api: { origin: makeBalancer(), paths: ["/v1/*", "/health"] },
          contentSecurityPolicy: "default-src 'self'",
          ...args,
        }),
      { calls },
    );

  test("serves its files from a private bucket, and its API beside them", async () => {
    const { recording, result } = await site();
    const bucket = recording.named("phi3-page-files-bucket").inputs.bucket;
    const { inputs } = recording.named("phi3-page-cdn-distribution");
    expect(inputs.defaultRootObject).toBe("index.html");
    expect(inputs.defaultCacheBehavior).toMatchObject({
      targetOriginId: "files",
      cachePolicyId: cachingOptimized,
      viewerProtocolPolicy: "redirect-to-https",
      compress: true,
    });
    expect(inputs.origins[0]).toEqual({
      originId: "files",
      domainName: `${bucket}.s3.us-east-1.amazonaws.com`,
      originAccessControlId: "phi3-page-cdn-access-control-id",
    });
    expect(inputs.orderedCacheBehaviors).toMatchObject([
      { pathPattern: "/v1/*", ...live },
      { pathPattern: "/health", ...live },
    ]);
    expect(recording.named("phi3-page-cdn-access-control").inputs).toMatchObject({
      originAccessControlOriginType: "s3",
      signingBehavior: "always",
      signingProtocol: "sigv4",
    });
    expect(recording.named("phi3-page-files-public-access-block").inputs).toMatchObject({
      blockPublicPolicy: true,
      restrictPublicBuckets: true,
    });
    expect(await resolved(result.url)).toBe("https://phi3-page-cdn-distribution.cloudfront.example.com");
    expect(recording.orphans()).toEqual([]);
    expect(recording.misnamed()).toEqual([]);
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
  });

  test("lets its distribution, and no other, read the files", async () => {
    const { recording } = await site();
    const bucket = recording.named("phi3-page-files-bucket").inputs.bucket;
    expect(recording.document("phi3-page-files-policy").Statement).toMatchObject([
      { Sid: "DenyWithoutTls" },
      {
        Sid: "ReadByPhi3PageCdn",
        Effect: "Allow",
        Principal: { Service: ["cloudfront.amazonaws.com"] },
        Action: ["s3:GetObject"],
        Resource: [`arn:aws:s3:::${bucket}/*`],
        Condition: {
          StringEquals: { "aws:SourceArn": "arn:aws:mock:us-east-1:123456789012:phi3-page-cdn-distribution" },
        },
      },
    ]);
  });

  test("uploads each file with its type and how long it may be kept", async () => {
    const { recording } = await site();
    const files = recording.ofType("aws:s3/bucketObjectv2:BucketObjectv2").map(({ name, inputs }) => ({
      name,
      key: inputs.key,
      contentType: inputs.contentType,
      cacheControl: inputs.cacheControl,
    }));
    expect(files).toEqual([
      {
        name: "phi3-page-file-app-js",
        key: "app.js",
        contentType: "text/javascript; charset=utf-8",
        cacheControl: "public, max-age=300, must-revalidate",
      },
      {
        name: "phi3-page-file-index-html",
        key: "index.html",
        contentType: "text/html; charset=utf-8",
        cacheControl: "no-cache",
      },
    ]);
  });

  test.each([
    ["a folder that is not there", "tests/no-such-folder", "can't be served: ENOENT"],
    ["a folder without an index", "tests/support", "folder:"],
  ])("is refused with %s", async (_what, folder, message) => {
    await expect(site({ folder })).rejects.toThrow(message);
  });
});
