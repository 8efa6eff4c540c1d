import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../components/data/bucket";
import { GeneratedSecret } from "../components/data/generated-secret";
import type { PostgresDatabase } from "../components/data/postgres-database";
import type { RedisCache } from "../components/data/redis-cache";
import { Secret } from "../components/data/secret";
import type { SystemContext } from "../components/lib/context";
import type { Queue } from "../components/messaging/queue";
import { type BundleFile, bundleFile } from "../components/serverless/bundle";
import { leavingFile, replicaName } from "../userdata/render";
import { type AgentsSettings, agentsSecrets } from "./agents-settings";
import type { Shared } from "./system";
import { enginePort } from "./vllm-parts";

/** What the gateway's machines run, with what it reads: variables of its environment, and its secret. */

const entry = "services/gateway/main.ts";
export const gatewayPort = 3000;
/** Answers 2xx once the gateway can work: a new machine is held until then. */
export const readyPath = "/api/health/ready";
/** Answers 2xx for as long as the gateway itself works. Machines are replaced by it: when the database is away, new ones would help nobody. */
export const livePath = "/api/health/live";
/** Where machines keep the certificates of RDS's authority. */
const authorityFile = "/etc/llm-stacks/rds-ca.pem";
export const databaseName = "gateway";
export const service = "llm-gateway";

/** Variables that the gateway gets from the stack. The rest have the gateway's own defaults. */
export const gatewayVariables = [
  "HOST",
  "PORT",
  "SHUTDOWN_GRACE_SECONDS",
  "REQUEST_TIMEOUT_SECONDS",
  "AWS_REGION",
  "LEAVING_FILE",
  "VLLM_BASE_URLS",
  "VLLM_MODEL",
  "OLLAMA_BASE_URL",
  "OLLAMA_MODEL",
  "DATABASE_URL",
  "DATABASE_SECRET_ID",
  "DATABASE_TLS",
  "DATABASE_CA_FILE",
  "REDIS_URL",
  "JOBS_QUEUE_URL",
  "JOBS_VISIBILITY_SECONDS",
  "JOBS_KEEP_DAYS",
  "RESULTS_BUCKET",
  "GATEWAY_SECRET_ID",
  "ENABLE_DATADOG",
  "DD_SERVICE",
  "DD_ENV",
] as const;
export type GatewayVariable = (typeof gatewayVariables)[number];

/** Keys of the JSON object in the gateway's secret, by the gateway's own names. */
export const gatewaySecretKeys = [
  "API_KEYS",
  "GEMINI_API_KEY",
  "REDIS_AUTH_TOKEN",
  "VLLM_API_KEY",
  "WEBHOOK_SECRET",
] as const;

export interface GatewaySecrets {
  /** What a caller sends. Undefined where the configuration has the callers' keys. */
  readonly apiKey: GeneratedSecret | undefined;
  /** What the gateway sends to engines. */
  readonly engineKey: GeneratedSecret;
  readonly redisToken: GeneratedSecret;
  /** What receivers of webhooks check them by. */
  readonly webhookKey: GeneratedSecret;
  /** All that the gateway reads, in one. */
  readonly all: Secret;
  /** Undefined without a key of Datadog's. */
  readonly datadog: Secret | undefined;
}

export function createSecrets(context: SystemContext, shared: Shared): GatewaySecrets {
  const generated = (name: string, description: string) => new GeneratedSecret(name, { context, description });
  const callers = shared.secret(agentsSecrets.callers);
  const datadogKey = shared.secret(agentsSecrets.datadog);
  const apiKey = callers ? undefined : generated("agents-api-key", "Key that callers of the gateway send");
  const engineKey = generated("agents-engine-key", "Key that the gateway sends to the engines");
  const redisToken = generated("agents-redis-token", "Password of Redis");
  const webhookKey = generated("agents-webhook-key", "Key that webhooks are signed with");
  const values: Record<(typeof gatewaySecretKeys)[number], pulumi.Input<string> | undefined> = {
    API_KEYS: callers ?? apiKey?.value.apply(keyList),
    GEMINI_API_KEY: shared.secret(agentsSecrets.gemini),
    REDIS_AUTH_TOKEN: redisToken.value,
    VLLM_API_KEY: engineKey.value,
    WEBHOOK_SECRET: webhookKey.value,
  };
  const all = new Secret("agents-gateway", {
    context,
    description: "Keys of callers, providers, Redis, engines and webhooks, as the gateway reads them",
    value: pulumi.jsonStringify(values),
  });
  const datadog =
    datadogKey && new Secret("agents-datadog", { context, description: "Key of the Datadog agent", value: datadogKey });
  return { apiKey, engineKey, redisToken, webhookKey, all, datadog };
}

/** The gateway knows keys by their digest alone. */
function keyList(key: string): string {
  return JSON.stringify([{ id: "default", sha256: createHash("sha256").update(key).digest("hex"), admin: true }]);
}

/** The gateway as one file in a bucket, under its checksum: what an older launch template names stays there. */
export function uploadCode(context: SystemContext) {
  const { path, sha256 }: BundleFile = bundleFile(entry);
  const bucket = new Bucket("agents-code", { context });
  const key = `gateway/${sha256}.js`;
  const object = bucket.addFile("gateway", { key, path, contentType: "text/javascript" });
  return { bucket, key, sha256, object };
}

/** Names for engines: those of the largest fleet, and those that a refresh adds before it takes others away. */
export function replicaNames({ size }: Pick<AgentsSettings, "size">): number {
  return size.max + Math.ceil(size.max / 10);
}

export interface EnvironmentParts {
  readonly database: PostgresDatabase;
  readonly cache: RedisCache;
  readonly jobs: Queue;
  readonly results: Bucket;
  readonly secrets: GatewaySecrets;
}

/** The gateway's environment: addresses and names, no secret. */
export function gatewayEnvironment(
  context: SystemContext,
  settings: AgentsSettings,
  { database, cache, jobs, results, secrets }: EnvironmentParts,
): Readonly<Partial<Record<GatewayVariable, pulumi.Input<string>>>> {
  const { longestGenerationSeconds, ollama, model, jobVisibilitySeconds } = settings;
  const replicas = Array.from({ length: replicaNames(settings) }, (_, index) => replicaName(index + 1));
  return {
    HOST: "0.0.0.0",
    PORT: String(gatewayPort),
    // Below the time that the load balancer gives a leaving target.
    SHUTDOWN_GRACE_SECONDS: String(Math.max(1, longestGenerationSeconds - 10)),
    REQUEST_TIMEOUT_SECONDS: String(longestGenerationSeconds),
    AWS_REGION: context.region,
    LEAVING_FILE: leavingFile,
    VLLM_BASE_URLS: replicas.map((name) => `http://${name}:${enginePort}/v1`).join(","),
    VLLM_MODEL: model.servedName,
    ...(ollama && { OLLAMA_BASE_URL: ollama.url, OLLAMA_MODEL: ollama.model }),
    DATABASE_URL: pulumi.interpolate`postgres://${database.host}:${database.port}/${database.databaseName}`,
    DATABASE_SECRET_ID: database.secretArn,
    DATABASE_TLS: "verify",
    DATABASE_CA_FILE: authorityFile,
    REDIS_URL: cache.url,
    JOBS_QUEUE_URL: jobs.url,
    JOBS_VISIBILITY_SECONDS: String(jobVisibilitySeconds),
    JOBS_KEEP_DAYS: String(settings.resultDays),
    RESULTS_BUCKET: results.name,
    GATEWAY_SECRET_ID: secrets.all.name,
    ENABLE_DATADOG: String(secrets.datadog !== undefined),
    DD_SERVICE: service,
    DD_ENV: context.environment,
  };
}
