import type { GatewayOptions, OllamaOptions, VllmOptions } from "../../../userdata/render";

/** A value with the form of a digest. Real ones are given by config. */
export const digestOf = (digit: string) => digit.repeat(64);

const instance = (system: string) => ({
  region: "eu-central-1",
  groupName: `${system}-engines-dev`,
  launchHookName: `${system}-engines-launch`,
  terminationHookName: `${system}-engines-end`,
});

export const vllmOptions: VllmOptions = {
  instance: instance("phi3"),
  image: `vllm/vllm-openai:v0.14.0@sha256:${digestOf("a")}`,
  model: {
    name: "microsoft/Phi-3-mini-4k-instruct",
    revision: "b".repeat(40),
    weights: { bucket: "phi3-weights-dev-1a2b3c4d", prefix: "phi-3-mini", manifestSha256: digestOf("c") },
    hubFallback: false,
  },
  servedName: "phi-3-mini",
  port: 8000,
  maxModelLen: 4096,
  gpuMemoryUtilization: 0.9,
  apiKeyParameter: "/phi3/dev/api-key",
  logGroups: { engine: "/phi3/dev/engine", system: "/phi3/dev/system" },
  metricsNamespace: "phi3",
  healthTimeoutSeconds: 900,
  drainSeconds: 120,
};

export const ollamaOptions: OllamaOptions = {
  instance: instance("ollama"),
  model: { name: "phi3:mini", digest: digestOf("d") },
  snapChannel: "latest/stable",
  archive: { version: "0.20.3", sha256: digestOf("e") },
  webUiImage: `ghcr.io/open-webui/open-webui:v0.6.36@sha256:${digestOf("f")}`,
  webUiPort: 8080,
  ollamaPort: 11434,
  contextTokens: 4096,
  parallelRequests: 2,
  secretKeyParameter: "/ollama/dev/web-ui-secret-key",
  admin: { email: "ops@example.com", passwordParameter: "/ollama/dev/admin-password" },
  webUiUrl: "https://chat.example.com",
  backup: { bucket: "ollama-storage-dev-1a2b3c4d", table: "ollama-data-table-dev" },
  logGroups: { app: "/aws/ec2/ollama-app", service: "/aws/ec2/ollama-service" },
  metricsNamespace: "ollama",
  healthTimeoutSeconds: 900,
  drainSeconds: 120,
};

export const gatewayOptions: GatewayOptions = {
  instance: instance("agents"),
  port: 3000,
  healthPath: "/api/health/ready",
  code: { bucket: "agents-code-dev-1a2b3c4d", key: "gateway/main.js", sha256: digestOf("1") },
  environmentParameter: "/agents/dev/gateway-environment",
  replicas: { groupName: "agents-engines-dev", names: 3 },
  logGroups: { gateway: "/aws/ec2/agents-gateway-dev", system: "/aws/ec2/agents-system-dev" },
  datadog: { secret: "agents/dev/datadog", site: "datadoghq.eu", environment: "dev", service: "llm-gateway" },
  metricsNamespace: "agents",
  healthTimeoutSeconds: 300,
  drainSeconds: 120,
};
