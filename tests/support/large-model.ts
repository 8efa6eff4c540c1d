import { ensureWeights, weights } from "../../local/model/weights";

/** SHA-256 of the whole model. */
export const LARGE_MODEL_SHA256 = weights.sha256;

/** Path of a real GGUF model of 253 MB: the one that local runs answer with. Installed once into the cache; later calls find it there. */
export function largeModel(): Promise<string> {
  return ensureWeights(() => {});
}
