import type { Rule } from "../../lib/rule";

/** The rules of the family reliability, by id. */
export const rules: readonly Rule[] = [];
