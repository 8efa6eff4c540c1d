import { agentConfig, prometheusConfig, vllmMetrics } from "./agent";
import { type CheckedGatewayOptions, checkGatewayOptions, type GatewayOptions } from "./gateway-options";
import {
  type CheckedOllamaOptions,
  type CheckedVllmOptions,
  checkOllamaOptions,
  checkVllmOptions,
  type OllamaOptions,
  type VllmOptions,
} from "./options";
import { assembleScript, type InstanceFile } from "./script";

export { type GatewayOptions, leavingFile, replicaName } from "./gateway-options";
export { type InstanceFacts, InvalidOptionsError, type OllamaOptions, type VllmOptions } from "./options";
export { maxUserDataBytes, packUserData } from "./pack";
export { parseWeightsManifest, type WeightFile, type WeightsManifest, weightsManifest } from "./weights-manifest";

const job = "vllm";

/**
 * User data of an instance that serves one model with vLLM, on an Ubuntu AMI with NVIDIA's driver and container runtime.
 * docs/user-data.md says what it does in which order.
 * @throws InvalidOptionsError naming every wrong option
 */
export function renderVllm(options: VllmOptions): string {
  const checked = checkVllmOptions(options);
  const { instance, model, logGroups } = checked;
  return assembleScript({
    title: "Serves a language model with vLLM.",
    settings: {
      ...commonSettings(checked),
      ENGINE_UNITS: "vllm.service",
      IMAGE: byDigest(checked.image),
      MODEL: model.name,
      REVISION: model.revision,
      WEIGHTS_BUCKET: model.weights?.bucket ?? "",
      WEIGHTS_PREFIX: model.weights?.prefix ?? "",
      MANIFEST_SHA256: model.weights?.manifestSha256 ?? "",
      HUB_FALLBACK: model.hubFallback ? "yes" : "no",
      SERVED_NAME: checked.servedName,
      PORT: String(checked.port),
      MAX_MODEL_LEN: String(checked.maxModelLen),
      GPU_MEMORY_UTILIZATION: String(checked.gpuMemoryUtilization),
      API_KEY_PARAMETER: checked.apiKeyParameter ?? "",
    },
    documents: {
      "/etc/llm-stacks/agent.json": document(
        agentConfig({
          namespace: checked.metricsNamespace,
          groupName: instance.groupName,
          logs: { ...commonLogs(logGroups.system), engine: logGroups.engine },
          gpu: true,
          prometheus: { job, metrics: Object.values(vllmMetrics), logGroup: logGroups.system },
        }),
      ),
      "/etc/llm-stacks/prometheus.json": document(prometheusConfig(job, checked.port, instance.groupName)),
    },
    files: [
      ...commonFiles,
      ...programs("vllm", ["engine", "weights", "health", "running", "unhealthy"]),
      ...units("vllm.service", "llm-unhealthy.service", "llm-ready.service", "llm-watch.service"),
    ],
    body: ["base.sh", "vllm/boot.sh"],
  });
}

/**
 * User data of an instance that serves one model with Ollama, and Open WebUI to it, on an Ubuntu or Debian AMI.
 * docs/user-data.md says what it does in which order.
 * @throws InvalidOptionsError naming every wrong option
 */
export function renderOllama(options: OllamaOptions): string {
  const checked = checkOllamaOptions(options);
  const { logGroups } = checked;
  return assembleScript({
    title: "Serves a language model with Ollama and Open WebUI.",
    settings: {
      ...commonSettings(checked),
      ENGINE_UNITS: "snap.ollama.listener.service ollama.service web-ui.service",
      MODEL: checked.model.name,
      MODEL_DIGEST: checked.model.digest,
      SNAP_CHANNEL: checked.snapChannel,
      ARCHIVE_VERSION: checked.archive?.version ?? "",
      ARCHIVE_SHA256: checked.archive?.sha256 ?? "",
      PORT: String(checked.ollamaPort),
      WEB_UI_IMAGE: byDigest(checked.webUiImage),
      WEB_UI_PORT: String(checked.webUiPort),
      CONTEXT_TOKENS: String(checked.contextTokens),
      PARALLEL_REQUESTS: String(checked.parallelRequests),
      SECRET_KEY_PARAMETER: checked.secretKeyParameter,
      ADMIN_EMAIL: checked.admin.email,
      ADMIN_PASSWORD_PARAMETER: checked.admin.passwordParameter,
      WEB_UI_URL: checked.webUiUrl ?? "",
      DATABASE_URL_PARAMETER: checked.databaseUrlParameter ?? "",
      BACKUP_BUCKET: checked.backup.bucket,
      BACKUP_TABLE: checked.backup.table,
    },
    documents: {
      "/etc/llm-stacks/agent.json": document(
        agentConfig({
          namespace: checked.metricsNamespace,
          groupName: checked.instance.groupName,
          logs: {
            ...commonLogs(logGroups.service),
            ollama: logGroups.service,
            probe: logGroups.service,
            backup: logGroups.service,
            "web-ui": logGroups.app,
          },
          gpu: false,
        }),
      ),
    },
    files: [
      ...commonFiles,
      ...programs("ollama", [
        "serve",
        "follow",
        "web-ui",
        "generate",
        "probe",
        "health",
        "running",
        "restore",
        "backup",
      ]),
      ...units("ollama.service", "ollama-log.service", "web-ui.service", "llm-probe.service", "llm-probe.timer"),
      ...units("llm-ready.service", "llm-watch.service", "llm-backup.service", "llm-backup.timer"),
    ],
    body: ["base.sh", "ollama/boot.sh"],
  });
}

/**
 * User data of an instance that runs the gateway in front of engines of another group, on an Ubuntu AMI. docs/user-data.md says what it does in which order.
 * @throws InvalidOptionsError naming every wrong option
 */
export function renderGateway(options: GatewayOptions): string {
  const checked = checkGatewayOptions(options);
  const { code, logGroups, replicas, datadog } = checked;
  return assembleScript({
    title: "Runs the gateway to language models.",
    settings: {
      ...commonSettings(checked),
      ENGINE_UNITS: "gateway.service",
      PORT: String(checked.port),
      HEALTH_PATH: checked.healthPath,
      NODE_CHANNEL: checked.nodeChannel,
      CODE_BUCKET: code.bucket,
      CODE_KEY: code.key,
      CODE_SHA256: code.sha256,
      ENVIRONMENT_PARAMETER: checked.environmentParameter,
      FLEET_GROUP: replicas.groupName,
      REPLICA_NAMES: String(replicas.names),
      DATADOG_SECRET: datadog?.secret ?? "",
      DATADOG_SITE: datadog?.site ?? "",
      DATADOG_ENV: datadog?.environment ?? "",
      DATADOG_SERVICE: datadog?.service ?? "",
    },
    documents: {
      "/etc/llm-stacks/agent.json": document(
        agentConfig({
          namespace: checked.metricsNamespace,
          groupName: checked.instance.groupName,
          logs: { ...commonLogs(logGroups.system), replicas: logGroups.system, gateway: logGroups.gateway },
          gpu: false,
        }),
      ),
    },
    files: [
      ...commonFiles,
      ...programs("gateway", ["serve", "replicas", "health", "running", ...(datadog ? ["datadog"] : [])]),
      ...units(
        "gateway.service",
        "llm-replicas.service",
        "llm-replicas.timer",
        "llm-ready.service",
        "llm-watch.service",
      ),
    ],
    body: ["base.sh", "gateway/boot.sh"],
  });
}

function commonSettings(
  options: CheckedVllmOptions | CheckedOllamaOptions | CheckedGatewayOptions,
): Readonly<Record<string, string>> {
  const { instance } = options;
  return {
    REGION: instance.region,
    GROUP_NAME: instance.groupName,
    LAUNCH_HOOK: instance.launchHookName,
    TERMINATION_HOOK: instance.terminationHookName,
    METRICS_NAMESPACE: options.metricsNamespace,
    HEALTH_TIMEOUT_SECONDS: String(options.healthTimeoutSeconds),
    DRAIN_SECONDS: String(options.drainSeconds),
    SWAP_GIB: String(options.swapGiB),
  };
}

function commonLogs(logGroup: string): Readonly<Record<string, string>> {
  return { boot: logGroup, ready: logGroup, watch: logGroup };
}

const commonFiles: readonly InstanceFile[] = [
  { path: "/opt/llm-stacks/lib.sh", mode: "0644", template: "lib.sh" },
  { path: "/opt/llm-stacks/ready", mode: "0755", template: "ready.sh" },
  { path: "/opt/llm-stacks/watch", mode: "0755", template: "watch.sh" },
  { path: "/etc/ssh/sshd_config.d/00-llm-stacks.conf", mode: "0644", template: "sshd.conf" },
  { path: "/etc/logrotate.d/llm-stacks", mode: "0644", template: "logrotate.conf" },
];

function programs(folder: string, names: readonly string[]): readonly InstanceFile[] {
  return names.map((name) => ({ path: `/opt/llm-stacks/${name}`, mode: "0755", template: `${folder}/${name}.sh` }));
}

function units(...names: readonly string[]): readonly InstanceFile[] {
  return names.map((name) => ({ path: `/etc/systemd/system/${name}`, mode: "0644", template: `units/${name}` }));
}

/** Without its tag, which Docker would not keep beside a digest. */
function byDigest(image: string): string {
  return image.replace(/:[\w.-]+@sha256:/, "@sha256:");
}

function document(value: object): string {
  return JSON.stringify(value, undefined, 1);
}
