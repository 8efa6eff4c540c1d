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
import { everywhere, inferenceConfigurations, type Registered, registered } from "../../support/registered";
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
      edge: fc.constantFrom({ api: "rest", streamSeconds: 900 }, { api: "rest", streamSeconds: 60 }, { api: "http" }),
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

const run = everywhere("phi3", configurations, 8);
const seen = ({ recording, ...rest }: Registered): Phi3 => ({ seen: seenInRecording(recording), ...rest });
const holds = (property: (phi3: Phi3) => void) => run((registered) => property(seen(registered)));

// Half a minute of runs on a busy machine, which the first test waits for.
describe("whatever the configuration", { timeout: 240_000 }, () => {
  test("[phi3 P1] resource completeness: all that the document asks for is there, wired, tagged and told", () =>
    holds(resourceCompleteness));

  test("[phi3 P2] environment parameterization: what is configured is what comes, else the environment's choice", () =>
    holds(environmentParameterization));

  test("[phi3 P2] environment parameterization: stacks of one account share no name", () =>
    everywhere(
      "phi3",
      configurations,
      2,
    )(async (one) => {
      const { configuration } = one;
      const stack = configuration.stack === "other" ? "another" : "other";
      const [names, others] = [one, await registered("phi3", { ...configuration, stack })].map((each) =>
        accountWideNames(seen(each).seen),
      );
      expect(names?.length).toBeGreaterThan(30);
      expect(new Set(names).size).toBe(names?.length);
      expect(others).toHaveLength(names?.length ?? 0);
      expect(names?.filter((name) => others?.includes(name))).toEqual([]);
    }));

  test("[phi3 P3] minimum instance guarantee: never fewer than the least, but for a night off outside prod", () =>
    holds(minimumInstanceGuarantee));

  test("[phi3 P4] multi-AZ distribution: instances and load balancer in every zone, each with its way out", () =>
    holds(multiAzDistribution));

  test("[phi3 P5] security group least privilege: instances are reached by the load balancer alone", () =>
    holds(securityGroupLeastPrivilege));

  test("[phi3 P6] monitoring completeness: every signal asked for is sent and shown", () =>
    holds(monitoringCompleteness));
});
