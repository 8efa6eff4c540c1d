import { z } from "zod";
import { isOrigin } from "../components/edge/cors";
import { pinnedImage } from "../userdata/options";
import { environmentDefaults } from "./environments";
import { checkFit, domain, fleet, network, pageDomain, withFleetChecks, workingHours } from "./inference-settings";
import { flag, needs, setting, share, text, whole } from "./setting";
import type { Place } from "./system";

/**
 * vLLM 0.11.0. The digest of the tag's index stands in several public repositories (read 2026-11-21);
 * `docker buildx imagetools inspect vllm/vllm-openai:v0.11.0` shows it.
 */
const vllmImage =
  "docker.io/vllm/vllm-openai:v0.11.0@sha256:014a95f21c9edf6abe0aea6b07353f96baa4ec291c427bb1176dc7c93a85845c";

/** Source: https://huggingface.co/microsoft/Phi-3-mini-4k-instruct (MIT), by public copies of the commit's name (read 2026-11-21) */
const phi3Mini = { name: "microsoft/Phi-3-mini-4k-instruct", revision: "f39ac1d28e925b323eae81227eaba4464caced4e" };

/** Settings of the system phi3, under `llm-stacks:phi3`. Everything has a default, but for the domain outside dev. */
export function phi3Schema(place: Place) {
  const { spareInstances, offAtNight, encryptAlarms } = environmentDefaults[place.environment];
  const schema = z
    .strictObject({
      ...network(place, "10.1.0.0/16"),
      ...fleet({
        instanceType: "g5.xlarge",
        gpu: true,
        min: 1 + spareInstances,
        max: 2 + 2 * spareInstances,
        upAbove: 70,
        downBelow: 30,
        schedules: offAtNight ? workingHours : [],
      }),
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
          weightsManifestSha256: text(
            /^[0-9a-f]{64}$/,
            "the sha256 of the weights' manifest",
            "0".repeat(64),
          ).optional(),
          hubFallback: flag(true),
        })
        .prefault({}),
      image: text(pinnedImage, "an image pinned by its digest, repository@sha256:…", vllmImage).default(vllmImage),
      /** Waiting requests on each instance that are too many. */
      waitingPerInstance: whole(1, 1000, 5, "requests"),
      /** Ask callers for a key, which AWS makes up. Without it anyone who finds the URL spends GPU time. */
      apiKey: flag(true),
      encryptAlarms: flag(encryptAlarms),
      domain: domain(place, "llm.example.com"),
      pageDomain: pageDomain(),
      /** A site of one's own that calls the API, in place of the page. */
      corsOrigin: setting(
        z
          .string()
          .refine((origin) => origin !== "*" && isOrigin(origin))
          .optional(),
        "scheme and host without a path, such as https://app.example.com; * would let every site call",
        "https://app.example.com",
      ),
      ratePerSecond: whole(1, 10_000, 50, "requests per second"),
      burst: whole(1, 5_000, 100, "requests at once"),
    })
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
  return withFleetChecks(schema, place);
}

export type Phi3Settings = z.output<ReturnType<typeof phi3Schema>>;
