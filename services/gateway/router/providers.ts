import type { Settings } from "../settings";
import { Ring } from "./ring";

export const risks = ["low", "medium", "high"] as const;

/** How much harm a wrong answer to a task does. */
export type Risk = (typeof risks)[number];

export type ProviderKind = "vllm" | "ollama" | "gemini";

/** A replica of a provider: what a request is sent to, and what has a circuit of its own. */
export interface Target {
  /** `vllm/0`, `ollama`, `gemini` */
  readonly id: string;
  readonly provider: Provider;
  /** Ends with the API's version: `http://10.0.1.10:8000/v1`. */
  readonly baseUrl: string;
}

export interface Provider {
  readonly kind: ProviderKind;
  /** The model that it serves; requests for others are answered with this one. */
  readonly model: string;
  readonly apiKey: string | undefined;
  /** Whether what is sent to it stays within the VPC. */
  readonly inVpc: boolean;
  /** The riskiest task that it may serve. */
  readonly maxRisk: Risk;
  /** Dollars per million tokens; zero for what is paid by the hour. */
  readonly usdPerMillion: { readonly input: number; readonly output: number };
  readonly targets: readonly Target[];
  readonly ring: Ring;
}

type Draft = Omit<Provider, "targets" | "ring"> & { readonly baseUrls: readonly string[] };

export function provider({ baseUrls, ...draft }: Draft): Provider {
  const targets: Target[] = [];
  const made: Provider = { ...draft, targets, ring: new Ring(baseUrls) };
  for (const [index, baseUrl] of baseUrls.entries()) {
    targets.push({ id: draft.kind === "vllm" ? `vllm/${index}` : draft.kind, provider: made, baseUrl });
  }
  return made;
}

export function isPaid({ usdPerMillion: { input, output } }: Pick<Provider, "usdPerMillion">): boolean {
  return input > 0 || output > 0;
}

/** The chain vLLM -> Ollama -> Gemini, as far as the settings have it. */
export function providersOf(settings: Settings): readonly Provider[] {
  const chain: Draft[] = [];
  const free = { input: 0, output: 0 };
  if (settings.ENABLE_VLLM && settings.VLLM_BASE_URLS && settings.VLLM_MODEL) {
    chain.push({
      kind: "vllm",
      model: settings.VLLM_MODEL,
      apiKey: settings.VLLM_API_KEY,
      inVpc: true,
      maxRisk: "high",
      usdPerMillion: free,
      baseUrls: settings.VLLM_BASE_URLS,
    });
  }
  if (settings.OLLAMA_BASE_URL && settings.OLLAMA_MODEL) {
    chain.push({
      kind: "ollama",
      model: settings.OLLAMA_MODEL,
      apiKey: undefined,
      inVpc: true,
      maxRisk: settings.OLLAMA_MAX_RISK,
      usdPerMillion: free,
      baseUrls: [settings.OLLAMA_BASE_URL],
    });
  }
  if (settings.GEMINI_API_KEY) {
    chain.push({
      kind: "gemini",
      model: settings.GEMINI_MODEL,
      apiKey: settings.GEMINI_API_KEY,
      inVpc: false,
      maxRisk: "high",
      usdPerMillion: {
        input: settings.GEMINI_USD_PER_MILLION_INPUT_TOKENS,
        output: settings.GEMINI_USD_PER_MILLION_OUTPUT_TOKENS,
      },
      baseUrls: [settings.GEMINI_BASE_URL],
    });
  }
  return chain.map(provider);
}
