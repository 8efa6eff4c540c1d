import type { Rule } from "../../lib/rule";
import { rule as tagAllowedValues } from "./tag-allowed-values";
import { rule as tagAsgPropagate } from "./tag-asg-propagate";
import { rule as tagInstanceVolumes } from "./tag-instance-volumes";
import { rule as tagKeyHygiene } from "./tag-key-hygiene";
import { rule as tagLtTagspecs } from "./tag-lt-tagspecs";
import { rule as tagNoSecrets } from "./tag-no-secrets";
import { rule as tagRdsCopyToSnapshot } from "./tag-rds-copy-to-snapshot";
import { rule as tagRequiredKeys } from "./tag-required-keys";

/** The rules of the family tagging, by id. */
export const rules: readonly Rule[] = [
  tagAllowedValues,
  tagAsgPropagate,
  tagInstanceVolumes,
  tagKeyHygiene,
  tagLtTagspecs,
  tagNoSecrets,
  tagRdsCopyToSnapshot,
  tagRequiredKeys,
];
