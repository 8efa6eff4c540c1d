import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Environment } from "../../../components/lib/context";
import {
  accountWideNames,
  environmentParameterization,
  minimumInstanceGuarantee,
  monitoringCompleteness,
  multiAzDistribution,
  type Phi3,
  resourceCompleteness,
  securityGroupLeastPrivilege,
} from "../../support/phi3-properties";
import { type Configuration, inferenceConfigurations, registered } from "../../support/registered";
import { seenInRecording } from "../../support/seen";

// Whole programs, under mocks. tests/engine/systems/phi3.test.ts asks the same of what the engine and the provider really made.

const hours = { cron: "0 8 * * MON-FRI", timeZone: "Europe/Berlin" };
const sizes = fc
  .record({ min: fc.integer({ min: 1, max: 4 }), more: fc.integer({ min: 0, max: 4 }), desired: fc.boolean() })
  .map(({ min, more, desired }) => ({ min, max: min + more, ...(desired ? { desired: min + more } : {}) }));
type Size = { readonly min: number; readonly max: number };

/** None, hours of more instances, and off at night where that may be. */
function schedulesOf({ min, max }: Size, environment: Environment) {
  const busy = { name: "busy", ...hours, min, max, desired: max };
  const night = { name: "night", ...hours, cron: "0 20 * * *", min: 0, max: 0, desired: 0 };
  return fc.constantFrom([], [busy], ...(environment === "prod" ? [] : [[night, busy]]));
}

const instanceTypes = fc.shuffledSubarray(["g5.xlarge", "g5.2xlarge", "g6.xlarge", "g6e.xlarge", "p5.48xlarge"], {
  minLength: 1,
});
const scaling = fc
  .integer({ min: 40, max: 95 })
  .chain((upAbove) =>
    fc.record({ upAbove: fc.constant(upAbove), downBelow: fc.integer({ min: 5, max: upAbove >> 1 }) }),
  );

function settings(environment: Environment) {
  const fleet = sizes.chain((size) =>
    fc.record({
      size: fc.constant(size),
      schedules: schedulesOf(size, environment),
      spot: fc.option(fc.record({ onDemandBase: fc.integer({ min: 0, max: size.min }) }), { nil: undefined }),
    }),
  );
  const others = fc.record(
    {
      instanceTypes,
      scaling,
      apiKey: fc.boolean(),
      admin: fc.constant({ cidr: "198.51.100.0/24", keyName: "ops" }),
      corsOrigin: fc.constant("https://app.example.com"),
      logRetentionDays: fc.constantFrom(14, 30, 90),
      longestGenerationSeconds: fc.integer({ min: 10, max: 3600 }),
      waitingPerInstance: fc.integer({ min: 1, max: 50 }),
      model: fc.record({ weightsManifestSha256: fc.stringMatching(/^[0-9a-f]{64}$/) }),
    },
    { requiredKeys: [] },
  );
  return fc
    .tuple(fc.option(fleet, { nil: {} }), others)
    .map(([ofFleet, rest]) => ({ settings: { ...ofFleet, ...rest } }));
}

const configurations = inferenceConfigurations(settings);

const runs = new Map<string, Promise<Phi3>>();
/** What the program registers. A run takes half a second, so properties that look at the same configuration share it. */
function phi3(configuration: Configuration): Promise<Phi3> {
  const key = JSON.stringify(configuration);
  const known =
    runs.get(key) ??
    registered("phi3", configuration).then(({ recording, ...rest }) => ({ seen: seenInRecording(recording), ...rest }));
  runs.set(key, known);
  return known;
}

// The same configurations for every property; others each time. They are short, so one that fails is shown as it is.
const run = { seed: Date.now(), endOnFailure: true };
function holds(property: (phi3: Phi3) => void, numRuns = 8): Promise<void> {
  return fc.assert(
    fc.asyncProperty(configurations, async (configuration) => property(await phi3(configuration))),
    { ...run, numRuns },
  );
}

describe("whatever the configuration", () => {
  test("[phi3 P1] resource completeness: all that the document asks for is there, wired, tagged and told", () =>
    holds(resourceCompleteness));

  test("[phi3 P2] environment parameterization: what is configured is what comes, else the environment's choice", () =>
    holds(environmentParameterization));

  test("[phi3 P2] environment parameterization: stacks of one account share no name", () =>
    fc.assert(
      fc.asyncProperty(configurations, async (configuration) => {
        const other = { ...configuration, stack: configuration.stack === "other" ? "another" : "other" };
        const [names, others] = [await phi3(configuration), await phi3(other)].map(({ seen }) =>
          accountWideNames(seen),
        );
        expect(names?.length).toBeGreaterThan(30);
        expect(new Set(names).size).toBe(names?.length);
        expect(names?.filter((name) => others?.includes(name))).toEqual([]);
        expect(others).toHaveLength(names?.length ?? 0);
      }),
      { ...run, numRuns: 2 },
    ));

  test("[phi3 P3] minimum instance guarantee: never fewer than the least, but for a night off outside prod", () =>
    holds(minimumInstanceGuarantee));

  test("[phi3 P4] multi-AZ distribution: instances and load balancer in every zone, each with its way out", () =>
    holds(multiAzDistribution));

  test("[phi3 P5] security group least privilege: instances are reached by the load balancer alone", () =>
    holds(securityGroupLeastPrivilege));

  test("[phi3 P6] monitoring completeness: every signal asked for is sent and shown", () =>
    holds(monitoringCompleteness));
});
