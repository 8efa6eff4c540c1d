import type { Rule } from "./lib/rule";
import { rules as encryption } from "./rules/encryption";
import { rules as exposure } from "./rules/exposure";
import { rules as freeTier } from "./rules/free-tier";
import { rules as inference } from "./rules/inference";
import { rules as logging } from "./rules/logging";
import { rules as reliability } from "./rules/reliability";
import { rules as tagging } from "./rules/tagging";

/** All rules of the pack, in the order in which RULES.md lists them: by family, then by id. */
export const rules: readonly Rule[] = [
  ...tagging,
  ...encryption,
  ...exposure,
  ...reliability,
  ...logging,
  ...freeTier,
  ...inference,
];
