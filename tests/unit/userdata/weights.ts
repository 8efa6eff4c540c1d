import { createHash } from "node:crypto";
import { renderVllm, type VllmOptions, weightsManifest } from "../../../userdata/render";
import type { Machine } from "./machine";
import { vllmOptions } from "./options";

/** A model of two files, small enough for a test. */
export const modelFiles: Readonly<Record<string, string>> = {
  "config.json": '{"model_type":"phi3"}\n',
  "model-00001-of-00001.safetensors": "weights\n",
};

export const manifest = weightsManifest(
  Object.entries(modelFiles).map(([path, text]) => ({
    path,
    sha256: createHash("sha256").update(text).digest("hex"),
    bytes: Buffer.byteLength(text),
  })),
);

const weights = { bucket: "phi3-weights-dev-1a2b3c4d", prefix: "phi-3-mini", manifestSha256: manifest.sha256 };

/** The options of the goldens, for the small model. */
export function smallModel(model: Partial<VllmOptions["model"]> = {}, others: Partial<VllmOptions> = {}): string {
  return renderVllm({ ...vllmOptions, ...others, model: { ...vllmOptions.model, weights, ...model } });
}

/** Puts the small model, or what stands for it, into the bucket. */
export function upload(machine: Machine, files: Readonly<Record<string, string>> = modelFiles): void {
  machine.given("bucket/manifest.json", manifest.text);
  for (const [path, text] of Object.entries(files)) machine.given(`bucket/${path}`, text);
}
