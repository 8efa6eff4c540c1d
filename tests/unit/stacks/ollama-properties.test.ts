/**
 * What holds for every stack with ollama, whatever its environment, size, zones, region and names. Judged on what the program registers; the engine's own tests say
 * what the local AWS made of it (tests/engine/stacks).
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../stacks/config";
import { ollamaSchema } from "../../../stacks/ollama-settings";
import { systems } from "../../../stacks/systems";
import * as properties from "../../support/ollama-properties";
import {
  everywhere,
  inferenceConfigurations,
  inTheClear,
  madeUpSecret,
  type Registered,
  registered,
  unwrapped,
} from "../../support/registered";
import { seenInRecording } from "../../support/seen";

const databaseUrl = "postgresql://web-ui:Pa55-of-the-database@10.99.0.7/web-ui";
const hex = fc.constantFrom(..."0123456789abcdef");
const digest = fc.string({ unit: hex, minLength: 64, maxLength: 64 });

/** Settings that are ollama's own: a model, an instance type that holds it, sizes that its database allows. */
function settingsIn() {
  const model = fc.record(
    {
      name: fc.constantFrom("llama3.2:1b", "qwen2.5:0.5b", "library/mistral:7b-instruct_q4"),
      digest,
      contextTokens: fc.integer({ min: 512, max: 4096 }),
      parallelRequests: fc.integer({ min: 1, max: 2 }),
    },
    { requiredKeys: ["name", "digest"] },
  );
  const size = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).map(([one, other]) => ({
    min: Math.min(one, other),
    max: Math.max(one, other),
  }));
  const own = fc.record(
    {
      model,
      schedules: fc.constant([]),
      instanceTypes: fc.constantFrom(["t3.medium"], ["t4g.large"], ["c5.large", "c6i.xlarge", "m5.large"]),
      snapChannel: fc.constantFrom("latest/stable", "0.20/candidate"),
      admin: fc.record({
        cidr: fc.constantFrom("203.0.113.0/24", "198.51.100.7/32"),
        keyName: fc.constant("ollama-key"),
      }),
      logRetentionDays: fc.constantFrom(14, 30, 90),
      spot: fc.constant({ onDemandBase: 0 }),
      longestGenerationSeconds: fc.integer({ min: 120, max: 900 }),
    },
    { requiredKeys: ["model", "schedules"] },
  );
  return fc.tuple(own, size, fc.boolean()).map(([settings, sizes, database]) => ({
    settings: database
      ? { ...settings, size: sizes, databaseCidr: "10.99.0.0/24" }
      : { ...settings, size: { min: 1, max: 1 } },
    secrets: (database ? { ollamaDatabaseUrl: databaseUrl } : {}) as Record<string, string>,
  }));
}

const configurations = inferenceConfigurations(settingsIn);
const forAll = everywhere("ollama", configurations);

const seen = ({ recording, ...rest }: Registered): properties.Ollama => ({ seen: seenInRecording(recording), ...rest });

test.each<[string, (all: properties.Ollama) => void]>([
  ["[ollama P1] every resource is named ollama, and no two of a kind have one name", properties.resourceNaming],
  [
    "[ollama P5] every taggable resource says project, environment, stack, manager and service",
    properties.resourceTagging,
  ],
  ["[ollama P6] outputs have names in camel case, and name what is ollama's", properties.outputNaming],
  ["[ollama P8] user data installs Ollama and pulls the model by its digest", properties.userDataInstallsOllama],
  [
    "[ollama P20] log groups are named for their instances, end with their stack, and forget",
    properties.logGroupNaming,
  ],
  ["[ollama P21] every log of an instance goes to a group of the stack that it may write to", properties.logStreaming],
  ["[ollama P22] every alarm tells a topic of its region, says what to do, and mails", properties.alarmsTell],
  ["[ollama P26] roles may do what is named, on what is the stack's", properties.minimumPermissions],
  ["[ollama P27] all that is stored is encrypted", properties.encryptedAtRest],
  ["[ollama P28] all that travels is encrypted, but for dev's way from CloudFront", properties.encryptedInTransit],
  ["[ollama P30] SSH takes keys only, from administrators' addresses only", properties.sshByKeyOnly],
])("%s", (_title, holds) => forAll((all) => holds(seen(all))));

describe("[ollama P4] settings", () => {
  test("stand under ollama, have English names in camel case, and nothing else is taken", () => {
    expect(systems.ollama.configKey).toBe("ollama");
    for (const key of systems.ollama.secretKeys) expect(key).toMatch(/^ollama[A-Z][A-Za-z]+$/);
    const known = Object.keys(ollamaSchema({ environment: "dev", region: "us-east-1", secrets: new Set() }).parse({}));
    for (const key of known) expect(key).toMatch(/^[a-z]+(?:[A-Z][a-z]+)*$/);
    expect(known.length).toBeGreaterThan(15);
  });

  test("of an unknown name are refused by it", () =>
    fc.assert(
      fc.asyncProperty(
        configurations,
        fc.stringMatching(/^(?:terraform|crud|education)[A-Z][a-z]{1,8}$/),
        async (configuration, key) => {
          const wrong = { ...configuration, settings: { ...configuration.settings, [key]: "x" } };
          await expect(registered("ollama", wrong)).rejects.toThrow(ConfigError);
          await expect(registered("ollama", wrong)).rejects.toThrow(`llm-stacks:ollama.${key} is not a setting`);
        },
      ),
      { numRuns: 10 },
    ));

  test("all have a default in dev", () => {
    const parsed = ollamaSchema({ environment: "dev", region: "us-east-1", secrets: new Set() }).safeParse({});
    expect(parsed.error).toBeUndefined();
  });
});

test("[ollama P32] no secret stands in the clear: not in inputs, user data or outputs", () =>
  forAll((all) => {
    const inputs = all.recording.resources.map((resource) => resource.inputs);
    const clear = JSON.stringify([inputs.map(inTheClear), all.outputs, properties.scriptOf(seen(all))]);
    const hidden = JSON.stringify(inputs.map(unwrapped));
    expect(hidden).toContain(madeUpSecret);
    expect(clear).not.toContain(madeUpSecret);
    expect(clear).not.toContain(databaseUrl);
    expect(clear).not.toContain("Pa55-of-the-database");
    if (all.configuration.secrets["ollamaDatabaseUrl"]) expect(hidden).toContain(databaseUrl);
  }));
