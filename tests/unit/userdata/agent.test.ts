import { afterEach, describe, expect, test } from "vitest";
import { agentConfig, prometheusConfig, vllmMetrics } from "../../../userdata/agent";
import { renderOllama } from "../../../userdata/render";
import { Machine } from "./machine";
import { digestOf, ollamaOptions, vllmOptions } from "./options";
import { smallModel, upload } from "./weights";

const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.remove();
});

async function booted(script: string): Promise<Machine> {
  const machine = new Machine();
  machines.push(machine);
  upload(machine);
  machine.given("library", digestOf("d"));
  expect((await machine.boot(script)).status).toBe(0);
  return machine;
}

interface Config {
  readonly metrics: { readonly metrics_collected: Readonly<Record<string, { readonly append_dimensions: object }>> };
  readonly logs: {
    readonly logs_collected: { readonly files: { readonly collect_list: readonly Readonly<Record<string, string>>[] } };
  };
}

const groupsOf = (config: Config) =>
  Object.fromEntries(
    config.logs.logs_collected.files.collect_list.map((each) => [each["file_path"], each["log_group_name"]]),
  );
const fixed = /^StandardOutput=append:(\S+)$/gm;

describe("[phi3 4.1] the CloudWatch agent of a vLLM instance", () => {
  test("sends GPU, memory, disk and vLLM's metrics by group, and every log file", async () => {
    const machine = await booted(smallModel());
    const config = JSON.parse(machine.read("etc/llm-stacks/agent.json")) as Config;
    expect(Object.keys(config.metrics.metrics_collected)).toEqual(["mem", "swap", "disk", "nvidia_gpu"]);
    for (const { append_dimensions } of Object.values(config.metrics.metrics_collected)) {
      expect(append_dimensions).toEqual({ AutoScalingGroupName: "phi3-engines-dev" });
    }
    expect(config.metrics).toMatchObject({ namespace: "phi3", aggregation_dimensions: [["AutoScalingGroupName"]] });
    expect(groupsOf(config)).toEqual({
      "/var/log/llm-stacks/boot.log": "/phi3/dev/system",
      "/var/log/llm-stacks/ready.log": "/phi3/dev/system",
      "/var/log/llm-stacks/watch.log": "/phi3/dev/system",
      "/var/log/llm-stacks/engine.log": "/phi3/dev/engine",
    });
    expect(config.logs).toMatchObject({
      metrics_collected: {
        prometheus: {
          prometheus_config_path: "/etc/llm-stacks/prometheus.json",
          log_group_name: "/phi3/dev/system",
          emf_processor: {
            metric_namespace: "phi3",
            metric_declaration: [
              {
                source_labels: ["job"],
                label_matcher: "^vllm$",
                dimensions: [["AutoScalingGroupName"]],
                metric_selectors: Object.values(vllmMetrics).map((name) => `^${name}$`),
              },
            ],
          },
        },
      },
    });
  });

  test("reads vLLM on the engine's port, with the group as label", async () => {
    const machine = await booted(smallModel({}, { port: 9000 }));
    expect(JSON.parse(machine.read("etc/llm-stacks/prometheus.json"))).toEqual(
      prometheusConfig("vllm", 9000, vllmOptions.instance.groupName),
    );
    expect(prometheusConfig("vllm", 9000, "group")).toMatchObject({
      scrape_configs: [
        { static_configs: [{ targets: ["127.0.0.1:9000"], labels: { AutoScalingGroupName: "group" } }] },
      ],
    });
  });
});

describe("[ollama P21] [ollama 5.2] the CloudWatch agent of an Ollama instance", () => {
  test("sends Open WebUI's lines and Ollama's to the document's log groups", async () => {
    const machine = await booted(renderOllama(ollamaOptions));
    const config = JSON.parse(machine.read("etc/llm-stacks/agent.json")) as Config;
    const groups = groupsOf(config);
    expect(groups["/var/log/llm-stacks/web-ui.log"]).toBe("/aws/ec2/ollama-app");
    expect(groups["/var/log/llm-stacks/ollama.log"]).toBe("/aws/ec2/ollama-service");
    expect(groups["/var/log/llm-stacks/boot.log"]).toBe("/aws/ec2/ollama-service");
    expect(Object.keys(config.metrics.metrics_collected)).toEqual(["mem", "swap", "disk"]);
  });
});

test.each([
  ["vLLM", smallModel()],
  ["Ollama", renderOllama(ollamaOptions)],
])("every file that a unit of %s logs to is sent", (_, script) => {
  const written = [...script.matchAll(fixed)].map((match) => match[1]);
  expect(written.length).toBeGreaterThan(2);
  for (const path of written) expect(script).toContain(`"file_path": "${path}"`);
});

test("an instance without GPU and Prometheus has neither in its configuration", () => {
  const config = agentConfig({ namespace: "n", groupName: "g", logs: {}, gpu: false });
  expect(JSON.stringify(config)).not.toMatch(/nvidia|prometheus/);
});
