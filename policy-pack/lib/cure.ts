import type { Edit } from "./rule";
import type { Truth } from "./truth";

/** The edit that sets one property, if that is known to be needed. */
export function setIf(needed: Truth, path: Edit["path"], value: Edit["value"]): readonly Edit[] {
  return needed.answer === "yes" ? [{ path, value }] : [];
}
