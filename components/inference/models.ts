/** What memory arithmetic needs to know of a model. */
export interface Model {
  readonly parameters: number;
  /** Size of the weights as they are loaded, in bytes. */
  readonly weightBytes: number;
  /** Whether the weights are bfloat16, which not every GPU computes with. */
  readonly bfloat16?: boolean;
  readonly layers: number;
  /** Heads that have keys and values of their own; fewer than attention heads where heads share them. */
  readonly kvHeads: number;
  readonly headDim: number;
  /** Bytes of one number in the KV cache: 2 for bfloat16 and float16. */
  readonly cacheNumberBytes: number;
  /** Longest context the model was made for, in tokens. */
  readonly maxContext: number;
  /** Where the numbers stand: `config.json` of the model, and the library page for the size of quantised weights. */
  readonly source: string;
  /** Whether a second public source agrees with the table. Look the others up before you rely on a narrow fit. */
  readonly verified: boolean;
}

const gigabyte = 1e9;
const half = { cacheNumberBytes: 2 } as const;
const phi3Mini = { parameters: 3_821_079_552, layers: 32, kvHeads: 32, headDim: 96, ...half } as const;

/**
 * The models that the systems offer. Layers that look only at a window of tokens (Phi-3, Gemma 3) are counted as if they kept every
 * token, so the real cache is never larger than reckoned.
 */
export const models = {
  "microsoft/Phi-3-mini-4k-instruct": {
    ...phi3Mini,
    weightBytes: 2 * phi3Mini.parameters,
    bfloat16: true,
    maxContext: 4096,
    source: "https://huggingface.co/microsoft/Phi-3-mini-4k-instruct and https://arxiv.org/abs/2404.14219",
    verified: true,
  },
  "phi3:mini": {
    ...phi3Mini,
    weightBytes: 2.2 * gigabyte,
    maxContext: 131_072,
    source: "https://ollama.com/library/phi3",
    verified: true,
  },
  "llama3.2:1b": {
    ...half,
    parameters: 1_235_814_400,
    weightBytes: 1.3 * gigabyte,
    layers: 16,
    kvHeads: 8,
    headDim: 64,
    maxContext: 131_072,
    source: "https://ollama.com/library/llama3.2 and https://huggingface.co/meta-llama/Llama-3.2-1B-Instruct",
    verified: false,
  },
  "llama3.2:3b": {
    ...half,
    parameters: 3_212_749_824,
    weightBytes: 2 * gigabyte,
    layers: 28,
    kvHeads: 8,
    headDim: 128,
    maxContext: 131_072,
    source: "https://ollama.com/library/llama3.2 and https://huggingface.co/meta-llama/Llama-3.2-3B-Instruct",
    verified: false,
  },
  "qwen2.5:0.5b": {
    ...half,
    parameters: 494_032_768,
    weightBytes: 0.398 * gigabyte,
    layers: 24,
    kvHeads: 2,
    headDim: 64,
    maxContext: 32_768,
    source: "https://ollama.com/library/qwen2.5 and https://huggingface.co/Qwen/Qwen2.5-0.5B-Instruct",
    verified: false,
  },
  "gemma3:270m": {
    ...half,
    parameters: 268_098_176,
    weightBytes: 0.292 * gigabyte,
    layers: 18,
    kvHeads: 1,
    headDim: 256,
    maxContext: 32_768,
    source: "https://ollama.com/library/gemma3 and https://huggingface.co/google/gemma-3-270m-it",
    verified: false,
  },
  "gemma3:1b": {
    ...half,
    parameters: 999_885_952,
    weightBytes: 0.815 * gigabyte,
    layers: 26,
    kvHeads: 1,
    headDim: 256,
    maxContext: 32_768,
    source: "https://ollama.com/library/gemma3 and https://huggingface.co/google/gemma-3-1b-it",
    verified: false,
  },
  tinyllama: {
    ...half,
    parameters: 1_100_048_384,
    weightBytes: 0.638 * gigabyte,
    layers: 22,
    kvHeads: 4,
    headDim: 64,
    maxContext: 2048,
    source: "https://ollama.com/library/tinyllama and https://huggingface.co/TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    verified: false,
  },
} as const satisfies Readonly<Record<string, Model>>;
export type ModelName = keyof typeof models;
