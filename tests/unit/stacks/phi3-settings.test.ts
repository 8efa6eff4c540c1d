import { describe, expect, test } from "vitest";
import type { Environment } from "../../../components/lib/context";
import { ConfigError, parseStackConfig } from "../../../stacks/config";
import { withSizes } from "../../../stacks/inference-settings";
import { phi3Schema } from "../../../stacks/phi3-settings";

const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";
const domain = { name: "llm.example.com", certificateArn };

function read(raw: object, environment: Environment = "dev") {
  const { data, error } = phi3Schema({ environment, region: "us-east-1", secrets: new Set() }).safeParse(raw);
  return {
    settings: data,
    mistakes: Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join("."), message])),
  };
}

describe("[phi3 12.1] dev", () => {
  test("needs no setting: one to two g5.xlarge, off at night, no certificate", () => {
    expect(read({}).settings).toMatchObject({
      cidr: "10.1.0.0/16",
      availabilityZones: ["us-east-1a", "us-east-1b"],
      nat: "single",
      instanceTypes: ["g5.xlarge"],
      size: { min: 1, max: 2 },
      scaling: { upAbove: 70, downBelow: 30 },
      apiKey: true,
      logRetentionDays: 30,
    });
    expect(read({}).settings?.schedules).toMatchObject([
      { name: "night", min: 0, max: 0, desired: 0 },
      { name: "morning", cron: "0 7 * * MON-FRI" },
    ]);
  });
});

describe("the edge's API", () => {
  test("is an HTTP API unless a REST API is asked for", () => {
    expect(read({}).settings?.edge).toEqual({ api: "http" });
    expect(read({ edge: { api: "rest", quota: { requests: 10 } } })).toMatchObject({
      mistakes: {},
      settings: { edge: { api: "rest", quota: { requests: 10, period: "DAY" } } },
    });
  });

  test("takes what only REST APIs have with these alone", () => {
    const { mistakes } = read({ edge: { quota: { requests: 10 }, streamSeconds: 60 } });
    const message = "is for REST APIs, and edge.api is http; set edge.api to rest, or take this away.";
    expect(mistakes).toEqual({ "edge.quota": message, "edge.streamSeconds": message });
  });

  test("has no quota without keys, and streams no longer than AWS lets it", () => {
    expect(read({ apiKey: false, edge: { api: "rest", quota: { requests: 10 } } }).mistakes).toEqual({
      "edge.quota": "counts the requests of keys, and apiKey is off; set apiKey to true, or take this away.",
    });
    expect(read({ longestGenerationSeconds: 901, edge: { api: "rest" } }).mistakes).toEqual({
      longestGenerationSeconds: expect.stringMatching(/^901 is above the 900 s that a REST API streams for/),
    });
    expect(read({ longestGenerationSeconds: 900, edge: { api: "rest" } }).mistakes).toEqual({});
    expect(read({ longestGenerationSeconds: 901, edge: { api: "rest", streamSeconds: 900 } }).mistakes).toEqual({});
    expect(Object.keys(read({ edge: { api: "soap", streamSeconds: 901 } }).mistakes)).toEqual([
      "edge.api",
      "edge.streamSeconds",
    ]);
  });
});

describe("schedules", () => {
  const schedulesOf = (settings: object) => {
    const { settings: found, mistakes } = read(settings);
    expect(mistakes).toEqual({});
    return found?.schedules.map((schedule) => withSizes(schedule, found.size));
  };

  test("that name no sizes bring the fleet back to its own, whatever they are", () => {
    const [night, morning] = schedulesOf({ size: { min: 2, max: 5, desired: 3 } }) ?? [];
    expect(night).toMatchObject({ min: 0, max: 0, desired: 0 });
    expect(morning).toMatchObject({ min: 2, max: 5, desired: 3 });
  });

  test("that name some take the others from the fleet, and want no more than their least", () => {
    const day = { name: "day", cron: "0 8 * * *", min: 2 };
    expect(schedulesOf({ size: { min: 1, max: 3 }, schedules: [day] })).toMatchObject([{ min: 2, max: 3, desired: 2 }]);
  });
});

describe("[phi3 12.2] prod", () => {
  test("has a spare instance, three zones with a NAT gateway each, a key, and never turns off", () => {
    expect(read({ domain }, "prod").settings).toMatchObject({
      availabilityZones: ["us-east-1a", "us-east-1b", "us-east-1c"],
      nat: "per-az",
      size: { min: 2, max: 4 },
      apiKey: true,
      schedules: [],
      domain,
    });
  });

  test.each(["staging", "prod"] as const)("in %s a certificate is needed", (environment) => {
    expect(Object.keys(read({}, environment).mistakes)).toEqual(["domain.name", "domain.certificateArn"]);
    expect(read({ domain }, environment).mistakes).toEqual({});
  });

  test("a certificate of another region can't serve", () => {
    const elsewhere = { ...domain, certificateArn: certificateArn.replace("us-east-1", "eu-west-1") };
    expect(Object.keys(read({ domain: elsewhere }, "prod").mistakes)).toEqual(["domain.certificateArn"]);
  });
});

const day = { name: "day", cron: "0 8 * * *", min: 1, max: 2, desired: 1 };

describe("a mistake between settings is told by its place", () => {
  test.each<[string, object, Record<string, unknown>, Environment?]>([
    [
      "min above max",
      { size: { min: 3, max: 2 } },
      { "size.min": expect.stringContaining("3, is above the largest, 2") },
    ],
    [
      "desired outside",
      { size: { min: 1, max: 2, desired: 3 } },
      { "size.desired": "3 is not between size.min (1) and size.max (2)." },
    ],
    [
      "thresholds that cross",
      { scaling: { upAbove: 50, downBelow: 30 } },
      { "scaling.downBelow": expect.stringContaining("30 is above half of scaling.upAbove (50)") },
    ],
    ["a GPU type that is not known", { instanceTypes: ["g99.xlarge"] }, { "instanceTypes.0": expect.any(String) }],
    ["a type without a GPU", { instanceTypes: ["t3.large"] }, { "instanceTypes.0": expect.any(String) }],
    [
      "too little memory for the context",
      { instanceTypes: ["g5.xlarge"], model: { maxModelLen: 4096, gpuMemoryUtilization: 0.4 } },
      {
        "instanceTypes.0": expect.stringMatching(/^g5\.xlarge can't serve microsoft\/Phi-3-mini-4k-instruct: .*GiB/),
      },
    ],
    [
      "a GPU without the weights' format",
      { instanceTypes: ["g4dn.xlarge"] },
      { "instanceTypes.0": expect.stringContaining("a T4 has no bfloat16") },
    ],
    ["one zone", { availabilityZones: ["us-east-1a"] }, { availabilityZones: expect.any(String) }],
    [
      "a zone twice",
      { availabilityZones: ["us-east-1a", "us-east-1a"] },
      { availabilityZones: "names a zone twice; give each once." },
    ],
    [
      "a zone of another region",
      { availabilityZones: ["us-east-1a", "eu-west-1a"] },
      { "availabilityZones.1": expect.any(String) },
    ],
    [
      "a block that is too small",
      { cidr: "10.1.0.0/24" },
      { cidr: expect.stringMatching(/^VPC 10\.1\.0\.0\/24 has 256 addresses, but its tiers need/) },
    ],
    [
      "a block that does not start at its start",
      { cidr: "10.1.2.0/16" },
      { cidr: expect.stringContaining("did you mean 10.1.0.0/16") },
    ],
    [
      "a type twice",
      { instanceTypes: ["g5.xlarge", "g5.xlarge"] },
      { instanceTypes: "names a type twice; give each once." },
    ],
    [
      "more on demand than there are",
      { spot: { onDemandBase: 5 } },
      { "spot.onDemandBase": "5 is above size.max (2)." },
    ],
    [
      "an address of administrators that is none",
      { admin: { cidr: "198.51.100.300/24", keyName: "ops" } },
      { "admin.cidr": expect.any(String) },
    ],
    [
      "a block of half the world",
      { admin: { cidr: "128.0.0.0/1", keyName: "ops" } },
      { "admin.cidr": expect.any(String) },
    ],
    [
      "a key pair with a space",
      { admin: { cidr: "198.51.100.0/24", keyName: "my key" } },
      { "admin.keyName": expect.any(String) },
    ],
    ["an image of capital letters", { image: `VLLM/Image@sha256:${"0".repeat(64)}` }, { image: expect.any(String) }],
    [
      "two schedules of one name",
      { schedules: [day, day] },
      { schedules: "has two schedules of one name; give each its own." },
    ],
    [
      "a time zone that is nowhere",
      { schedules: [{ ...day, timeZone: "Mars/Olympus" }] },
      { "schedules.0.timeZone": expect.any(String) },
    ],
    [
      "hours that are none",
      {
        schedules: [
          { ...day, cron: "at noon if it rains" },
          { ...day, name: "b", cron: "0 ? * * *" },
        ],
      },
      { "schedules.1.cron": expect.any(String) },
    ],
    ["any origin", { corsOrigin: "*" }, { corsOrigin: expect.any(String) }],
    ["an image that can move", { image: "vllm/vllm-openai:latest" }, { image: expect.any(String) }],
    [
      "no weights at all",
      { model: { hubFallback: false } },
      { "model.weightsManifestSha256": expect.stringContaining("instances would have no weights") },
    ],
    [
      "a schedule to zero in prod",
      { domain, schedules: [{ name: "night", cron: "0 20 * * *", min: 0, max: 0, desired: 0 }] },
      { "schedules.0.min": expect.stringContaining("0 is below size.min (2)") },
      "prod",
    ],
    [
      "an end without a morning",
      { schedules: [{ name: "night", cron: "0 20 * * *", min: 0, max: 0, desired: 0 }] },
      { schedules: expect.stringContaining("none brings it back to size.min (1)") },
    ],
    [
      "a schedule above the largest size",
      { schedules: [{ name: "day", cron: "0 8 * * *", min: 1, max: 9, desired: 1 }] },
      { "schedules.0.max": "9 is above size.max (2)." },
    ],
  ])("%s", (_what, raw, mistakes, environment = "dev") => {
    expect(read(raw, environment).mistakes).toEqual(mistakes);
  });

  test("together with those in single settings", () => {
    const raw = {
      size: { min: 3, max: 2 },
      image: "vllm:latest",
      scaling: { upAbove: 30, downBelow: 50 },
      admin: { cidr: "0.0.0.0/0", keyName: "" },
    };
    expect(Object.keys(read(raw).mistakes).toSorted()).toEqual([
      "admin.cidr",
      "admin.keyName",
      "image",
      "scaling.downBelow",
      "size.min",
    ]);
  });
});

describe("a run of the program with everything wrong", () => {
  const told = (phi3: object, more: Record<string, string> = {}, stack = "prod") => {
    const keys = {
      "aws:region": "us-east-1",
      "llm-stacks:environment": "prod",
      "llm-stacks:systems": '["phi3"]',
      "llm-stacks:phi3": JSON.stringify(phi3),
      ...more,
    };
    try {
      parseStackConfig(keys, "llm-stacks", stack);
    } catch (error) {
      if (error instanceof ConfigError) return error.mistakes;
      throw error;
    }
    return [];
  };
  const place = (mistake: string) => /^(?:Stack|llm-stacks:[\w.[\]]+)/.exec(mistake)?.[0];

  test("tells all of it at once, each by its key", () => {
    const mistakes = told(
      {
        size: { min: 3, max: 2 },
        instanceTypes: ["g99.xlarge"],
        availabilityZones: ["us-east-1a"],
        cidr: "10.1.0.0/24",
        corsOrigin: "*",
        image: "vllm/vllm-openai:latest",
        gpus: 4,
      },
      { "llm-stacks:alarmEmail": "ops at example" },
      "a-stack-with-a-long-name",
    );
    expect(mistakes.map(place)).toEqual([
      "Stack",
      "llm-stacks:alarmEmail",
      "llm-stacks:phi3.cidr",
      "llm-stacks:phi3.availabilityZones",
      "llm-stacks:phi3.instanceTypes[0]",
      "llm-stacks:phi3.image",
      "llm-stacks:phi3.domain.name",
      "llm-stacks:phi3.domain.certificateArn",
      "llm-stacks:phi3.corsOrigin",
      "llm-stacks:phi3.gpus",
      "llm-stacks:phi3.size.min",
    ]);
  });

  test("tells of a model that does not fit, and of what else is wrong beside it", () => {
    const model = { maxModelLen: 4096, gpuMemoryUtilization: 0.4 };
    const mistakes = told({ domain, instanceTypes: ["g5.xlarge"], model, scaling: { upAbove: 50, downBelow: 40 } });
    expect(mistakes.map(place)).toEqual(["llm-stacks:phi3.instanceTypes[0]", "llm-stacks:phi3.scaling.downBelow"]);
    expect(mistakes[0]).toMatch(/g5\.xlarge can't serve microsoft\/Phi-3-mini-4k-instruct: .*GiB/);
  });

  test("tells of addresses that two systems would share, whatever else is wrong with either", () => {
    const overlapping = {
      "llm-stacks:systems": '["lambda-efs", "phi3"]',
      "llm-stacks:lambdaEfs": JSON.stringify({ cidr: "10.1.128.0/17", api: { corsOrigin: "https://app.example.com" } }),
    };
    const overlap =
      /^llm-stacks:phi3\.cidr is 10\.1\.0\.0\/16, which overlaps 10\.1\.128\.0\/17 of lambda-efs; give each/;
    expect(told({ domain }, overlapping)).toEqual([expect.stringMatching(overlap)]);
    expect(told({ domain, size: { min: 9 } }, overlapping)).toEqual([
      expect.stringContaining("llm-stacks:phi3.size.min"),
      expect.stringMatching(overlap),
    ]);
    expect(told({ domain, cidr: "10.2.0.0/16" }, overlapping)).toEqual([]);
  });
});
