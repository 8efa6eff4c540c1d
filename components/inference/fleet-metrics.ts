import { agentMetrics, vllmMetrics } from "../../userdata/agent";
import type { Metric } from "../observability/metric";
import type { FleetFacts } from "./fleet-args";

type MetricOfFleet = (facts: FleetFacts) => Metric;

function ofGroup(namespace: string, name: string, statistic: Metric["statistic"]): MetricOfFleet {
  return ({ groupName }) => ({
    namespace,
    name,
    dimensions: { AutoScalingGroupName: groupName },
    statistic,
    periodSeconds: 60,
  });
}

/** CPU of all instances, in percent, averaged in each minute. From EC2. */
export function cpuUtilisation(): MetricOfFleet {
  return ofGroup("AWS/EC2", "CPUUtilization", "Average");
}

/**
 * GPU of all instances, in percent, averaged in each minute. From the CloudWatch agent, with the group as the only dimension
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-NVIDIA-GPU.html).
 */
export function gpuUtilisation(namespace: string): MetricOfFleet {
  return ofGroup(namespace, agentMetrics.gpuUtilization, "Average");
}

/**
 * Requests that wait for room in the KV cache, of all instances, in each minute. From vLLM's Prometheus metrics through the CloudWatch agent
 * (https://docs.vllm.ai/en/stable/usage/metrics.html), which must send one value a minute, or the sum counts a request several times.
 */
export function waitingRequests(namespace: string): MetricOfFleet {
  return ofGroup(namespace, vllmMetrics.requestsWaiting, "Sum");
}

/** Instances that serve, in each minute. From EC2 Auto Scaling; costs nothing. */
export const inService = ofGroup("AWS/AutoScaling", "GroupInServiceInstances", "Average");

/** Instances that the group wants, in each minute. */
export const wanted = ofGroup("AWS/AutoScaling", "GroupDesiredCapacity", "Average");
