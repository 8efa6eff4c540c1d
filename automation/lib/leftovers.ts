import { type Found, isNameOf } from "../teardown/found";
import { takeInventory } from "../teardown/inventory";
import { knownStacks } from "./project";
import { regionOf, type Session } from "./session";

export interface Leftovers {
  /** What should be gone. */
  readonly left: readonly Found[];
  /** What stays on purpose: last snapshots, and what AWS deletes by itself in some days. */
  readonly retained: readonly Found[];
}

/** What is left of a stack in its region after it was destroyed, by tags and by names. */
export async function leftovers(session: Session): Promise<Leftovers> {
  const { systemNames } = require("../../stacks/systems") as typeof import("../../stacks/systems");
  const { stackName: stack } = session;
  const found = await takeInventory({
    project: (await session.stack.workspace.projectSettings()).name,
    stack,
    region: regionOf(session.settings),
    isNameOf: (name) =>
      isNameOf(
        name,
        stack,
        [...systemNames, "shared"],
        knownStacks().filter((other) => other !== stack),
      ),
  });
  return { left: found.filter(({ retained }) => !retained), retained: found.filter(({ retained }) => retained) };
}
