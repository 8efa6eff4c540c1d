import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted } from "../../automation/lib/exit";
import { cacheDir, localDir } from "../../automation/lib/paths";
import { UserError } from "../../automation/lib/user-error";
import type { Log } from "../../toolchain/run";
import { freePort } from "../server-process";
import { type Child, startChild } from "./child";
import { ensureLlama, llamaCommand } from "./llama-install";
import { startOllamaAdapter } from "./ollama-adapter";
import { buildOllama, ollamaVersion } from "./ollama-build";
import { createModels } from "./ollama-models";
import { startVllmAdapter } from "./vllm-adapter";
import { ensureWeights, weights } from "./weights";

export interface ModelServerOptions {
  /** Names the model answers to: those of the models it stands in for. At least one. */
  readonly names: readonly string[];
  /** Whose API it has. `ollama`, the default, is Ollama's own, with its OpenAI-compatible part; `vllm` is vLLM's: /v1/*, /health, a key. */
  readonly api?: "ollama" | "vllm";
  /** With `vllm`: the key that /v1/* asks for, as vLLM's --api-key does. Default none. */
  readonly apiKey?: string;
  /** Where it listens. Default: a free port. */
  readonly port?: number;
  /** Default: Ollama where it can be built, else node-llama-cpp. */
  readonly engine?: "ollama" | "node-llama-cpp";
}

export interface ModelServer {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly port: number;
  /** What computes the tokens, with versions: `Gemma 3 270M, Q4_K_M on Ollama 0.17.4`. */
  readonly description: string;
  /** Gets what the engine prints. */
  readonly logFile: string;
  stop(): Promise<void>;
}

/** Reading the weights takes seconds; on a busy machine, a minute. */
const START_SECONDS = 120;

/**
 * A server on the loopback address that answers with a real small model. It ends with `stop`, or with this process.
 *
 * The first call builds Ollama (about 4 minutes on 2 cores) and fetches the weights (253 MB); later ones find both in the cache. Where Ollama
 * can't be built it says why and lets node-llama-cpp, which comes compiled, run the same weights behind the same routes.
 *
 * @throws UserError when neither engine can be had, the weights can't be fetched, or the engine does not start; Interrupted after Ctrl-C
 */
export async function ensureModelServer(log: Log, options: ModelServerOptions): Promise<ModelServer> {
  if (options.names.length === 0) throw new RangeError("A model server needs a name to serve the model under.");
  const file = await ensureWeights(log);
  const engine = await startEngine(log, file, options);
  try {
    const adapter = await (options.api === "vllm"
      ? startVllmAdapter(engine.endpoint, options.names, options.apiKey, options.port)
      : startOllamaAdapter(engine.endpoint, options.port));
    return {
      ...engine,
      ...adapter,
      stop: async () => {
        await adapter.stop();
        await engine.stop();
      },
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

async function startEngine(log: Log, file: string, options: ModelServerOptions): Promise<ModelServer> {
  if (options.engine === "node-llama-cpp") return startLlama(log, file, options.names);
  let program: string;
  try {
    program = await buildOllama(log);
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof Interrupted || options.engine === "ollama") throw error;
    log(`Ollama can't be built here: ${error.message}`);
    if (error.hint) log(`  -> ${error.hint}`);
    log("Using node-llama-cpp instead, which runs the same weights");
    return startLlama(log, file, options.names);
  }
  return startOllama(program, file, options.names);
}

async function startOllama(program: string, file: string, names: readonly string[]): Promise<ModelServer> {
  const env = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    OLLAMA_MODELS: join(cacheDir(), "models", "ollama"),
    // Several servers may share the folder, and each would throw away what another is adding.
    OLLAMA_NOPRUNE: "1",
    OLLAMA_NO_CLOUD: "1",
    OLLAMA_CONTEXT_LENGTH: "2048",
    OLLAMA_NUM_PARALLEL: "2",
    OLLAMA_KEEP_ALIVE: "-1",
    // As on the instances, where the load balancer decides who comes in.
    OLLAMA_ORIGINS: "*",
  };
  const start = (port: number, logFile: string) =>
    startChild(program, ["serve"], { env: { ...env, OLLAMA_HOST: `127.0.0.1:${port}` }, logFile });
  const description = `${weights.name} on Ollama ${ollamaVersion()}`;
  return serve(start, "/api/version", description, (endpoint) => createModels(endpoint, file, weights.sha256, names));
}

async function startLlama(log: Log, file: string, names: readonly string[]): Promise<ModelServer> {
  const installed = await ensureLlama(log);
  const start = (port: number, logFile: string) => {
    const { command, args } = llamaCommand(installed, { file, names, port });
    return startChild(command, args, { env: process.env, logFile });
  };
  return serve(start, "/api/version", `${weights.name} on node-llama-cpp ${installed.version}`);
}

async function serve(
  start: (port: number, logFile: string) => Child,
  healthPath: string,
  description: string,
  prepare: (endpoint: string) => Promise<void> = async () => {},
): Promise<ModelServer> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const logFile = join(localDir, "model", `server-${port}.log`);
  const child = start(port, logFile);
  try {
    await healthy(`${endpoint}${healthPath}`, child, logFile);
    await prepare(endpoint);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { endpoint, port, description, logFile, stop: () => child.stop() };
}

async function healthy(url: string, child: Child, logFile: string): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    const ended = child.ended();
    const late = Date.now() > deadline;
    if (ended !== undefined || late) {
      throw new UserError(
        `The small model's server did not start (${ended ?? `no answer within ${START_SECONDS} s`}). The end of ${logFile}:\n${child.lastOutput()}`,
      );
    }
    const answered = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await sleep(100);
  }
}
