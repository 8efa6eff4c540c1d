import type { Fleet } from "../components/inference/fleet";
import { sentBy } from "../components/inference/fleet-metrics";
import type { DashboardArgs } from "../components/observability/dashboard";
import { agentMetrics, vllmMetrics } from "../userdata/agent";
import { perSecond } from "./inference-parts";

/** Rows of a dashboard with what engines of vLLM and their GPUs do. @param upAbove GPU utilisation in percent at which the fleet grows */
export function vllmRows(fleet: Fleet, namespace: string, upAbove: number): DashboardArgs["rows"] {
  const sent = sentBy(fleet, namespace);
  return [
    {
      title: "Model",
      graphs: [
        {
          title: "Tokens per second",
          signals: [
            perSecond(sent(vllmMetrics.generatedTokens, "Sum", "generated"), "generated"),
            perSecond(sent(vllmMetrics.promptTokens, "Sum", "prompts"), "prompts"),
          ],
          axis: { min: 0 },
        },
        {
          title: "Requests in the engines",
          signals: [
            sent(vllmMetrics.requestsRunning, "Sum", "running"),
            sent(vllmMetrics.requestsWaiting, "Sum", "waiting"),
          ],
          axis: { min: 0 },
        },
        {
          title: "KV cache in use (1 is full)",
          signals: [
            sent(vllmMetrics.cacheUsage, "Average", "average"),
            sent(vllmMetrics.cacheUsage, "Maximum", "fullest"),
          ],
          axis: { min: 0, max: 1 },
        },
      ],
    },
    {
      title: "GPUs",
      graphs: [
        {
          title: "GPU utilisation (%)",
          signals: [sent(agentMetrics.gpuUtilization, "Average", "average")],
          axis: { min: 0, max: 100 },
          limit: { value: upAbove, label: "one instance more" },
        },
        {
          title: "GPU memory (MiB, average)",
          signals: [
            sent(agentMetrics.gpuMemoryUsed, "Average", "used"),
            sent(agentMetrics.gpuMemoryTotal, "Average", "total"),
          ],
          axis: { min: 0 },
        },
        { title: "GPU temperature (°C)", signals: [sent(agentMetrics.gpuTemperature, "Maximum", "hottest")] },
        {
          title: "Disk and memory (%)",
          signals: [
            sent(agentMetrics.diskUsedPercent, "Maximum", "fullest disk"),
            sent(agentMetrics.memoryUsedPercent, "Average", "memory"),
          ],
          axis: { min: 0, max: 100 },
        },
      ],
    },
  ];
}
