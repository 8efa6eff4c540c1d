import type { Rule } from "../../lib/rule";
import { rule as tagRequiredKeys } from "./tag-required-keys";

/** The rules of the family tagging, by id. */
export const rules: readonly Rule[] = [tagRequiredKeys];
