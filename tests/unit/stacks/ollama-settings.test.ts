import { describe, expect, test } from "vitest";
import type { Environment } from "../../../components/lib/context";
import { digestOf, ollamaSchema } from "../../../stacks/ollama-settings";

const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";
const domain = { name: "origin.example.com", certificateArn };
const database = new Set(["ollamaDatabaseUrl"]);

function read(raw: object, environment: Environment = "dev", secrets: ReadonlySet<string> = new Set()) {
  const { data, error } = ollamaSchema({ environment, region: "us-east-1", secrets }).safeParse(raw);
  return {
    settings: data,
    mistakes: Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join("."), message])),
  };
}

describe("[ollama 10.1] [ollama 10.2] dev", () => {
  test("needs no setting: one t3.medium with a model that it can hold, off at night", () => {
    const { settings } = read({});
    expect(settings).toMatchObject({
      cidr: "10.2.0.0/16",
      availabilityZones: ["us-east-1a", "us-east-1b"],
      nat: "single",
      instanceTypes: ["t3.medium"],
      size: { min: 1, max: 1 },
      scaling: { upAbove: 40, downBelow: 20 },
      model: { name: "llama3.2:1b", contextTokens: 4096, parallelRequests: 2 },
      requestsPerMinutePerIp: 1000,
      logRetentionDays: 30,
      adminEmail: "admin@localhost",
    });
    expect(settings?.schedules).toEqual([
      { name: "night", cron: "0 19 * * *", timeZone: "Etc/UTC", min: 0, max: 0, desired: 0 },
      { name: "morning", cron: "0 7 * * MON-FRI", timeZone: "Etc/UTC" },
    ]);
  });
});

describe("[ollama 2.3] staging and prod", () => {
  test.each(["staging", "prod"] as const)("need a certificate in %s", (environment) => {
    expect(Object.keys(read({}, environment).mistakes)).toEqual(["domain.name", "domain.certificateArn"]);
    expect(read({ domain }, environment).mistakes).toEqual({});
  });

  test("prod stays on, in three zones, on an instance that earns no CPU credits", () => {
    expect(read({ domain }, "prod").settings).toMatchObject({
      availabilityZones: ["us-east-1a", "us-east-1b", "us-east-1c"],
      nat: "per-az",
      instanceTypes: ["c5.large"],
      size: { min: 1, max: 1 },
      schedules: [],
    });
  });

  test("with a database prod has a spare instance and grows", () => {
    const { settings } = read({ domain, databaseCidr: "10.20.0.0/24" }, "prod", database);
    expect(settings?.size).toEqual({ min: 2, max: 4 });
  });
});

describe("[ollama 2.1] a mistake between settings is told by its place", () => {
  test.each<[string, object, Record<string, unknown>, ReadonlySet<string>?]>([
    [
      "several instances without a database",
      { size: { min: 1, max: 2 } },
      {
        "size.max": expect.stringMatching(
          /^is 2, but Open WebUI keeps accounts.*--secret llm-stacks:ollamaDatabaseUrl/,
        ),
      },
    ],
    ["a database that can't be reached", {}, { databaseCidr: expect.stringContaining("is not set, but") }, database],
    [
      "addresses of a database that are no block",
      { databaseCidr: "10.20.0.9/24" },
      { databaseCidr: expect.any(String) },
      database,
    ],
    [
      "addresses of no database",
      { databaseCidr: "10.20.0.0/24" },
      { databaseCidr: expect.stringContaining("is set, but there is no database") },
    ],
    [
      "too little memory for the model",
      { model: { name: "llama3.2:3b" } },
      { "instanceTypes.0": expect.stringMatching(/^t3\.medium can't serve llama3\.2:3b: .*GiB/) },
    ],
    [
      "too little memory for so many at once",
      { model: { parallelRequests: 3 } },
      { "instanceTypes.0": expect.stringMatching(/^t3\.medium can't hold 3 contexts of 4096 tokens: .*GiB/) },
    ],
    [
      "a model whose digest nobody knows",
      { model: { name: "mistral:7b" } },
      { "model.digest": expect.stringContaining("the digest of mistral:7b is not known here") },
    ],
    ["a model without a tag", { model: { name: "mistral" } }, { "model.name": expect.any(String) }],
    ["a GPU type", { instanceTypes: ["g5.xlarge"] }, { "instanceTypes.0": expect.any(String) }],
    ["one zone", { availabilityZones: ["us-east-1a"] }, { availabilityZones: expect.any(String) }],
    [
      "an image that can move",
      { webUiImage: "ghcr.io/open-webui/open-webui:main" },
      { webUiImage: expect.any(String) },
    ],
    ["an administrator without an address", { adminEmail: "admin" }, { adminEmail: expect.any(String) }],
    [
      "the document's thresholds for scaling, which swing",
      { scaling: { upAbove: 40, downBelow: 30 } },
      { "scaling.downBelow": expect.stringContaining("30 is above half of scaling.upAbove (40)") },
    ],
    ["a channel without a risk", { snapChannel: "latest" }, { snapChannel: expect.any(String) }],
  ])("%s", (_what, raw, mistakes, secrets) => {
    expect(read(raw, "dev", secrets).mistakes).toEqual(mistakes);
  });

  test("together with those in single settings", () => {
    const raw = {
      size: { min: 3, max: 2 },
      webUiImage: "open-webui:main",
      model: { name: "mistral:7b" },
      cidr: "10.2.0.0/26",
    };
    expect(Object.keys(read(raw).mistakes).toSorted()).toEqual([
      "cidr",
      "model.digest",
      "size.max",
      "size.min",
      "webUiImage",
    ]);
  });
});

test("a model's digest is the setting's, or the one known for its name", () => {
  const own = "d".repeat(64);
  const model = { contextTokens: 4096, parallelRequests: 1 };
  expect(digestOf({ ...model, name: "llama3.2:1b" })).toMatch(/^baf6a787/);
  expect(digestOf({ ...model, name: "llama3.2:3b" })).toMatch(/^a80c4f17/);
  expect(digestOf({ ...model, name: "llama3.2:1b", digest: own })).toBe(own);
});
