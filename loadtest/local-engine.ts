import { z } from "zod";
import { serveBehind } from "../local/model/behind";
import { ensureModelServer } from "../local/model/server";
import type { Target } from "./target";

interface LocalEngineOptions {
  /** Of the whole stack. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly target: Target;
  /** Headers with the key, which vLLM asks for itself. */
  readonly key: Readonly<Record<string, string>>;
  /** Of the local AWS. */
  readonly endpoint: string;
  readonly region: string;
}

const arn = z.string().startsWith("arn:");

/** The target groups that the small model takes the place of. */
const targetGroups = {
  phi3: z.object({ phi3: z.object({ targetGroupArn: arn }) }).transform(({ phi3 }) => [phi3.targetGroupArn]),
  // Ollama's own greeting stands for Open WebUI's page: nothing of the load is on it.
  ollama: z
    .object({ ollama: z.object({ apiTargetGroupArn: arn, webUiTargetGroupArn: arn }) })
    .transform(({ ollama }) => [ollama.apiTargetGroupArn, ollama.webUiTargetGroupArn]),
} as const;

/** Runs `action` while the small model answers behind the deployed load balancer. It gets what to say of that in the report. */
export async function withLocalEngine<T>(
  { outputs, target, key, endpoint, region }: LocalEngineOptions,
  log: (line: string) => void,
  action: (behind: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const { system, model } = target;
  const targetGroupArns = targetGroups[system].parse(outputs);
  const apiKey = key["Authorization"]?.replace(/^Bearer /, "");
  const engine = await ensureModelServer(log, {
    names: [model],
    ...(system === "phi3" ? { api: "vllm", apiKey } : { api: "ollama" }),
  });
  try {
    const behind = { "On this machine": `${engine.description}, in the place of the fleet` };
    return await serveBehind({ endpoint, region, targetGroupArns, port: engine.port }, () => action(behind));
  } finally {
    await engine.stop();
  }
}
