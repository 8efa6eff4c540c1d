import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../../../components/data/bucket";
import { ApiGatewayLogging } from "../../../components/edge/api-gateway-logging";
import { openAiErrors } from "../../../components/edge/cors-responses";
import { LoadBalancer } from "../../../components/edge/load-balancer";
import { RestApi } from "../../../components/edge/rest-api";
import { StaticSite } from "../../../components/edge/static-site";
import { WebAcl } from "../../../components/edge/web-acl";
import { Vpc } from "../../../components/network/vpc";
import { apiKey, context, proof } from "./program";

export const engineKey = "the-engine-has-one-of-its-own";

/** A page and a REST API before a load balancer, whose only target is a port on this machine. */
export function restEdge(targetPort: number): Record<string, pulumi.Output<string> | string> {
  const vpc = new Vpc("phi3-network", {
    context,
    cidr: "10.0.0.0/16",
    availabilityZones: ["us-east-1a", "us-east-1b"],
    publicSubnets: true,
    flowLogRetentionDays: 30,
  });
  const logs = new Bucket("phi3-access-logs", { context });
  const loadBalancer = new LoadBalancer("phi3-alb", { context, vpc, idleTimeoutSeconds: 180, accessLogs: logs });
  const target = loadBalancer.addTarget("engine", {
    port: 8000,
    health: { path: "/health" },
    rules: [
      { paths: ["/health"], methods: ["GET"], priority: 10 },
      { paths: ["/v1/*"], methods: ["GET", "POST"], priority: 20 },
    ],
    deregistrationDelaySeconds: 180,
  });
  new aws.lb.TargetGroupAttachment("phi3-engine-here", {
    targetGroupArn: target.arn,
    targetId: "127.0.0.1",
    port: targetPort,
  });
  const firewall = new WebAcl("phi3-firewall", {
    context,
    scope: "REGIONAL",
    requestsPerMinutePerIp: 100,
    logRetentionDays: 30,
    trustedHops: proof,
  });
  const [pageUrl, tellPageUrl] = pulumi.deferredOutput<string>();
  const api = new RestApi("phi3-api", {
    context,
    description: "Completions",
    stageName: "api",
    routes: [
      { method: "POST", path: "/v1/completions", streamed: true },
      { method: "GET", path: "/v1/models" },
      { method: "GET", path: "/v1/stream", streamed: true },
      { method: "GET", path: "/health", open: true },
      { method: "GET", path: "/outside", open: true },
    ],
    backend: {
      vpc,
      loadBalancer,
      hopProof: proof,
      headers: { Authorization: pulumi.secret(`Bearer ${engineKey}`) },
      streamSeconds: 300,
    },
    auth: "apiKey",
    apiKeyValue: pulumi.secret(apiKey),
    quota: { requests: 1000, period: "DAY" },
    cors: { origin: pageUrl, headers: ["Content-Type"] },
    throttle: { ratePerSecond: 50, burst: 100 },
    logRetentionDays: 30,
    webAcl: firewall,
    errors: openAiErrors,
    logging: new ApiGatewayLogging("phi3-api-gateway-logging", { context }),
  });
  const page = new StaticSite("phi3-page", {
    context,
    folder: "tests/engine/edge/site",
    api: { origin: api.origin, paths: ["/v1/*", "/health"] },
    accessLogs: logs,
    hopProof: proof,
    contentSecurityPolicy: "default-src 'self'",
  });
  tellPageUrl(page.url);
  return {
    apiUrl: api.url,
    pageDomain: page.domainName,
    pageUrl: page.url,
  };
}
