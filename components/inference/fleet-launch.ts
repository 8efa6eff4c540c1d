import type * as aws from "@pulumi/aws";
import type { FleetArgs } from "./fleet-args";
import type { InstanceTemplate } from "./instance-template";

/** One type on demand comes from the template alone, which warm pools need; several, or spot, from a mixed instances policy. */
export function startsFrom(
  { instanceTypes, spot, warmPool }: FleetArgs,
  { id, version }: InstanceTemplate,
): Pick<aws.autoscaling.GroupArgs, "launchTemplate" | "mixedInstancesPolicy" | "capacityRebalance" | "warmPool"> {
  if (instanceTypes.length === 1 && !spot) {
    return {
      launchTemplate: { id, version },
      ...(warmPool
        ? {
            warmPool: {
              minSize: warmPool.minSize,
              maxGroupPreparedCapacity: warmPool.maxPrepared,
              poolState: warmPool.state ?? "Stopped",
            },
          }
        : {}),
    };
  }
  return {
    // A new instance is started when AWS says that it may soon take one back.
    capacityRebalance: spot !== undefined,
    mixedInstancesPolicy: {
      launchTemplate: {
        launchTemplateSpecification: { launchTemplateId: id, version },
        overrides: instanceTypes.map((instanceType) => ({ instanceType })),
      },
      instancesDistribution: {
        onDemandAllocationStrategy: "prioritized",
        onDemandBaseCapacity: spot?.onDemandBase ?? 0,
        onDemandPercentageAboveBaseCapacity: spot?.onDemandPercentageAbove ?? 100,
        spotAllocationStrategy: "price-capacity-optimized",
      },
    },
  };
}
