import { describe, expect, test } from "vitest";
import type { Environment } from "../../../components/lib/context";
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
      { name: "morning", min: 1, desired: 1 },
    ]);
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
      { instanceTypes: ["g4dn.xlarge"], model: { maxModelLen: 4096, gpuMemoryUtilization: 0.6 } },
      {
        "instanceTypes.0": expect.stringMatching(/^g4dn\.xlarge can't serve microsoft\/Phi-3-mini-4k-instruct: .*GiB/),
      },
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
