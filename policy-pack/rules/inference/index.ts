import type { Rule } from "../../lib/rule";

/** The rules of the family inference, by id. */
export const rules: readonly Rule[] = [];
