import { describe, expect, test } from "vitest";
import type { FleetArgs, FleetCapacity } from "../../../../components/inference/fleet";
import { gpuUtilisation } from "../../../../components/inference/fleet-metrics";
import { dailyUsd, efaAdapters, hardwareOf } from "../../../../components/inference/hardware";
import type { Metric } from "../../../../components/observability/metric";
import { prod, recordFleet } from "./fixtures";

const name = "phi3-engines";
const waiting: Metric = {
  namespace: "AWS/SQS",
  name: "ApproximateNumberOfMessagesVisible",
  dimensions: { QueueName: "phi3-jobs-dev" },
  statistic: "Maximum",
  periodSeconds: 60,
};
const byQueue: FleetArgs["scaling"] = {
  utilisation: { metric: gpuUtilisation("phi3"), upAbove: 80, downBelow: 20 },
  perInstance: { metric: () => waiting, target: 10 },
  wake: { metric: () => waiting },
};
const capacity: FleetCapacity = { kind: "reservation", id: "cr-0123456789abcdef0", zone: "us-east-1b" };
const p5 = { instanceTypes: ["p5.48xlarge"], size: { min: 2, max: 8 } };
const template = `${name}-template-launch-template`;

describe("a fleet that follows a queue", () => {
  test("has as many instances as bring what waits for each that serves down to its target", async () => {
    const { recording } = await recordFleet({ scaling: byQueue });
    const { targetTrackingConfiguration: tracking } = recording.named(`${name}-policies-per-instance`).inputs;
    expect(tracking.targetValue).toBe(10);
    expect(
      tracking.customizedMetricSpecification.metrics.map(
        ({ id, expression, metricStat }: { id: string; expression?: string; metricStat?: { metric: object } }) => ({
          id,
          is: expression ?? metricStat?.metric,
        }),
      ),
    ).toEqual([
      {
        id: "total",
        is: {
          namespace: "AWS/SQS",
          metricName: "ApproximateNumberOfMessagesVisible",
          dimensions: [{ name: "QueueName", value: "phi3-jobs-dev" }],
        },
      },
      {
        id: "instances",
        is: {
          namespace: "AWS/AutoScaling",
          metricName: "GroupInServiceInstances",
          dimensions: [{ name: "AutoScalingGroupName", value: "phi3-engines-dev" }],
        },
      },
      { id: "each", is: "total / instances" },
    ]);
  });

  test("may be empty outside prod, and starts its first instance when something waits and none is wanted", async () => {
    const { recording } = await recordFleet({ scaling: byQueue, size: { min: 0, max: 2 } });
    expect(recording.named(`${name}-group`).inputs).toMatchObject({ minSize: 0, desiredCapacity: 0 });
    expect(recording.named(`${name}-policies-when-waking`).inputs).toEqual({
      name: "when-waking",
      autoscalingGroupName: "phi3-engines-dev",
      policyType: "StepScaling",
      adjustmentType: "ExactCapacity",
      metricAggregationType: "Maximum",
      stepAdjustments: [{ scalingAdjustment: 1, metricIntervalLowerBound: "0" }],
    });
    const { tags: _, ...alarm } = recording.named(`${name}-policies-wake-alarm`).inputs;
    expect(alarm).toEqual({
      name: "phi3-engines-wake-dev",
      alarmDescription:
        "ApproximateNumberOfMessagesVisible is above 0 and phi3-engines-dev wants no instance: the first one is started.",
      metricQueries: [
        {
          id: "asleep",
          expression: "IF(FILL(wanted, 0) < 1, FILL(waiting, 0), 0)",
          label: "Waiting while no instance is wanted",
          returnData: true,
        },
        {
          id: "waiting",
          metric: {
            namespace: "AWS/SQS",
            metricName: "ApproximateNumberOfMessagesVisible",
            dimensions: { QueueName: "phi3-jobs-dev" },
            stat: "Maximum",
            period: 60,
          },
        },
        {
          id: "wanted",
          metric: {
            namespace: "AWS/AutoScaling",
            metricName: "GroupDesiredCapacity",
            dimensions: { AutoScalingGroupName: "phi3-engines-dev" },
            stat: "Average",
            period: 60,
          },
        },
      ],
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      treatMissingData: "notBreaching",
      alarmActions: [`arn:aws:mock:us-east-1:123456789012:${name}-policies-when-waking`],
    });
  });

  test("is never empty in prod, nor where nothing would wake it", async () => {
    const empty = { min: 0, max: 2 };
    await expect(recordFleet({ scaling: byQueue, size: empty }, prod)).rejects.toThrow("size.min: is 0; give a whole");
    const { wake: _, ...asleep } = byQueue;
    await expect(recordFleet({ scaling: asleep, size: empty })).rejects.toThrow("size.min: is 0; give a whole");
  });
});

describe("reserved capacity", () => {
  test("is the only place that instances start in, and makes room before it fills it", async () => {
    const { recording } = await recordFleet({ ...p5, capacity });
    const { capacityReservationSpecification, instanceMarketOptions } = recording.named(template).inputs;
    expect(capacityReservationSpecification).toEqual({
      capacityReservationTarget: { capacityReservationId: "cr-0123456789abcdef0" },
    });
    expect(instanceMarketOptions).toBeUndefined();
    const group = recording.named(`${name}-group`).inputs;
    expect(group.vpcZoneIdentifiers).toEqual(["phi3-network-private-b-id"]);
    expect(group.instanceMaintenancePolicy).toEqual({ minHealthyPercentage: 50, maxHealthyPercentage: 100 });
    expect(group.instanceRefresh.preferences).toMatchObject({ minHealthyPercentage: 50, maxHealthyPercentage: 100 });
  });

  test("that is a block is bought on a market of its own", async () => {
    const { recording } = await recordFleet({ ...p5, capacity: { ...capacity, kind: "block" } });
    expect(recording.named(template).inputs).toMatchObject({
      instanceMarketOptions: { marketType: "capacity-block" },
      capacityReservationSpecification: {
        capacityReservationTarget: { capacityReservationId: "cr-0123456789abcdef0" },
      },
    });
  });

  test.each<[string, Partial<FleetArgs>, string]>([
    ["with spot", { spot: { onDemandBase: 0, onDemandPercentageAbove: 0 } }, "capacity: is for on-demand fleets"],
    ["of two types", { instanceTypes: ["g5.xlarge", "g6.xlarge"] }, "capacity: is for on-demand fleets"],
    ["with a warm pool", { warmPool: { minSize: 1 } }, "capacity: is for on-demand fleets"],
    ["without its id", { capacity: { ...capacity, id: "cr-1" } }, 'capacity.id: is "cr-1"; give the id'],
    ["elsewhere", { capacity: { ...capacity, zone: "us-east-1c" } }, 'capacity.zone: is "us-east-1c"; give one of'],
  ])("%s is refused", async (_, args, message) => {
    await expect(recordFleet({ capacity, ...args })).rejects.toThrow(message);
  });
});

describe("EFA", () => {
  test("takes an adapter on each network card, an address on the first, and lets them talk among themselves", async () => {
    const { recording } = await recordFleet({ ...p5, efa: true });
    const { networkInterfaces, vpcSecurityGroupIds } = recording.named(template).inputs;
    expect(vpcSecurityGroupIds).toBeUndefined();
    expect(networkInterfaces).toHaveLength(32);
    const adapter = { securityGroups: [`${name}-sg-group-id`], deleteOnTermination: "true" };
    expect(networkInterfaces[0]).toEqual({ ...adapter, networkCardIndex: 0, deviceIndex: 0, interfaceType: "efa" });
    for (const [card, each] of networkInterfaces.entries())
      if (card > 0)
        expect(each).toEqual({ ...adapter, networkCardIndex: card, deviceIndex: 1, interfaceType: "efa-only" });
    const among = {
      securityGroupId: `${name}-sg-group-id`,
      referencedSecurityGroupId: `${name}-sg-group-id`,
      ipProtocol: "-1",
    };
    for (const direction of ["from", "to"]) {
      const rule = recording.named(`${name}-sg-${direction}-engines-sg-all`).inputs;
      expect(rule).toMatchObject(among);
      expect([rule.fromPort, rule.toPort]).toEqual([undefined, undefined]);
    }
  });

  test("is off unless asked for, and refused for types without", async () => {
    const { recording } = await recordFleet(p5);
    expect(recording.named(template).inputs).toMatchObject({ vpcSecurityGroupIds: [`${name}-sg-group-id`] });
    await expect(recordFleet({ efa: true })).rejects.toThrow(
      "efa: is for fleets of one type with EFA, not of g5.xlarge",
    );
  });

  test("adapters are those of the network cards, and a day of p5.48xlarge has its price", () => {
    expect(["p5.48xlarge", "p5en.48xlarge", "p4d.24xlarge", "g5.xlarge"].map(efaAdapters)).toEqual([
      32,
      16,
      4,
      undefined,
    ]);
    expect(dailyUsd(hardwareOf("p5.48xlarge"), 2)).toBeCloseTo(2641.92, 2);
  });
});
