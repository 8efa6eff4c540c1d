/** What the program registers with the settings that are shipped, recorded under Pulumi's mocks: no engine, no account. */
import { type SystemName, systemNames } from "../../stacks/systems";
import type { RecordedResource } from "../../tests/support/mocks";
import { recordShipped } from "../../tests/unit/policy-pack/whole-stacks";

/** A system as one of the shipped stacks has it. */
export interface RecordedSystem {
  readonly system: SystemName;
  readonly stack: string;
  /** All that belongs to the system, in order of names. */
  readonly resources: readonly RecordedResource[];
  /** Host name whose DNS record leads to the system's load balancer. Undefined where it has none of its own. */
  readonly originHost: string | undefined;
}

/** Systems are shown as in production; what production does not have, as in the stack that has it. */
const stacks = ["prod", "free"] as const;

/** Every system, in the program's order. @throws Error for a system that no shipped stack has */
export async function recordedSystems(): Promise<RecordedSystem[]> {
  const shipped = await Promise.all(stacks.map(async (stack) => ({ stack, recorded: await inTurn(stack) })));
  return systemNames.map((system) => {
    const found = shipped.find(({ recorded }) => recorded.config.systems.has(system));
    if (!found) throw new Error(`None of the stacks ${stacks.join(", ")} has the system ${system}.`);
    const { config, recording } = found.recorded;
    const settings = config.systems.get(system)?.settings as Partial<Record<"domain", { readonly name: string }>>;
    return {
      system,
      stack: found.stack,
      resources: recording.resources.filter(({ name }) => name.startsWith(`${system}-`)),
      originHost: settings.domain?.name,
    };
  });
}

/** Pulumi's mocks are the process's: two programs at once would register with each other's. */
let last: Promise<unknown> = Promise.resolve();
function inTurn(stack: string): ReturnType<typeof recordShipped> {
  const next = last.then(() => recordShipped(stack));
  last = next.catch(() => undefined);
  return next;
}

/** The component at the top that a resource belongs to, by its parents. Their types stand in the URN: two of one name may be of different types. */
export function ownerIn(resources: readonly RecordedResource[]): (resource: RecordedResource) => RecordedResource {
  const known = new Map(resources.map((resource) => [`${resource.type} ${resource.name}`, resource]));
  return (resource) => {
    let here = resource;
    while (here.parent !== undefined) {
      const parent = known.get(`${parentType(here)} ${here.parent}`);
      if (!parent) throw new Error(`${here.urn} has a parent that was not recorded.`);
      here = parent;
    }
    return here;
  };
}

function parentType({ urn }: RecordedResource): string | undefined {
  return urn.split("::")[2]?.split("$").at(-2);
}

/** The class in a type token, such as `Fleet` of `llm:inference:Fleet`. */
export function className(type: string): string {
  return type.split(":").at(-1) ?? type;
}
