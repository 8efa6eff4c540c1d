import type { Edit } from "./rule";
import { inPlaceOf, isUnknownSentinel, revealed } from "./wire";

type Props = Record<string, unknown>;

/**
 * Sets properties in place and tells whether anything changed. What is not touched keeps its secrets and unknowns, and
 * what takes the place of a secret is one. The engine reports whatever is returned as a remediation, hence the answer.
 */
export function applyEdits(props: Props, edits: readonly Edit[]): boolean {
  return edits.map((edit) => applyEdit(props, edit)).includes(true);
}

function applyEdit(props: Props, { path, value }: Edit): boolean {
  const key = path.at(-1);
  const holder = path
    .slice(0, -1)
    .reduce<Props | undefined>((above, step, index) => descend(above, step, path[index + 1]), props);
  if (key === undefined || !holder) return false;
  const present = revealed(holder[key]);
  if (isUnknownSentinel(present) || present === value) return false;
  holder[key] = inPlaceOf(holder[key], value);
  forgetDefault(holder, key);
  return true;
}

/** The object or list under a key, made if there is none; undefined if it cannot be known or is something else. */
function descend(
  holder: Props | undefined,
  key: string | number,
  next: string | number | undefined,
): Props | undefined {
  if (!holder) return undefined;
  const below = revealed(holder[key]) ?? (typeof next === "number" ? [] : {});
  if (typeof below !== "object") return undefined;
  if (revealed(holder[key]) !== below) holder[key] = inPlaceOf(holder[key], below);
  return below as Props;
}

// The bridge lists in __defaults what it filled in itself, and may fill it in anew at the next update.
function forgetDefault(holder: Props, key: string | number): void {
  const defaults = holder["__defaults"];
  if (Array.isArray(defaults)) holder["__defaults"] = defaults.filter((name) => name !== key);
}
