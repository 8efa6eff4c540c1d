import type { PackEnvironment } from "./lib/environment";
import { ExemptionBook, parseExemptions } from "./lib/exemptions";
import { exemptionsPolicy } from "./lib/exemptions-policy";
import type { PackConfig, PackPolicy } from "./lib/pack-policy";
import { policyOf } from "./lib/policies";
import { levelOf, profiles } from "./lib/profiles";
import type { Rule } from "./lib/rule";

export const packName = "llm-stacks-policies";

/** What is served to the engine. */
export interface Pack {
  readonly policies: readonly PackPolicy[];
  readonly initialConfig: PackConfig;
}

/** The pack for one profile, stack and exemptions file. `now` decides which exemptions have expired. */
export function buildPack(rules: readonly Rule[], environment: PackEnvironment, now: Date): Pack {
  const { profile, stack, exemptions } = environment;
  const ids = new Set(rules.map(({ id }) => id));
  const parsed = exemptions
    ? parseExemptions(exemptions.text, exemptions.file, ids, now)
    : { exemptions: [], problems: [] };
  // What a disabled rule would have found needs no excuse, so its exemptions are not unused either.
  const enabled = new Set(rules.filter((rule) => levelOf(rule, profile) !== "disabled").map(({ id }) => id));
  const book = new ExemptionBook(
    parsed.exemptions.filter(({ rule }) => enabled.has(rule)),
    parsed.problems,
    stack,
  );
  return {
    policies: [...rules.map((rule) => policyOf(rule, profile, book)), exemptionsPolicy(book, profile)],
    initialConfig: initialConfig(rules, environment),
  };
}

/** The settings of the profile and the plan, which the engine merges over the rules' defaults and under --policy-pack-config. */
function initialConfig(rules: readonly Rule[], { profile, freePlan }: PackEnvironment): PackConfig {
  const configured = rules.flatMap((rule): [string, PackConfig[string]][] => {
    const plan = freePlan !== undefined && "plan" in rule.settings.shape ? { plan: freePlan } : {};
    const settings = { ...plan, ...profiles[profile].settings[rule.id] };
    // Without its level the entry would reset the rule to the engine's zero value, advisory.
    return Object.keys(settings).length > 0
      ? [[rule.id, { enforcementLevel: levelOf(rule, profile), ...settings }]]
      : [];
  });
  return Object.fromEntries(configured);
}
