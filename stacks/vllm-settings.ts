import { z } from "zod";
import { pinnedImage } from "../userdata/options";
import { checkFit } from "./inference-settings";
import { flag, needs, share, text, whole } from "./setting";

/** Settings that phi3 and agents have in common: a fleet of vLLM. */

/**
 * vLLM 0.11.0. The digest of the tag's index stands in several public repositories (read 2026-11-21);
 * `docker buildx imagetools inspect vllm/vllm-openai:v0.11.0` shows it.
 */
const vllmImage =
  "docker.io/vllm/vllm-openai:v0.11.0@sha256:014a95f21c9edf6abe0aea6b07353f96baa4ec291c427bb1176dc7c93a85845c";

/** Source: https://huggingface.co/microsoft/Phi-3-mini-4k-instruct (MIT), by public copies of the commit's name (read 2026-11-21) */
const phi3Mini = { name: "microsoft/Phi-3-mini-4k-instruct", revision: "f39ac1d28e925b323eae81227eaba4464caced4e" };

/** Image and model of the engines. */
export function vllm() {
  return {
    model: z
      .strictObject({
        name: text(
          /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/,
          "a repository of the Hugging Face hub",
          phi3Mini.name,
        ).default(phi3Mini.name),
        revision: text(
          /^[0-9a-f]{40}$/,
          "a commit of the repository, 40 hexadecimal digits",
          phi3Mini.revision,
        ).default(phi3Mini.revision),
        servedName: text(/^[A-Za-z0-9][\w.:/-]{0,127}$/, "the name that clients give as model", "phi-3-mini").default(
          "phi-3-mini",
        ),
        /** Tokens of prompt and answer together. */
        maxModelLen: whole(16, 10_000_000, 4096, "tokens"),
        gpuMemoryUtilization: share(0.9, "part of the GPU's memory"),
        /** The manifest of the weights in the stack's bucket. Without it they come from the hub, at the pinned revision. */
        weightsManifestSha256: text(/^[0-9a-f]{64}$/, "the sha256 of the weights' manifest", "0".repeat(64)).optional(),
        hubFallback: flag(true),
      })
      .prefault({}),
    image: text(pinnedImage, "an image pinned by its digest, repository@sha256:…", vllmImage).default(vllmImage),
  };
}

interface VllmSettings {
  readonly instanceTypes: readonly string[];
  readonly model: {
    readonly name: string;
    readonly maxModelLen: number;
    readonly gpuMemoryUtilization: number;
    readonly weightsManifestSha256?: string | undefined;
    readonly hubFallback: boolean;
  };
}

/** Adds what must hold between the settings of a fleet of vLLM. */
export function withVllmChecks<S extends z.ZodType<VllmSettings>>(schema: S): S {
  return schema
    .superRefine(
      ({ instanceTypes, model }, issues) => {
        const { name, maxModelLen, gpuMemoryUtilization } = model;
        checkFit(instanceTypes, name, maxModelLen, { gpuMemoryUtilization }, issues);
      },
      needs("instanceTypes", "model"),
    )
    .superRefine(({ model }, issues) => {
      if (model.weightsManifestSha256 !== undefined || model.hubFallback) return;
      issues.addIssue({
        code: "custom",
        path: ["model", "weightsManifestSha256"],
        message: "is not set and model.hubFallback is off, so instances would have no weights; set one of them.",
      });
    }, needs("model"));
}
