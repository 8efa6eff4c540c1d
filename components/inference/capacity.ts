import { gpus, type Hardware } from "./hardware";
import type { Model } from "./models";

const gib = 1024 ** 3;

/** Tokens whose keys and values vLLM keeps together. Source: https://docs.vllm.ai/en/stable/api/vllm/config/cache/ */
const blockTokens = 16;

/** AWS's own number for a month. */
export const hoursPerMonth = 730;

/** Memory of weights, in GiB. `bits` of one parameter: 16 for bfloat16 and float16, 8 or 4 for quantised models. */
export function weightsGiB(parameters: number, bits: number): number {
  return (parameters * bits) / 8 / gib;
}

/**
 * Memory that one token takes in the KV cache, in bytes: a key and a value for each layer and each head that has its own.
 * Source: https://docs.vllm.ai/en/latest/design/kv_cache_interface.html and https://arxiv.org/abs/2309.06180 (section 3)
 */
export function kvCacheBytesPerToken(
  model: Pick<Model, "layers" | "kvHeads" | "headDim" | "cacheNumberBytes">,
): number {
  return 2 * model.layers * model.kvHeads * model.headDim * model.cacheNumberBytes;
}

export interface FitOptions {
  /** Part of a GPU's memory that the engine may use. Default 0.9. Without GPUs it has no meaning. */
  readonly gpuMemoryUtilization?: number;
  /**
   * Memory beside weights and cache, in GiB, for each GPU: activations, CUDA graphs and what libraries take. An allowance, as it follows from
   * the engine's version and batch size; the engine measures it at start and logs it. Default 1.5, and 0.5 without GPUs.
   */
  readonly overheadGiB?: number;
  /** Without GPUs: memory that stays with the system and other programs, in GiB. Default 2 (Ubuntu, Docker, a web interface). */
  readonly systemGiB?: number;
}

export interface Fit {
  /** Whether the engine starts and can answer one request of the full context. */
  readonly fits: boolean;
  /** Memory left for the KV cache, in GiB; negative if not even the weights have room. */
  readonly freeForCacheGiB: number;
  /** Tokens that the cache holds. */
  readonly cacheTokens: number;
  /** Requests of the full context that run at once; shorter ones are more. */
  readonly concurrentRequests: number;
  /** The sum in one sentence, and what to do if it does not fit. */
  readonly why: string;
}

/**
 * Whether a model can run on an instance, and how much memory is left for requests. On several GPUs the model is split over all of them.
 *
 * As vLLM reckons at start: memory x utilisation - weights - overhead = KV cache
 * (https://docs.vllm.ai/en/stable/configuration/conserving_memory.html).
 * @param maxModelLen longest prompt with its answer, in tokens
 * @throws RangeError if a number can't be one of its kind
 */
export function fits(model: Model, hardware: Hardware, maxModelLen: number, options: FitOptions = {}): Fit {
  const { gpuMemoryUtilization = 0.9, systemGiB = 2 } = options;
  const devices = Math.max(1, hardware.gpus);
  const overheadGiB = options.overheadGiB ?? (hardware.gpu ? 1.5 : 0.5);
  refuse(
    "maxModelLen",
    maxModelLen,
    Number.isInteger(maxModelLen) && maxModelLen > 0,
    "a whole number of tokens above 0",
  );
  refuse(
    "gpuMemoryUtilization",
    gpuMemoryUtilization,
    gpuMemoryUtilization > 0 && gpuMemoryUtilization <= 1,
    "a part above 0 and up to 1",
  );
  refuse("overheadGiB", overheadGiB, overheadGiB >= 0, "0 or more");
  refuse("systemGiB", systemGiB, systemGiB >= 0, "0 or more");

  const usable = hardware.gpu
    ? devices * gpus[hardware.gpu].visibleGiB * gpuMemoryUtilization
    : hardware.memoryGiB - systemGiB;
  const weights = model.weightBytes / gib;
  const freeForCacheGiB = usable - weights - devices * overheadGiB;
  // Where there are more GPUs than heads to share out, several GPUs keep the same head.
  const copies = Math.max(1, devices / model.kvHeads);
  const tokenBytes = kvCacheBytesPerToken(model) * copies;
  const cacheTokens = Math.max(0, Math.floor((freeForCacheGiB * gib) / tokenBytes / blockTokens) * blockTokens);
  const concurrentRequests = Math.floor(cacheTokens / maxModelLen);
  const tooLong = maxModelLen > model.maxContext;
  const sum =
    `${round(usable)} GiB usable - ${round(weights)} GiB weights - ${round(devices * overheadGiB)} GiB overhead ` +
    `leave ${round(freeForCacheGiB)} GiB for the cache, ${cacheTokens} tokens`;
  const unknownFormat = model.bfloat16 && hardware.gpu !== undefined && !gpus[hardware.gpu].bfloat16;
  const doFits = !tooLong && !unknownFormat && concurrentRequests >= 1;
  return { fits: doFits, freeForCacheGiB, cacheTokens, concurrentRequests, why: `${sum}${advice()}.` };

  function advice(): string {
    if (unknownFormat)
      return `, but a ${hardware.gpu} has no bfloat16, the format of the weights; take a type with a newer GPU`;
    if (tooLong) return `, but the model was made for ${model.maxContext} tokens; lower the context of ${maxModelLen}`;
    if (freeForCacheGiB <= 0) return "; take an instance type with more memory, or smaller weights";
    if (concurrentRequests < 1) {
      return `, too few for one request of ${maxModelLen}; lower the context, or take an instance type with more memory`;
    }
    return `: ${concurrentRequests} at once of ${maxModelLen} tokens each`;
  }
}

export interface Load {
  /** Tokens asked for, prompts and answers together, in a minute. */
  readonly tokensPerMinute: number;
  /** Tokens that one instance manages in a second, measured with the same model, context and concurrency. */
  readonly tokensPerSecondOfInstance: number;
  /** US dollars an hour for one instance. */
  readonly usdPerHour: number;
  /** Instances that run whatever the load. Default 1. */
  readonly minInstances?: number;
}

export interface TokenCost {
  /** Instances that the load needs. */
  readonly instances: number;
  readonly usdPerMillionTokens: number;
  /** How much of what the instances could do is asked of them, 0 to 1. */
  readonly utilisation: number;
}

/**
 * What a million tokens cost at a load, instances alone: idle instances make them dear, and full ones cheap.
 * @throws RangeError if a number is not above 0
 */
export function usdPerMillionTokens(load: Load): TokenCost {
  const { tokensPerMinute, tokensPerSecondOfInstance, usdPerHour, minInstances = 1 } = load;
  for (const [name, value] of Object.entries({ tokensPerMinute, tokensPerSecondOfInstance, usdPerHour })) {
    refuse(name, value, value > 0, "a number above 0");
  }
  refuse(
    "minInstances",
    minInstances,
    Number.isInteger(minInstances) && minInstances >= 0,
    "a whole number, 0 or more",
  );
  const tokensPerMinuteOfInstance = 60 * tokensPerSecondOfInstance;
  const instances = Math.max(minInstances, Math.ceil(tokensPerMinute / tokensPerMinuteOfInstance));
  return {
    instances,
    usdPerMillionTokens: (instances * usdPerHour * 1e6) / (tokensPerMinute * 60),
    utilisation: tokensPerMinute / (instances * tokensPerMinuteOfInstance),
  };
}

/** What instances cost in a month, on demand, in US dollars. A month has 730 hours unless schedules leave fewer. */
export function monthlyUsd(hardware: Hardware, instances: number, hours: number = hoursPerMonth): number {
  return hardware.usdPerHour.value * instances * hours;
}

function refuse(name: string, value: number, ok: boolean, expected: string): void {
  if (!ok || !Number.isFinite(value)) throw new RangeError(`${name} is ${value}; give ${expected}.`);
}

function round(value: number): string {
  return value.toFixed(2);
}
