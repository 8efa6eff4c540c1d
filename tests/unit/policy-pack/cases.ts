import type { Json, Resource } from "../../support/policy-harness";
import { cure, holds } from "./holds";
import type { Verdict } from "./rules";

export type Props = Record<string, Json>;

/** One test for each case, all of one rule and one type of resource. */
export function cases(
  id: string,
  type: string,
  table: readonly (readonly [title: string, props: Props, verdict: Verdict, settings?: object])[],
): void {
  holds(
    id,
    table.map(([title, props, verdict, settings]) => [title, { type, props }, verdict, settings]),
  );
}

/** The inputs that a rule's remediation makes of those of a type; undefined when it changes nothing. */
export function remediate(id: string, type: string, props: Props, settings?: object): Promise<Resource["props"]> {
  return cure(id, { type, props }, settings);
}
