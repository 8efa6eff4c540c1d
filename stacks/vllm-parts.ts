import * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "../components/data/bucket";
import type { FleetArgs } from "../components/inference/fleet";
import { models } from "../components/inference/models";
import { renderVllm } from "../userdata/render";

/** What the compositions of phi3 and agents have in common: engines of vLLM. */

export const enginePort = 8000;
/** The image is 10 GB packed and the weights 8 GB: minutes to fetch, unpack and load. */
export const launchTimeoutSeconds = 3600;
const healthTimeoutSeconds = 1200;

interface EngineSettings {
  readonly instanceTypes: readonly string[];
  readonly image: string;
  readonly longestGenerationSeconds: number;
  readonly model: {
    readonly name: string;
    readonly revision: string;
    readonly servedName: string;
    readonly maxModelLen: number;
    readonly gpuMemoryUtilization: number;
    readonly weightsManifestSha256?: string;
    readonly hubFallback: boolean;
  };
}

/** The settings refuse models of the table that don't fit; of others the arithmetic knows nothing. */
export function warnOfUnknownModel(configKey: string, { model, instanceTypes }: EngineSettings): void {
  if (model.name in models) return;
  void pulumi.log.warn(
    `llm-stacks:${configKey}.model.name is ${model.name}, which is not in components/inference/models.ts: nobody has checked that ${instanceTypes.join(", ")} can hold it with ${model.maxModelLen} tokens. Add its row, or see vLLM's log at the first start.`,
  );
}

/** Where a revision's weights lie in their bucket. */
export function weightsPrefix({ model }: Pick<EngineSettings, "model">): string {
  return `${model.name}/${model.revision}`;
}

export interface EngineParts {
  readonly weights: Bucket;
  /** SSM SecureString with the key that callers send. Default: none is asked for. */
  readonly apiKeyParameter: string | undefined;
  readonly logGroups: { readonly engine: string; readonly system: string };
  readonly metricsNamespace: string;
}

/** The user data of engines. */
export function engineScript(settings: EngineSettings, parts: EngineParts): FleetArgs["userData"] {
  const { model, image, longestGenerationSeconds } = settings;
  const { weights, ...rest } = parts;
  return (instance) =>
    renderVllm({
      instance,
      image,
      model: {
        name: model.name,
        revision: model.revision,
        hubFallback: model.hubFallback,
        weights:
          model.weightsManifestSha256 === undefined
            ? undefined
            : {
                bucket: weights.name,
                prefix: weightsPrefix(settings),
                manifestSha256: model.weightsManifestSha256,
              },
      },
      servedName: model.servedName,
      port: enginePort,
      maxModelLen: model.maxModelLen,
      gpuMemoryUtilization: model.gpuMemoryUtilization,
      ...rest,
      healthTimeoutSeconds,
      drainSeconds: longestGenerationSeconds,
    });
}
