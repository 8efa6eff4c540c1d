import type { Edit } from "./rule";
import { isUnknownSentinel } from "./unknowns";

type Props = Record<string, unknown>;

/**
 * Sets properties in place and tells whether anything changed.
 *
 * In place, because a copy would have to read every property and reading an unknown throws; what is not touched keeps
 * its secrets and unknowns. The engine reports whatever is returned as a remediation, hence the answer.
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
  const present = look(holder, key);
  if (present === unknown || present === value) return false;
  holder[key] = value;
  forgetDefault(holder, key);
  return true;
}

const unknown = Symbol("unknown");

/** What stands under a key; the SDK's proxy throws on an unknown. */
function look(holder: Props, key: string | number): unknown {
  try {
    const value = holder[key];
    return isUnknownSentinel(value) ? unknown : value;
  } catch {
    return unknown;
  }
}

/** The object or list under a key, made if there is none; undefined if it cannot be known or is something else. */
function descend(
  holder: Props | undefined,
  key: string | number,
  next: string | number | undefined,
): Props | undefined {
  if (!holder) return undefined;
  const below = look(holder, key) ?? null;
  if (below === null) holder[key] = typeof next === "number" ? [] : {};
  const object = below === null ? holder[key] : below;
  return typeof object === "object" ? (object as Props) : undefined;
}

// The bridge lists in __defaults what it filled in itself, and may fill it in anew at the next update.
function forgetDefault(holder: Props, key: string | number): void {
  const defaults = look(holder, "__defaults");
  if (Array.isArray(defaults)) holder["__defaults"] = [...defaults].filter((name) => name !== key);
}
