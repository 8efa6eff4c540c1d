import type { Rule } from "../../lib/rule";
import { rule as llmEnginePortPublic } from "./llm-engine-port-public";
import { rule as llmEngineSources } from "./llm-engine-sources";
import { rule as llmGenerationTimeouts } from "./llm-generation-timeouts";
import { rule as llmGpuBudget } from "./llm-gpu-budget";
import { rule as llmGpuZero } from "./llm-gpu-zero";
import { rule as llmImageDigest } from "./llm-image-digest";
import { rule as llmProviderKeys } from "./llm-provider-keys";
import { rule as llmWeightsChecksum } from "./llm-weights-checksum";

/** The rules of the family inference, by id. */
export const rules: readonly Rule[] = [
  llmEnginePortPublic,
  llmEngineSources,
  llmGenerationTimeouts,
  llmGpuBudget,
  llmGpuZero,
  llmImageDigest,
  llmProviderKeys,
  llmWeightsChecksum,
];
