import type { Rule } from "../../lib/rule";

/** The rules of the family free-tier, by id. */
export const rules: readonly Rule[] = [];
