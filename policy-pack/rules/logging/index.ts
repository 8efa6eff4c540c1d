import type { Rule } from "../../lib/rule";
import { rule as logLoggroupRetention } from "./log-loggroup-retention";

/** The rules of the family logging, by id. */
export const rules: readonly Rule[] = [logLoggroupRetention];
