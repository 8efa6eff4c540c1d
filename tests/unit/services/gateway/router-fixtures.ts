import type { RouteRequest, View } from "../../../../services/gateway/router/plan";
import { type Provider, provider } from "../../../../services/gateway/router/providers";

const free = { input: 0, output: 0 };

export const vllm = (replicas = 1): Provider =>
  provider({
    kind: "vllm",
    model: "large",
    apiKey: undefined,
    inVpc: true,
    maxRisk: "high",
    usdPerMillion: free,
    baseUrls: Array.from({ length: replicas }, (_, index) => `http://10.0.0.${index + 1}:8000/v1`),
  });

export const ollama = (): Provider =>
  provider({
    kind: "ollama",
    model: "small",
    apiKey: undefined,
    inVpc: true,
    maxRisk: "medium",
    usdPerMillion: free,
    baseUrls: ["http://10.0.1.1:11434/v1"],
  });

export const gemini = (): Provider =>
  provider({
    kind: "gemini",
    model: "gemini-2.5-flash",
    apiKey: "key",
    inVpc: false,
    maxRisk: "high",
    usdPerMillion: { input: 0.3, output: 2.5 },
    baseUrls: ["https://gemini.example/v1"],
  });

export const wholeChain = (replicas = 1) => [vllm(replicas), ollama(), gemini()];

export const request: RouteRequest = { model: "auto", risk: "medium", private: false, affinity: "Why?" };

export const allWell: View = { usable: () => true, healthy: () => true, load: () => 0, total: () => 0 };
