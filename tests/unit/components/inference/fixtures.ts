import { Bucket } from "../../../../components/data/bucket";
import { LoadBalancer } from "../../../../components/edge/load-balancer";
import { Fleet, type FleetArgs } from "../../../../components/inference/fleet";
import { gpuUtilisation, waitingRequests } from "../../../../components/inference/fleet-metrics";
import type { SystemContext } from "../../../../components/lib/context";
import { Vpc } from "../../../../components/network/vpc";
import { devContext, record } from "../../../support/mocks";

export const context: SystemContext = { ...devContext, system: "phi3", costTier: "accelerated" };
export const prod: SystemContext = {
  ...context,
  stack: "prod",
  environment: "prod",
  protectData: true,
  disposableData: false,
};

const namespace = "phi3";

/** Answers of AWS to what fleets and load balancers look up. */
export const calls = {
  "aws:ssm/getParameter:getParameter": { insecureValue: "ami-0123456789abcdef0", value: "secret" },
  "aws:ec2/getManagedPrefixList:getManagedPrefixList": { id: "pl-cloudfront" },
};

/** A fleet behind a load balancer, as the systems have it. */
export function buildFleet(args: Partial<FleetArgs> = {}, of: SystemContext = context): Fleet {
  const vpc = new Vpc("phi3-network", {
    context: of,
    cidr: "10.0.0.0/16",
    availabilityZones: ["us-east-1a", "us-east-1b"],
    publicSubnets: true,
    nat: "single",
  });
  const loadBalancer = new LoadBalancer("phi3-alb", {
    context: of,
    vpc,
    idleTimeoutSeconds: 300,
    accessLogs: new Bucket("phi3-access-logs", { context: of }),
  });
  const engines = loadBalancer.addTarget("engines", {
    port: 8000,
    health: { path: "/health" },
    rules: [{ paths: ["/v1/*", "/health"], priority: 10 }],
    deregistrationDelaySeconds: 300,
  });
  return new Fleet("phi3-engines", {
    context: of,
    vpc,
    instanceTypes: ["g5.xlarge"],
    size: { min: 1, max: 4 },
    userData: ({ groupName }) => `#!/bin/sh\necho ${groupName}\n`,
    targets: [engines],
    telemetry: { namespace, logGroups: ["/phi3/dev/engine", "/phi3/dev/system"] },
    scaling: {
      utilisation: { metric: gpuUtilisation(namespace), upAbove: 70, downBelow: 30 },
      perInstance: { metric: waitingRequests(namespace), target: 2 },
    },
    longestGenerationSeconds: 240,
    ...args,
  });
}

export function recordFleet(args: Partial<FleetArgs> = {}, of: SystemContext = context) {
  return record(() => buildFleet(args, of), { calls, stack: of.stack });
}
