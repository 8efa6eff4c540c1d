import { Bucket } from "../../../../components/data/bucket";
import { LoadBalancer, type LoadBalancerArgs } from "../../../../components/edge/load-balancer";
import type { TargetArgs } from "../../../../components/edge/targets";
import type { SystemContext } from "../../../../components/lib/context";
import { Vpc } from "../../../../components/network/vpc";
import { devContext } from "../../../support/mocks";

export const context: SystemContext = { ...devContext, system: "phi3", costTier: "always-on" };

export const certificate = {
  arn: "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
  domainName: "origin.example.com",
};

/** What a plain load balancer asks AWS for: the addresses of CloudFront. */
export const calls = { "aws:ec2/getManagedPrefixList:getManagedPrefixList": { id: "pl-cloudfront" } };

export const makeVpc = (more: object = {}) =>
  new Vpc("phi3-network", {
    context,
    cidr: "10.0.0.0/16",
    availabilityZones: ["us-east-1a", "us-east-1b"],
    publicSubnets: true,
    ...more,
  });

export const makeBucket = () => new Bucket("phi3-logs", { context });

export const makeBalancer = (more: Partial<LoadBalancerArgs> = {}) =>
  new LoadBalancer("phi3-alb", {
    context,
    vpc: more.vpc ?? makeVpc(),
    idleTimeoutSeconds: 180,
    accessLogs: more.accessLogs ?? makeBucket(),
    ...more,
  });

export const target: TargetArgs = {
  port: 8000,
  health: { path: "/health" },
  rules: [{ paths: ["/v1/*"], priority: 10 }],
  deregistrationDelaySeconds: 120,
};
