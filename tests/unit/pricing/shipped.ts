import type { PricedResource } from "../../../pricing/resource";
import type { Recording } from "../../support/mocks";
import { recordShipped } from "../policy-pack/whole-stacks";

/** What the engine would show of a stack as it is shipped. */
export async function shippedResources(stack: string): Promise<PricedResource[]> {
  const { recording } = await recordShipped(stack);
  return pricedResources(recording);
}

/** What the engine would show of what was registered. */
export function pricedResources({ resources }: Recording): PricedResource[] {
  // The recording names parents; the engine has their URNs.
  const urns = new Map(resources.map(({ name, urn }) => [name, urn]));
  return resources.map(({ type, name, inputs, urn, parent }) => ({
    ...{ type, name, urn, parent: urns.get(parent ?? "") ?? "" },
    inputs: JSON.parse(JSON.stringify(inputs ?? {})) as Record<string, unknown>,
  }));
}
