import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../../../components/data/bucket";
import { Distribution } from "../../../components/edge/distribution";
import { HttpApi } from "../../../components/edge/http-api";
import { LoadBalancer } from "../../../components/edge/load-balancer";
import { StaticSite } from "../../../components/edge/static-site";
import { WebAcl } from "../../../components/edge/web-acl";
import type { SystemContext } from "../../../components/lib/context";
import { Vpc } from "../../../components/network/vpc";
import { localAccountId } from "../../../local/aws-env";
import { devContext } from "../../support/mocks";

export const context: SystemContext = {
  ...devContext,
  system: "phi3",
  costTier: "always-on",
  accountId: localAccountId,
};
export const prodContext: SystemContext = {
  ...context,
  stack: "prod",
  environment: "prod",
  protectData: true,
  disposableData: false,
};

export const apiKey = "sk-0123456789abcdefghijklmnopqrstuv";
export const proof = "proof-0123456789abcdefghijklmnopqrstuv";
const keyParameter = "/phi3/api-key";
const certificateArn = (region: string) =>
  `arn:aws:acm:${region}:${localAccountId}:certificate/11111111-2222-3333-4444-555555555555`;

export interface EdgeOptions {
  readonly context: SystemContext;
  /** Folder of the page. */
  readonly folder: string;
  /** Serve over HTTPS, with names of one's own. */
  readonly certificates: boolean;
  /** Port on this machine that is registered as the only target. */
  readonly targetPort?: number;
}

/** All of the edge, as a system composes it. */
export function edge(options: EdgeOptions): Record<string, pulumi.Output<string> | string> {
  const { context } = options;
  const vpc = new Vpc("phi3-network", {
    context,
    cidr: "10.0.0.0/16",
    availabilityZones: ["us-east-1a", "us-east-1b"],
    publicSubnets: true,
    flowLogRetentionDays: 30,
  });
  const logs = new Bucket("phi3-access-logs", { context });
  const loadBalancer = new LoadBalancer("phi3-alb", {
    context,
    vpc,
    idleTimeoutSeconds: 180,
    accessLogs: logs,
    ...(options.certificates
      ? { certificate: { arn: certificateArn("us-east-1"), domainName: "origin.example.com" } }
      : {}),
  });
  const target = loadBalancer.addTarget("engine", {
    port: 8000,
    health: { path: "/health" },
    rules: [
      { paths: ["/health"], methods: ["GET"], priority: 10 },
      { paths: ["/v1/*"], methods: ["GET", "POST"], priority: 20 },
    ],
    deregistrationDelaySeconds: 180,
  });
  if (options.targetPort !== undefined) {
    new aws.lb.TargetGroupAttachment("phi3-engine-here", {
      targetGroupArn: target.arn,
      targetId: "127.0.0.1",
      port: options.targetPort,
    });
  }
  const firewall = { context, requestsPerMinutePerIp: 100, logRetentionDays: 30 } as const;
  new WebAcl("phi3-firewall", { ...firewall, scope: "REGIONAL", trustedHops: proof }).protect(
    "load-balancer",
    loadBalancer.arn,
  );
  const edgeFirewall = new WebAcl("phi3-edge-firewall", { ...firewall, scope: "CLOUDFRONT" });
  const page = new StaticSite("phi3-page", {
    context,
    folder: options.folder,
    api: { origin: loadBalancer, paths: ["/v1/*", "/health"] },
    accessLogs: logs,
    webAcl: edgeFirewall,
    hopProof: proof,
    contentSecurityPolicy: "default-src 'self'",
    ...(options.certificates
      ? { certificate: { arn: certificateArn("us-east-1"), domainName: "page.example.com" } }
      : {}),
  });
  const cdn = new Distribution("phi3-cdn", {
    context,
    origin: loadBalancer,
    comment: "The load balancer alone",
    cachedPaths: ["/v1/static/*"],
    accessLogs: logs,
    webAcl: edgeFirewall,
    detailedMetrics: true,
    ...(options.certificates
      ? { certificate: { arn: certificateArn("us-east-1"), domainName: "cdn.example.com" } }
      : {}),
  });
  new aws.ssm.Parameter("phi3-api-key", {
    name: keyParameter,
    type: "SecureString",
    value: apiKey,
    tags: { ...tagsOf(context) },
  });
  const api = new HttpApi("phi3-api", {
    context,
    description: "Completions",
    vpc,
    loadBalancer,
    routes: [
      { method: "POST", path: "/v1/completions" },
      { method: "GET", path: "/health" },
      { method: "GET", path: "/outside" },
    ],
    cors: { origin: page.url, headers: ["Authorization", "Content-Type"] },
    apiKey: { parameterName: keyParameter },
    hopProof: proof,
    throttle: { ratePerSecond: 50, burst: 100 },
    logRetentionDays: 30,
  });
  return {
    loadBalancerDns: loadBalancer.dnsName,
    pageDomain: page.domainName,
    pageUrl: page.url,
    pageBucket: page.bucketName,
    cdnDomain: cdn.domainName,
    apiId: api.id,
    apiUrl: api.url,
    targetGroupArn: target.arn,
  };
}

function tagsOf({ project, stack, environment, system, costTier }: SystemContext): Record<string, string> {
  return {
    Project: project,
    Environment: environment,
    Stack: stack,
    System: system,
    ManagedBy: "pulumi",
    Service: "edge",
    CostTier: costTier,
    Deployment: `${system}-${stack}`,
  };
}
