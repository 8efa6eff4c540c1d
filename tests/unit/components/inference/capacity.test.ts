import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fits,
  kvCacheBytesPerToken,
  monthlyUsd,
  usdPerMillionTokens,
  weightsGiB,
} from "../../../../components/inference/capacity";
import { gpus, type Hardware, hardware, hardwareOf, instanceTypes } from "../../../../components/inference/hardware";
import { type Model, models } from "../../../../components/inference/models";
import { acceleratorPrices, isAccelerated } from "../../../../policy-pack/lib/inference/accelerators";

const gib = 1024 ** 3;
const phi3 = models["microsoft/Phi-3-mini-4k-instruct"];
const llama8b: Model = {
  parameters: 8_030_261_248,
  weightBytes: 14.96 * gib,
  layers: 32,
  kvHeads: 8,
  headDim: 128,
  cacheNumberBytes: 2,
  maxContext: 131_072,
  source: "https://huggingface.co/meta-llama/Meta-Llama-3-8B",
  verified: true,
};

describe("memory", () => {
  test("of weights and cache is what engines log", () => {
    expect(weightsGiB(llama8b.parameters, 16)).toBeCloseTo(14.96, 2);
    expect(weightsGiB(phi3.parameters, 16)).toBeCloseTo(phi3.weightBytes / gib, 6);
    expect(kvCacheBytesPerToken(llama8b)).toBe(131_072);
    expect(kvCacheBytesPerToken(phi3)).toBe(384 * 1024);
  });

  test("leaves what vLLM logged for Llama 3 8B on one A100", () => {
    // vllm-project/vllm#12330: 35.55 GiB - 14.96 GiB - 0.10 GiB - 9.37 GiB, "Maximum concurrency for 8192 tokens per request: 11.12x".
    const one: Hardware = { ...hardware["p4d.24xlarge"], gpus: 1 };
    const fit = fits(llama8b, one, 8192, { gpuMemoryUtilization: 0.9, overheadGiB: 9.47 });
    expect(Math.abs(fit.freeForCacheGiB - 11.12)).toBeLessThan(0.15);
    expect(fit.cacheTokens / 8192).toBeCloseTo(11, 0);
    expect(fit.concurrentRequests).toBe(11);
  });

  test("holds Phi-3 mini on g5.xlarge for seven full requests at once", () => {
    expect(fits(phi3, hardware["g5.xlarge"], 4096)).toEqual({
      fits: true,
      freeForCacheGiB: expect.closeTo(11.165, 2),
      cacheTokens: 30_480,
      concurrentRequests: 7,
      why: "19.78 GiB usable - 7.12 GiB weights - 1.50 GiB overhead leave 11.16 GiB for the cache, 30480 tokens: 7 at once of 4096 tokens each.",
    });
  });

  test("is too small for weights, for one request, or the model for the context, and says which", () => {
    expect(fits(llama8b, hardware["g4dn.xlarge"], 4096)).toMatchObject({
      fits: false,
      concurrentRequests: 0,
      cacheTokens: 0,
      why: expect.stringMatching(/leave -3\.36 GiB .* more memory, or smaller weights\.$/),
    });
    expect(fits(llama8b, hardware["g5.xlarge"], 100_000).why).toMatch(
      /too few for one request of 100000; lower the context/,
    );
    expect(fits(phi3, hardware["p5.48xlarge"], 8192)).toMatchObject({
      fits: false,
      why: expect.stringContaining("made for 4096 tokens; lower the context of 8192"),
    });
    expect(fits(phi3, hardware["g4dn.xlarge"], 4096)).toMatchObject({
      fits: false,
      why: expect.stringContaining("12240 tokens, but a T4 has no bfloat16"),
    });
  });

  test("is shared out over all GPUs, and heads that are too few are kept twice", () => {
    const four = fits(llama8b, hardware["g5.12xlarge"], 8192);
    expect(four.freeForCacheGiB).toBeCloseTo(4 * gpus.A10G.visibleGiB * 0.9 - 14.96 - 4 * 1.5, 6);
    const shared: Model = { ...llama8b, kvHeads: 2, headDim: 512 };
    expect(kvCacheBytesPerToken(shared)).toBe(kvCacheBytesPerToken(llama8b));
    expect(fits(shared, hardware["g5.12xlarge"], 8192).cacheTokens / four.cacheTokens).toBeCloseTo(0.5, 3);
  });

  test("of an instance without GPUs is what system and web interface leave", () => {
    expect(fits(models["llama3.2:1b"], hardware["t3.medium"], 2048)).toMatchObject({
      fits: true,
      concurrentRequests: 4,
    });
    expect(fits(models["llama3.2:1b"], hardware["t3.micro"], 2048).fits).toBe(false);
    expect(fits(models["phi3:mini"], hardware["t3.medium"], 2048).fits).toBe(false);
    expect(fits(models["phi3:mini"], hardware["c5.xlarge"], 2048).fits).toBe(true);
    expect(fits(models["phi3:mini"], hardware["c5.xlarge"], 2048, { systemGiB: 6 }).fits).toBe(false);
  });

  test("does not shrink with more memory, and requests don't get more with longer contexts", () => {
    const types = fc.constantFrom(...instanceTypes);
    const named = fc.constantFrom(...Object.values(models));
    fc.assert(
      fc.property(
        types,
        named,
        fc.integer({ min: 1, max: 4096 }),
        fc.integer({ min: 1, max: 4096 }),
        (type, model, a, b) => {
          const [short, long] = [Math.min(a, b), Math.max(a, b)];
          const less = fits(model, hardware[type], long, { gpuMemoryUtilization: 0.8 });
          const more = fits(model, hardware[type], long, { gpuMemoryUtilization: 0.95 });
          const shorter = fits(model, hardware[type], short, { gpuMemoryUtilization: 0.8 });
          expect(more.cacheTokens).toBeGreaterThanOrEqual(less.cacheTokens);
          expect(shorter.concurrentRequests).toBeGreaterThanOrEqual(less.concurrentRequests);
          const knowsFormat = hardware[type].gpu !== "T4" || !("bfloat16" in model);
          expect(less.fits).toBe(less.concurrentRequests >= 1 && long <= model.maxContext && knowsFormat);
          // What is promised has room.
          expect(less.concurrentRequests * long * kvCacheBytesPerToken(model)).toBeLessThanOrEqual(
            Math.max(0, less.freeForCacheGiB) * gib,
          );
        },
      ),
    );
  });

  test.each([
    [0, {}, "maxModelLen is 0; give a whole number of tokens above 0."],
    [4096, { gpuMemoryUtilization: 1.1 }, "gpuMemoryUtilization is 1.1; give a part above 0 and up to 1."],
    [4096, { overheadGiB: -1 }, "overheadGiB is -1; give 0 or more."],
    [4096, { systemGiB: Number.NaN }, "systemGiB is NaN; give 0 or more."],
  ])("refuses %s %j", (length, options, message) => {
    expect(() => fits(phi3, hardware["g5.xlarge"], length, options)).toThrow(new RangeError(message));
  });
});

describe("cost", () => {
  test("of a million tokens falls with the load until an instance is full", () => {
    const load = { tokensPerSecondOfInstance: 1000, usdPerHour: 1.006 };
    expect(usdPerMillionTokens({ ...load, tokensPerMinute: 60_000 })).toEqual({
      instances: 1,
      usdPerMillionTokens: expect.closeTo(1.006 / 3.6, 6),
      utilisation: 1,
    });
    expect(usdPerMillionTokens({ ...load, tokensPerMinute: 6000 })).toMatchObject({ instances: 1, utilisation: 0.1 });
    expect(usdPerMillionTokens({ ...load, tokensPerMinute: 6000 }).usdPerMillionTokens).toBeCloseTo(10.06 / 3.6, 6);
    expect(usdPerMillionTokens({ ...load, tokensPerMinute: 60_001 }).instances).toBe(2);
    expect(usdPerMillionTokens({ ...load, tokensPerMinute: 6000, minInstances: 3 }).instances).toBe(3);
  });

  test("of a month counts 730 hours, or those that schedules leave", () => {
    expect(monthlyUsd(hardware["g5.xlarge"], 2)).toBeCloseTo(1468.76, 2);
    expect(monthlyUsd(hardware["g5.xlarge"], 1, 220)).toBeCloseTo(221.32, 2);
  });

  test.each([
    [{ tokensPerMinute: 0 }, "tokensPerMinute is 0; give a number above 0."],
    [{ minInstances: 0.5 }, "minInstances is 0.5; give a whole number, 0 or more."],
  ])("refuses %j", (wrong, message) => {
    const load = { tokensPerMinute: 1, tokensPerSecondOfInstance: 1, usdPerHour: 1, ...wrong };
    expect(() => usdPerMillionTokens(load)).toThrow(new RangeError(message));
  });
});

describe("the table of hardware", () => {
  test("agrees with the policy pack on what has GPUs, what it costs and what is verified", () => {
    for (const type of instanceTypes) {
      const { gpus: count, gpu, usdPerHour } = hardware[type];
      expect([type, count > 0, gpu !== undefined]).toEqual([type, isAccelerated(type), isAccelerated(type)]);
      if (count === 0) continue;
      expect([type, acceleratorPrices[type]]).toEqual([type, { usd: usdPerHour.value, verified: usdPerHour.verified }]);
    }
  });

  test("has memory that CUDA sees below what AWS states, and a dated price on every row", () => {
    for (const { memoryGiB, visibleGiB } of Object.values(gpus)) {
      expect(visibleGiB).toBeLessThan(memoryGiB);
      expect(visibleGiB).toBeGreaterThan(0.9 * memoryGiB);
    }
    for (const { usdPerHour } of Object.values(hardware)) {
      expect(usdPerHour).toMatchObject({ region: "us-east-1", date: expect.stringMatching(/^2026-\d\d-\d\d$/) });
      expect(usdPerHour.value).toBeGreaterThan(0);
    }
  });

  test("names the types there are when one is unknown", () => {
    expect(hardwareOf("g5.xlarge").gpu).toBe("A10G");
    expect(() => hardwareOf("g5.tiny")).toThrow(
      /^"g5\.tiny" is no known instance type\. Use one of g4dn\.xlarge, .* or add a row/,
    );
    expect(() => hardwareOf("toString")).toThrow(RangeError);
  });
});
