/**
 * Configuration of the CloudWatch agent.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
 */

const intervalSeconds = 60;
const logFolder = "/var/log/llm-stacks";

/** vLLM's metrics that are sent, by vLLM's own names. Source: https://docs.vllm.ai/en/stable/usage/metrics/ */
export const vllmMetrics = {
  requestsRunning: "vllm:num_requests_running",
  requestsWaiting: "vllm:num_requests_waiting",
  /** Share of the cache in use, 0 to 1. */
  cacheUsage: "vllm:kv_cache_usage_perc",
  /** Counters; the agent sends what came in since its last reading. */
  promptTokens: "vllm:prompt_tokens_total",
  generatedTokens: "vllm:generation_tokens_total",
  requestsSucceeded: "vllm:request_success_total",
  preemptions: "vllm:num_preemptions_total",
} as const;

/** Metrics of GPU, memory, swap and disk, by the agent's names: averages over an instance's GPUs are CloudWatch's. */
export const agentMetrics = {
  gpuUtilization: "nvidia_smi_utilization_gpu",
  gpuMemoryUtilization: "nvidia_smi_utilization_memory",
  gpuMemoryUsed: "nvidia_smi_memory_used",
  gpuMemoryTotal: "nvidia_smi_memory_total",
  gpuTemperature: "nvidia_smi_temperature_gpu",
  gpuPower: "nvidia_smi_power_draw",
  memoryUsedPercent: "mem_used_percent",
  swapUsedPercent: "swap_used_percent",
  diskUsedPercent: "disk_used_percent",
} as const;

/** Metrics that the Ollama instances' own probe and backup send: ms, ms, and counts. */
export const probeMetrics = {
  inferenceLatency: "InferenceLatency",
  modelLoadTime: "ModelLoadTime",
  inferenceFailures: "InferenceFailures",
  backupFailures: "BackupFailures",
} as const;

export interface AgentArgs {
  readonly namespace: string;
  readonly groupName: string;
  /** Names in the log folder, without `.log`, and the group each goes to. */
  readonly logs: Readonly<Record<string, string>>;
  readonly gpu: boolean;
  /** Where to read Prometheus metrics from the file of `prometheusConfig`, and the log group that their events pass. */
  readonly prometheus?: { readonly job: string; readonly metrics: readonly string[]; readonly logGroup: string };
}

/**
 * The agent's configuration. Every metric comes with the dimensions InstanceId and AutoScalingGroupName, and once more
 * with AutoScalingGroupName alone. The group's name is written out, because the agent would need ec2:DescribeTags on all
 * instances to find it.
 */
export function agentConfig({ namespace, groupName, logs, gpu, prometheus }: AgentArgs): object {
  const append_dimensions = { AutoScalingGroupName: groupName };
  const plugin = (measurement: readonly string[]) => ({
    measurement,
    metrics_collection_interval: intervalSeconds,
    append_dimensions,
  });
  return {
    agent: { metrics_collection_interval: intervalSeconds, omit_hostname: true },
    metrics: {
      namespace,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the agent fills it in
      append_dimensions: { InstanceId: "${aws:InstanceId}" },
      aggregation_dimensions: [["AutoScalingGroupName"]],
      metrics_collected: {
        mem: plugin(["used_percent"]),
        swap: plugin(["used_percent"]),
        disk: { ...plugin(["used_percent"]), resources: ["/"], drop_device: true },
        ...(gpu && {
          nvidia_gpu: plugin([
            "utilization_gpu",
            "utilization_memory",
            "memory_used",
            "memory_total",
            "temperature_gpu",
            "power_draw",
          ]),
        }),
      },
    },
    logs: {
      // The last lines of an instance that fails have to be away before it is.
      force_flush_interval: 5,
      logs_collected: {
        files: {
          collect_list: Object.entries(logs).map(([name, log_group_name]) => ({
            file_path: `${logFolder}/${name}.log`,
            log_group_name,
            log_stream_name: `{instance_id}/${name}`,
          })),
        },
      },
      ...(prometheus && {
        metrics_collected: {
          prometheus: {
            prometheus_config_path: "/etc/llm-stacks/prometheus.json",
            log_group_name: prometheus.logGroup,
            emf_processor: {
              metric_namespace: namespace,
              metric_declaration: [
                {
                  source_labels: ["job"],
                  label_matcher: `^${prometheus.job}$`,
                  dimensions: [["AutoScalingGroupName"]],
                  metric_selectors: prometheus.metrics.map((name) => `^${name}$`),
                },
              ],
            },
          },
        },
      }),
    },
  };
}

/** What the agent's Prometheus reader asks, in JSON, which is YAML too. */
export function prometheusConfig(job: string, port: number, groupName: string): object {
  return {
    global: { scrape_interval: `${intervalSeconds}s`, scrape_timeout: "10s" },
    scrape_configs: [
      {
        job_name: job,
        static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { AutoScalingGroupName: groupName } }],
      },
    ],
  };
}
