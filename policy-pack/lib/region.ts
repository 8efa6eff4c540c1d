import { type StackResource, written } from "./stack-view";
import { Truth } from "./truth";
import type { Value } from "./value";

/** The region of a resource: its own, or its provider's. Absent when neither names one. */
export function regionOf(resource: StackResource): Value {
  const own = written(resource, "region");
  return own.isSet().answer === "no" ? resource.provider.at("region") : own;
}

/** Whether two resources are in one region, which those without are. */
export function inOneRegion(one: StackResource, other: StackResource): Truth {
  const [region, otherRegion] = [regionOf(one), regionOf(other)];
  return otherRegion.isUnknown()
    ? Truth.unknown(otherRegion.path)
    : region.matches((name) => name === otherRegion.scalar());
}
