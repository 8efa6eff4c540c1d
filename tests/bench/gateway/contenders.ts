import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDir, repoRoot } from "../../../automation/lib/paths";
import { type Child, startChild } from "../../../local/model/child";
import { freePort } from "../../../local/server-process";
import { ensureVenv } from "../../support/gateway/python-venv";
import type { Target } from "./drive";

const LITELLM = "1.106.2";
const PORTKEY = "1.15.2";

/** LiteLLM and the gateway check a key; Portkey's has none of its own. */
const KEY = "sk-bench-0123456789abcdef0123456789abcdef";

export interface Contender extends Target {
  readonly name: string;
  /** Resident memory of its processes, in MiB. */
  memoryMb(): number;
  stop(): Promise<void>;
}

const PATH = "/v1/chat/completions";

export function startUpstream(): Promise<Contender> {
  return start("upstream", nodeCommand("tests/bench/gateway/upstream.ts"), {}, {});
}

export function startPassThrough(upstream: string): Promise<Contender> {
  return start("pass-through", nodeCommand("tests/bench/gateway/pass-through.ts"), { UPSTREAM: upstream }, {});
}

/** @param replicas addresses that the one upstream is given as, so that the ring has so many members */
export function startGateway(upstream: string, replicas = 1): Promise<Contender> {
  const port = new URL(upstream).port;
  const urls = Array.from({ length: replicas }, (_, index) => `http://127.0.0.${index + 1}:${port}/v1`);
  return start(
    replicas === 1 ? "gateway" : `gateway, ${replicas} replicas`,
    nodeCommand("services/gateway/main.ts"),
    {
      HOST: "127.0.0.1",
      API_KEYS: JSON.stringify([{ id: "bench", sha256: hash("sha256", KEY), requestsPerMinute: 10_000_000 }]),
      LOG_LEVEL: "error",
      VLLM_BASE_URLS: replicas === 1 ? `${upstream}/v1` : urls.join(","),
      VLLM_MODEL: "bench",
      HEALTH_CHECK_SECONDS: "60",
    },
    { authorization: `Bearer ${KEY}` },
  );
}

export function startPortkey(upstream: string, folder: string): Promise<Contender> {
  const main = join(folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
  return start(
    `Portkey ${PORTKEY}`,
    (port) => [process.execPath, [main, "--headless", `--port=${port}`]],
    { NODE_ENV: "production" },
    { "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream}/v1`, authorization: "Bearer none" },
  );
}

export function startLiteLLM(upstream: string, folder: string): Promise<Contender> {
  const config = join(folder, `config-${new URL(upstream).port}.yaml`);
  const params = `{ model: openai/bench, api_base: "${upstream}/v1", api_key: none }`;
  writeFileSync(config, `model_list:\n  - { model_name: bench, litellm_params: ${params} }\n`);
  return start(
    `LiteLLM ${LITELLM}`,
    (port) => [
      join(folder, "bin", "litellm"),
      ["--config", config, "--host", "127.0.0.1", "--port", `${port}`, "--num_workers", "1", "--telemetry", "False"],
    ],
    { LITELLM_MASTER_KEY: KEY, LITELLM_LOG: "ERROR", LITELLM_MODE: "PRODUCTION", LITELLM_LOCAL_MODEL_COST_MAP: "True" },
    { authorization: `Bearer ${KEY}` },
  );
}

/** Portkey's gateway from npm, in a folder of the cache. */
export function installPortkey(): string {
  const folder = join(cacheDir(), "bench", `portkey-${PORTKEY}`);
  if (!existsSync(join(folder, "node_modules", "@portkey-ai", "gateway"))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"private":true}');
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", `@portkey-ai/gateway@${PORTKEY}`], {
      cwd: folder,
      stdio: "inherit",
    });
  }
  return folder;
}

/** LiteLLM's proxy from PyPI, in a virtual environment in the cache. */
export function installLiteLLM(): Promise<string> {
  return ensureVenv(`litellm[proxy]==${LITELLM}`);
}

type Command = (port: number) => [string, string[]];

function nodeCommand(file: string): Command {
  return () => [process.execPath, ["--require", "tsx/cjs", join(repoRoot, file)]];
}

async function start(
  name: string,
  command: Command,
  env: Record<string, string>,
  headers: Record<string, string>,
): Promise<Contender> {
  const port = await freePort();
  const [program, args] = command(port);
  const logFile = join(repoRoot, ".local", "bench", `${name.replaceAll(/\W+/g, "-")}.log`);
  const own = { PATH: process.env["PATH"], HOME: process.env["HOME"], NODE_ENV: "production", ...env, PORT: `${port}` };
  const child = startChild(program, args, { env: own, logFile });
  const target = { origin: `http://127.0.0.1:${port}`, path: PATH, headers, model: "bench" };
  await answering(target, child, name);
  return { name, ...target, memoryMb: () => memoryOf(port), stop: () => child.stop() };
}

async function answering({ origin, path, headers, model }: Target, child: Child, name: string): Promise<void> {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] });
  for (const deadline = Date.now() + 180_000; ; await sleep(200)) {
    const request = { method: "POST", headers: { "content-type": "application/json", ...headers }, body };
    const answer = await fetch(origin + path, request).then(
      async (response) => `${response.status} ${await response.text()}`,
      (error: Error) => error.message,
    );
    if (answer.startsWith("200")) return;
    const ended = child.ended();
    if (ended === undefined && Date.now() < deadline) continue;
    await child.stop();
    throw new Error(`${name} does not answer (${ended ?? answer.slice(0, 300)}):\n${child.lastOutput()}`);
  }
}

/** Of the process that listens on the port: its launcher is another one. */
function memoryOf(port: number): number {
  const listening = execFileSync("ss", ["-ltnpH", `sport = :${port}`], { encoding: "utf8" });
  const pids = new Set([...listening.matchAll(/pid=(\d+)/g)].map(([, pid = ""]) => pid));
  let pages = 0;
  for (const pid of pids) pages += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  return pages / 1024;
}
