import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FleetSchedule, FleetSize } from "../../../../components/inference/fleet-args";
import { scheduleChecks } from "../../../../components/inference/fleet-checks";
import type { Environment } from "../../../../components/lib/context";
import type { RecordedResource } from "../../../support/mocks";
import { context, prod, recordFleet } from "./fixtures";

/**
 * No schedule, policy, refresh or setting of an update takes a fleet below its minimum, but for a schedule to zero outside prod. Shown of what is asked of
 * AWS, run through the rules that AWS states for groups; not of AWS itself.
 */
const sizes = fc
  .record({ min: fc.integer({ min: 1, max: 6 }), more: fc.integer({ min: 0, max: 6 }), ahead: fc.nat(6) })
  .map(({ min, more, ahead }): FleetSize => ({ min, max: min + more, desired: min + Math.min(more, ahead) }));
const crons = fc.constantFrom("0 20 * * *", "30 7 * * MON-FRI", "0 0 1 * *");
/** Many are right, some are just beside it: the checks have to tell them apart. */
const plans = sizes.chain((size) =>
  fc.tuple(
    fc.constant(size),
    fc.uniqueArray(
      fc.oneof(
        { weight: 3, arbitrary: scheduleNear(size.min, size.max) },
        { weight: 1, arbitrary: scheduleNear(0, size.max + 1) },
        { weight: 1, arbitrary: scheduleNear(0, 0) },
      ),
      { maxLength: 3, selector: ({ name }) => name },
    ),
  ),
);
function scheduleNear(least: number, most: number): fc.Arbitrary<FleetSchedule> {
  const number = fc.integer({ min: least, max: most });
  return fc
    .record({
      name: fc.constantFrom("night", "day", "weekend", "launch"),
      cron: crons,
      sorted: fc.tuple(number, number, number).map((three) => three.sort((a, b) => a - b)),
    })
    .map(({ name, cron, sorted: [min = 0, desired = 0, max = 0] }) => ({ name, cron, min, desired, max }));
}
const environments = fc.constantFrom<Environment>("dev", "staging", "prod", "free");

function accepted(size: FleetSize, list: readonly FleetSchedule[], environment: Environment): boolean {
  return scheduleChecks(size, list, environment).every(({ ok }) => ok);
}

interface Group {
  min: number;
  max: number;
  desired: number;
}

/** A scheduled action sets bounds and wish together; AWS keeps the wish within the bounds. */
function scheduled({ min, max, desired }: FleetSchedule): Group {
  return { min, max, desired: Math.min(max, Math.max(min, desired)) };
}

/** A policy changes the wish, never the bounds. */
function scale(group: Group, by: number): Group {
  return { ...group, desired: Math.min(group.max, Math.max(group.min, group.desired + by)) };
}

/** Instances that serve at the worst moment of a replacement, without relying on rounding. Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-maintenance-policy.html */
function whileReplacing(desired: number, minHealthyPercentage: number): number {
  return Math.floor((desired * minHealthyPercentage) / 100);
}

describe("[phi3 P3] minimum instance guarantee", () => {
  test("[phi3 4.4] holds through any order of accepted schedules and scaling, except at zero outside prod", () => {
    const seen = { kept: 0, zero: 0 };
    fc.assert(
      fc.property(
        plans,
        environments,
        fc.array(
          fc.oneof(
            fc.constantFrom(1, -1),
            fc.nat(2).map((index) => ({ index })),
          ),
          { minLength: 5, maxLength: 40 },
        ),
        ([size, list], environment, events) => {
          fc.pre(accepted(size, list, environment));
          let group: Group = { min: size.min, max: size.max, desired: size.desired ?? size.min };
          let atZero = false;
          for (const event of events) {
            const one = typeof event === "number" ? undefined : list[event.index];
            if (one) {
              group = scheduled(one);
              atZero = one.min === 0 && one.desired === 0;
            }
            if (typeof event === "number") group = scale(group, event);
            expect(group.max).toBeLessThanOrEqual(size.max);
            if (atZero) expect(environment).not.toBe("prod");
            else expect(group.desired).toBeGreaterThanOrEqual(size.min);
            seen[atZero ? "zero" : "kept"]++;
          }
        },
      ),
      { numRuns: 1000, maxSkipsPerRun: 100 },
    );
    // Both kinds came up, or the property says nothing.
    expect(Math.min(seen.kept, seen.zero)).toBeGreaterThan(100);
  });

  test("a fleet at zero always has a schedule that brings it back", () => {
    let withZero = 0;
    fc.assert(
      fc.property(plans, environments, ([size, list], environment) => {
        const hasZero = list.some(({ desired, min }) => desired === 0 && min === 0);
        fc.pre(hasZero && accepted(size, list, environment));
        withZero++;
        expect(list.some(({ min }) => min >= size.min)).toBe(true);
      }),
      { numRuns: 200, maxSkipsPerRun: 1000 },
    );
    expect(withZero).toBeGreaterThanOrEqual(200);
  });

  test("what is asked of AWS keeps it, whatever the configuration", async () => {
    const weekend: FleetSchedule = { name: "weekend", cron: "0 0 * * SAT", min: 0, max: 2, desired: 0 };
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.record({
          spot: fc.option(fc.record({ onDemandBase: fc.constantFrom(0, 1), onDemandPercentageAbove: fc.nat(100) }), {
            nil: undefined,
          }),
          types: fc.constantFrom(["g5.xlarge"], ["g5.xlarge", "g6.xlarge"]),
          grace: fc.nat(600),
          longest: fc.integer({ min: 1, max: 3000 }),
          inProd: fc.boolean(),
        }),
        async (size, { spot, types, grace, longest, inProd }) => {
          const busy: FleetSchedule = {
            name: "busy",
            cron: "0 8 * * *",
            min: size.min,
            max: size.max,
            desired: size.max,
          };
          const list = inProd ? [busy] : [busy, { ...weekend, max: Math.min(2, size.max) }];
          const { recording } = await recordFleet(
            {
              size,
              spot,
              instanceTypes: types,
              healthCheckGraceSeconds: grace,
              longestGenerationSeconds: longest,
              schedules: list,
            },
            inProd ? prod : context,
          );
          const group = recording.named("phi3-engines-group").inputs;
          expect([group.minSize, group.maxSize]).toEqual([size.min, size.max]);
          expect(group.desiredCapacity).toBeGreaterThanOrEqual(size.min);
          const { minHealthyPercentage: kept, maxHealthyPercentage: most } = group.instanceMaintenancePolicy;
          const refreshed = group.instanceRefresh.preferences;
          expect([refreshed.minHealthyPercentage, refreshed.maxHealthyPercentage]).toEqual([kept, most]);
          expect(whileReplacing(size.min, kept)).toBeGreaterThanOrEqual(size.min);
          // AWS launches first only where there is room above the wish.
          expect(most).toBeGreaterThan(100);
          expect(group.maxInstanceLifetime ?? 0).toBe(0);
          expect(group.suspendedProcesses ?? []).toEqual([]);
          for (const { inputs } of recording.ofType("aws:autoscaling/schedule:Schedule")) {
            const isZero = inputs.minSize === 0 && inputs.desiredCapacity === 0;
            expect(isZero ? !inProd && inputs.scheduledActionName === "weekend" : inputs.minSize >= size.min).toBe(
              true,
            );
          }
          // Changes of size by steps alone: exact sizes would not know of the minimum.
          for (const policy of recording.ofType("aws:autoscaling/policy:Policy")) expectNoExactSize(policy);
        },
      ),
      { numRuns: 8 },
    );
  });

  test.each([
    [
      "prod",
      [{ name: "night", cron: "0 20 * * *", min: 0, max: 0, desired: 0 }],
      '"night" takes the fleet to zero in prod',
    ],
    [
      "dev",
      [{ name: "night", cron: "0 20 * * *", min: 0, max: 0, desired: 0 }],
      "no schedule brings it back to 2: nothing else would.",
    ],
    [
      "dev",
      [{ name: "night", cron: "0 20 * * *", min: 1, max: 2, desired: 1 }],
      "schedules[0].min: is 1; give a whole number from 2 to 2",
    ],
    [
      "dev",
      [{ name: "night", cron: "0 20 * * *", min: 0, max: 2, desired: 1 }],
      "schedules[0].min: is 0; give a whole number from 2 to 2",
    ],
    [
      "dev",
      [{ name: "night", cron: "0 20 * * *", min: 2, max: 4, desired: 1 }],
      "schedules[0].desired: is 1; give a whole number from 2 to 4",
    ],
  ] as const)("in %s refuses %j", async (environment, list, message) => {
    await expect(
      recordFleet({ size: { min: 2, max: 4 }, schedules: list }, environment === "prod" ? prod : context),
    ).rejects.toThrow(message);
  });
});

function expectNoExactSize({ inputs }: RecordedResource): void {
  expect(inputs.adjustmentType ?? "ChangeInCapacity").toBe("ChangeInCapacity");
  for (const step of inputs.stepAdjustments ?? []) expect(Math.abs(step.scalingAdjustment)).toBe(1);
  if (inputs.targetTrackingConfiguration) expect(inputs.targetTrackingConfiguration.disableScaleIn).toBe(true);
}
