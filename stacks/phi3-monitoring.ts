import type { LoadBalancerTarget } from "../components/edge/load-balancer";
import type { Fleet } from "../components/inference/fleet";
import { waitingRequests } from "../components/inference/fleet-metrics";
import type { SystemContext } from "../components/lib/context";
import { Dashboard } from "../components/observability/dashboard";
import { edgeGraphs, type Front, fleetGraphs, type MakeAlarm, trafficGraphs, watchServing } from "./inference-parts";
import type { Edge } from "./phi3-edge";
import type { Phi3Settings } from "./phi3-settings";
import { vllmRows } from "./vllm-monitoring";

/** Namespace of the metrics that instances send. */
export const namespace = "phi3";
/** Seconds that the 99th percentile may wait for an answer to begin. */
const slowSeconds = 5;

/** Alarms that someone is woken by. */
export function watch(
  alarm: MakeAlarm,
  fleet: Fleet,
  target: LoadBalancerTarget,
  { kind, api }: Edge,
  { size, waitingPerInstance }: Phi3Settings,
): void {
  watchServing(alarm, fleet, target);
  alarm("latency", {
    metric: target.loadBalancer.metricTargetResponseTime("p99"),
    description: `One request in a hundred waits more than ${slowSeconds} s for its answer to begin.`,
    comparison: ">",
    threshold: slowSeconds,
    periods: { evaluated: 5, breaching: 3 },
    treatMissingData: "notBreaching",
  });
  alarm("waiting-requests", {
    metric: waitingRequests(namespace)(fleet.facts),
    description: "More requests wait than the largest fleet should have waiting, for ten minutes.",
    comparison: ">",
    threshold: waitingPerInstance * size.max,
    periods: { evaluated: 10, breaching: 10 },
    treatMissingData: "notBreaching",
  });
  alarm("api-server-errors", {
    metric: api.metricServerErrors(),
    description: `The ${kind} answered at least five requests in five minutes with a server error.`,
    comparison: ">=",
    threshold: 5,
    periods: { evaluated: 1, breaching: 1 },
    treatMissingData: "notBreaching",
  });
}

/** What the dashboard shows. */
export interface Watched {
  readonly front: Front;
  readonly fleet: Fleet;
  readonly edge: Edge;
}

export function createDashboard(context: SystemContext, settings: Phi3Settings, parts: Watched): Dashboard {
  const { front, fleet, edge } = parts;
  const { kind, api, page } = edge;
  const apiLatency = (["p50", "p95", "p99"] as const).map((percentile) => ({
    ...api.metricLatency(percentile),
    label: percentile,
  }));
  return new Dashboard("phi3-dashboard", {
    context,
    rows: [
      { title: "Requests", graphs: trafficGraphs(front.loadBalancer, slowSeconds) },
      ...vllmRows(fleet, namespace, settings.scaling.upAbove),
      { title: "Instances and cost", graphs: fleetGraphs(fleet, settings.instanceTypes) },
      {
        title: kind,
        graphs: [
          { title: "Latency (ms)", signals: apiLatency, axis: { min: 0 } },
          {
            title: "Requests, in 5 minutes",
            signals: [
              { ...api.metricRequests(), label: "all" },
              { ...api.metricClientErrors(), label: "4xx" },
              { ...api.metricServerErrors(), label: "5xx" },
            ],
            axis: { min: 0 },
          },
        ],
      },
      { title: "Edge", graphs: edgeGraphs(front, page.distribution) },
    ],
  });
}
