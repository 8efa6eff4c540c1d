import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { apiKeyHeaders } from "../../loadtest/api-key";
import { type Child, startChild } from "../../local/model/child";
import { ensureModelServer, type ModelServer, type ModelServerOptions } from "../../local/model/server";
import { freePort } from "../../local/server-process";
import { makeCertificate } from "../../local/servers/certificate";
import { startPostgres } from "../../local/servers/postgres";
import { startRedis } from "../../local/servers/redis";
import type { LocalServer } from "../../local/servers/server";
import { fetchSecret } from "../../services/gateway/secrets";
import { createS3Client } from "../../services/lib/s3";
import { UserError } from "../lib/user-error";

/** What stands on this machine for the machines and the managed services of `agents`. */

export interface MachineParts {
  readonly region: string;
  /** The stack's own, which a machine reads from SSM. */
  readonly environment: Readonly<Record<string, string>>;
  readonly code: { readonly bucket: string; readonly key: string; readonly sha256: string };
  readonly gatewaySecret: string;
  readonly engineKeyParameter: string;
  /** The name that engines serve their model under. */
  readonly model: string;
  readonly log: (line: string) => void;
}

/** A server that the demo takes away and brings back at the same place. */
export interface Switch {
  /** What answers; empty before the first start. */
  readonly description: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface GatewayProcess {
  readonly url: string;
  readonly port: number;
  /** Returns when it answers. */
  start(): Promise<void>;
  /** As kill -9 does. */
  kill(): Promise<void>;
  /** As systemd does. */
  stop(): Promise<void>;
}

export interface Machines {
  /** Takes requests and jobs in, and works on none. */
  readonly server: GatewayProcess;
  /** Works on jobs. */
  readonly worker: GatewayProcess;
  readonly engine: Switch;
  readonly ollama: Switch;
  readonly redis: LocalServer;
  /** Where the processes' environment differs from the stack's. */
  readonly differences: Readonly<Record<string, string>>;
}

/** For the demo's sake: what it waits for takes a minute or two as shipped. */
const hurry = { BREAKER_OPEN_SECONDS: "5", HEALTH_CHECK_SECONDS: "0.5", JOBS_VISIBILITY_SECONDS: "6" } as const;
const smallModel = "small";

/**
 * Runs `action` with two gateway processes of the deployed file, in the deployed environment but for addresses: a real PostgreSQL and a real Redis that ask for TLS and
 * for the stack's own passwords, the stack's queue, and small real models in the place of the fleet and of Ollama. Nothing is started but the two data servers.
 *
 * @throws UserError when a server is not installed or the stack's code or secrets can't be read
 */
export async function withMachines<T>(parts: MachineParts, action: (machines: Machines) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "llm-stacks-agents-"));
  const endings: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const { environment, region } = parts;
    const certificate = makeCertificate(folder);
    const [file, gatewaySecret, databaseSecret, engineKey] = await Promise.all([
      fetchCode(parts, folder),
      readSecret(parts.gatewaySecret, region, gatewaySecretSchema),
      readSecret(environment["DATABASE_SECRET_ID"] ?? "", region, databaseSecretSchema),
      apiKeyHeaders(parts.engineKeyParameter, region),
    ]);
    const redis = await startRedis({ password: gatewaySecret.REDIS_AUTH_TOKEN, certificate });
    endings.push(redis.dispose);
    const database = await startPostgres({
      user: databaseSecret.username,
      password: databaseSecret.password,
      database: new URL(environment["DATABASE_URL"] ?? "").pathname.slice(1),
      certificate,
    });
    endings.push(database.dispose);

    const [enginePort, ollamaPort] = [await freePort(), await freePort()];
    const differences = {
      ...hurry,
      HOST: "127.0.0.1",
      VLLM_BASE_URLS: replicaUrls(environment["VLLM_BASE_URLS"] ?? "", enginePort).join(","),
      OLLAMA_BASE_URL: `http://127.0.0.1:${ollamaPort}/v1`,
      OLLAMA_MODEL: smallModel,
      DATABASE_URL: `postgres://127.0.0.1:${database.port}${new URL(environment["DATABASE_URL"] ?? "").pathname}`,
      DATABASE_CA_FILE: certificate.certificate,
      REDIS_URL: redis.url,
      LEAVING_FILE: join(folder, "leaving"),
      NODE_EXTRA_CA_CERTS: certificate.certificate,
    };
    const gateway = async (name: string, own: Readonly<Record<string, string>>): Promise<GatewayProcess> => {
      const made = gatewayProcess(name, file, { ...environment, ...differences, ...own }, await freePort(), folder);
      endings.push(made.stop);
      return made;
    };
    const apiKey = engineKey["Authorization"]?.replace(/^Bearer /, "");
    const vllm = {
      names: [parts.model],
      api: "vllm",
      port: enginePort,
      ...(apiKey !== undefined && { apiKey }),
    } as const;
    const engine = modelSwitch(parts.log, vllm);
    const ollama = modelSwitch(parts.log, { names: [smallModel], port: ollamaPort });
    endings.push(engine.stop, ollama.stop);
    const server = await gateway("server", { JOBS_CONCURRENCY: "0" });
    const worker = await gateway("worker", { JOBS_CONCURRENCY: "2" });
    return await action({ server, worker, engine, ollama, redis, differences });
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

/** As a machine's names of engines are: the first leads to the engine, and where the others lead nothing listens. */
function replicaUrls(urls: string, port: number): string[] {
  return urls.split(",").map((_, index) => `http://127.0.0.${index + 1}:${port}/v1`);
}

function modelSwitch(log: MachineParts["log"], options: ModelServerOptions): Switch {
  let running: ModelServer | undefined;
  let description = "";
  return {
    get description() {
      return description;
    },
    start: async () => {
      running = await ensureModelServer(log, options);
      ({ description } = running);
    },
    stop: async () => {
      const stopping = running;
      running = undefined;
      await stopping?.stop();
    },
  };
}

function gatewayProcess(
  name: string,
  file: string,
  variables: Readonly<Record<string, string>>,
  port: number,
  folder: string,
): GatewayProcess {
  const url = `http://127.0.0.1:${port}`;
  let child: Child | undefined;
  const aws = Object.entries(process.env).filter(([key]) => key.startsWith("AWS_"));
  const env = { PATH: process.env["PATH"], ...Object.fromEntries(aws), ...variables, PORT: `${port}` };
  const answers = () =>
    fetch(`${url}/api/health/live`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  return {
    url,
    port,
    start: async () => {
      const logFile = join(folder, `${name}.log`);
      child = startChild(process.execPath, ["--enable-source-maps", file], { env, logFile });
      for (const deadline = Date.now() + 60_000; !(await answers()); await sleep(50)) {
        const ended = child.ended();
        if (ended === undefined && Date.now() < deadline) continue;
        throw new UserError(`The gateway did not start (${ended ?? "60 s"}):\n${child.lastOutput()}`);
      }
    },
    kill: async () => child?.kill(),
    stop: async () => child?.stop(),
  };
}

/** The file that the launch template names, checked as a machine does. */
async function fetchCode({ code, region }: MachineParts, folder: string): Promise<string> {
  const s3 = createS3Client({ region });
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: code.bucket, Key: code.key }));
    const text = (await Body?.transformToString()) ?? "";
    const sha256 = createHash("sha256").update(text).digest("hex");
    if (sha256 !== code.sha256) throw new Error(`its SHA-256 is ${sha256}, not ${code.sha256}`);
    const file = join(folder, "gateway", "gateway.js");
    await mkdir(join(folder, "gateway"));
    await writeFile(file, text);
    return file;
  } catch (cause) {
    throw new UserError(
      `The gateway's code, s3://${code.bucket}/${code.key}, can't be had: ${(cause as Error).message}.`,
      "Deploy the stack again.",
      { cause },
    );
  } finally {
    s3.destroy();
  }
}

const databaseSecretSchema = z.object({ username: z.string(), password: z.string() });
const gatewaySecretSchema = z.object({ REDIS_AUTH_TOKEN: z.string() });

async function readSecret<T>(id: string, region: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await fetchSecret(id, region)));
  } catch (cause) {
    throw new UserError(
      `The secret ${id} can't be read: ${(cause as Error).message}.`,
      "Check that these credentials may use secretsmanager:GetSecretValue on it.",
      { cause },
    );
  }
}
