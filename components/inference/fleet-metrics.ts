import { agentMetrics, vllmMetrics } from "../../userdata/agent";
import type { Metric } from "../observability/metric";
import type { FleetFacts } from "./fleet-args";

type MetricOfFleet = (facts: FleetFacts) => Metric;

/** A metric of all instances of a fleet, in each minute: one of EC2, Auto Scaling or the CloudWatch agent (`agentMetrics`, `vllmMetrics`). */
export function fleetMetric(namespace: string, name: string, statistic: Metric["statistic"]): MetricOfFleet {
  return ({ groupName }) => ({
    namespace,
    name,
    dimensions: { AutoScalingGroupName: groupName },
    statistic,
    periodSeconds: 60,
  });
}

/** Metrics that a fleet's instances send, each with its name in graphs. */
export function sentBy({ facts }: { readonly facts: FleetFacts }, namespace: string) {
  return (name: string, statistic: Metric["statistic"], label: string): Metric => ({
    ...fleetMetric(namespace, name, statistic)(facts),
    label,
  });
}

/** CPU of all instances, in percent, averaged in each minute. From EC2. */
export function cpuUtilisation(): MetricOfFleet {
  return fleetMetric("AWS/EC2", "CPUUtilization", "Average");
}

/**
 * GPU of all instances, in percent, averaged in each minute. From the CloudWatch agent, with the group as the only dimension
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-NVIDIA-GPU.html).
 */
export function gpuUtilisation(namespace: string): MetricOfFleet {
  return fleetMetric(namespace, agentMetrics.gpuUtilization, "Average");
}

/**
 * Requests that wait for room in the KV cache, of all instances, in each minute. From vLLM's Prometheus metrics through the CloudWatch agent
 * (https://docs.vllm.ai/en/stable/usage/metrics.html), which must send one value a minute, or the sum counts a request several times.
 */
export function waitingRequests(namespace: string): MetricOfFleet {
  return fleetMetric(namespace, vllmMetrics.requestsWaiting, "Sum");
}

/** Instances that serve, in each minute. From EC2 Auto Scaling; costs nothing. */
export const inService = fleetMetric("AWS/AutoScaling", "GroupInServiceInstances", "Average");

/** Instances that the group wants, in each minute. */
export const wanted = fleetMetric("AWS/AutoScaling", "GroupDesiredCapacity", "Average");
