import type { PricedResource } from "../../../pricing/resource";
import { recordShipped } from "../policy-pack/whole-stacks";

/** What the engine would show of a stack as it is shipped. */
export async function shippedResources(stack: string): Promise<PricedResource[]> {
  const { recording } = await recordShipped(stack);
  // The recording names parents; the engine has their URNs.
  const urns = new Map(recording.resources.map(({ name, urn }) => [name, urn]));
  return recording.resources.map(({ type, name, inputs, urn, parent }) => ({
    ...{ type, name, urn, parent: urns.get(parent ?? "") ?? "" },
    inputs: JSON.parse(JSON.stringify(inputs ?? {})) as Record<string, unknown>,
  }));
}
