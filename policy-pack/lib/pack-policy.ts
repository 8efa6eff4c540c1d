import type { Edit, ResourceView, Severity } from "./rule";
import type { StackIndex } from "./stack-view";

export type EnforcementLevel = "advisory" | "mandatory" | "remediate" | "disabled";

/** A rule's settings as the engine gives them: the rule's defaults, the profile's and those of --policy-pack-config. */
export type Config = Readonly<Record<string, unknown>>;

/** Something to print under a policy's name. */
export interface Violation {
  readonly message: string;
  readonly urn?: string;
  /** For this one only; else that of the policy. */
  readonly enforcementLevel?: "advisory" | "mandatory";
  /** For this one only; else that of the policy. */
  readonly severity?: "low";
}

export type Report = (violation: Violation) => void;

/** What the engine knows by one name, with a level and a severity of its own. */
export interface PackPolicy {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** Unless the profile's config or the user's says otherwise. */
  readonly enforcementLevel: EnforcementLevel;
  readonly severity: Severity;
  readonly tags?: readonly string[];
  readonly remediationSteps?: string;
  readonly url?: string;
  /** Settings by name, each a JSON Schema. */
  readonly settings: Readonly<Record<string, object>>;
  /** Type tokens of the resources that it judges and cures; it is asked about no others. */
  readonly types: ReadonlySet<string>;
  validateResource?(resource: ResourceView, config: Config, report: Report): void;
  /** What cures the resource; nothing when there is nothing to cure. */
  remediateResource?(resource: ResourceView, config: Config): readonly Edit[];
  validateStack?(stack: StackIndex, config: Config, report: Report): void;
}

/** Levels and settings by policy, as a pack brings them along. */
export type PackConfig = Readonly<Record<string, Config & { readonly enforcementLevel: EnforcementLevel }>>;
