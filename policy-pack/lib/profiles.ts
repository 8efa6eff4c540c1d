import { PackError } from "./pack-error";
import type { EnforcementLevel } from "./pack-policy";
import type { RuleInfo, Severity } from "./rule";

export const profileNames = ["dev", "prod", "free"] as const;
export type ProfileName = (typeof profileNames)[number];

interface Profile {
  readonly purpose: string;
  readonly levels: Readonly<Record<Severity, EnforcementLevel>>;
  /** Rules whose level does not follow from their severity. */
  readonly overrides: Readonly<Record<string, EnforcementLevel>>;
  /** Settings that differ from the rules' own defaults, by rule. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

// Tags carry cost allocation and ownership, which cannot be had again for the time that they were missing, so the
// profiles enforce them above the rule's severity.
const enforcedTagging = { "tag-required-keys": "mandatory" } as const;

// A budget is often the account's and not the stack's, so its absence is no proof that costs go unseen.
const advisedBudget = { "ft-budget-present": "advisory" } as const;

// What comes and goes is to be destroyed with one command, and nobody pays for a second zone or flow logs of it.
const onlyInProd = {
  "log-vpc-flow": "disabled",
  "rel-alb-deletion-protection": "disabled",
  "rel-dynamodb-deletion-protection": "disabled",
  "rel-elasticache-failover": "disabled",
  "rel-kms-deletion-window": "disabled",
  "rel-rds-deletion-protection": "disabled",
  "rel-rds-final-snapshot": "disabled",
  "rel-rds-multi-az": "disabled",
} as const;

/** What each profile enforces. Levels follow severity; an exception stands in `overrides` and says why. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  dev: {
    purpose: "Stacks that come and go: what is dangerous is refused, what is untidy is said.",
    levels: { critical: "mandatory", high: "mandatory", medium: "advisory", low: "advisory" },
    overrides: { ...enforcedTagging, ...advisedBudget, ...onlyInProd },
    settings: { "log-loggroup-retention": { remedyDays: 14 } },
  },
  prod: {
    purpose: "Stacks that people depend on: medium findings are refused too.",
    levels: { critical: "mandatory", high: "mandatory", medium: "mandatory", low: "advisory" },
    overrides: enforcedTagging,
    settings: {},
  },
  free: {
    purpose:
      "Stacks that should cost nothing: as dev, with the free-tier rules for everything and not for tagged resources alone.",
    levels: { critical: "mandatory", high: "mandatory", medium: "advisory", low: "advisory" },
    overrides: { ...enforcedTagging, ...advisedBudget, ...onlyInProd },
    settings: { "log-loggroup-retention": { remedyDays: 14 } },
  },
};

/** Reads a profile name; undefined gives `dev`. Throws a {@link PackError} for a name that is none. */
export function parseProfile(name: string | undefined): ProfileName {
  if (name === undefined) return "dev";
  const profile = profileNames.find((known) => known === name);
  if (profile) return profile;
  throw new PackError(
    `The stack config policy:profile is ${JSON.stringify(name)}; expected one of ${profileNames.join(", ")}. ` +
      "Set it with `pulumi config set policy:profile dev`.",
  );
}

/**
 * The level of a rule in a profile.
 *
 * Free-tier rules judge a whole stack in `free` alone, where the rules that they contradict (`unlessFree`) are off. In the
 * other profiles both are on, for different resources: see {@link scopeOf}.
 */
export function levelOf(rule: RuleInfo, name: ProfileName): EnforcementLevel {
  if (rule.unlessFree && name === "free") return "disabled";
  const profile = profiles[name];
  return profile.overrides[rule.id] ?? profile.levels[rule.severity];
}
