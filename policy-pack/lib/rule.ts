import { z } from "zod";
import type { StackResource, StackView } from "./stack-view";
import type { Truth } from "./truth";
import type { Value } from "./value";

export type Severity = "low" | "medium" | "high" | "critical";

/** The folder under rules/ that a rule lives in. */
export type Family = "tagging" | "encryption" | "exposure" | "reliability" | "logging" | "free-tier" | "inference";

/** Why a rule exists and how a user gets rid of its finding. */
export interface RuleInfo {
  /** File name, policy name and what users write in config and exemptions. */
  readonly id: string;
  readonly family: Family;
  /** What should hold, in one line. */
  readonly title: string;
  readonly severity: Severity;
  /** What goes wrong otherwise: one or two sentences. */
  readonly why: string;
  /** The exact change in a Pulumi program. */
  readonly fix: string;
  /** Checkov checks that ask the same; may be empty. */
  readonly checkov: readonly string[];
  /** Security Hub controls that ask the same; may be empty. */
  readonly securityHub: readonly string[];
  /** The AWS page that documents the setting. */
  readonly page: string;
  /** The free-tier rule that forbids what this one asks for; this one is off in the `free` profile and for what is tagged as free. */
  readonly unlessFree?: string;
}

/** A resource as a rule sees it: its checked inputs at preview and before creation. */
export interface ResourceView {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  readonly props: Value;
  /** Configuration of the resource's provider; absent properties when the engine sent none. */
  readonly provider: Value;
}

/** Where a rule tells what it found. */
export interface Reporter {
  /**
   * Yes: a violation at this property. Unknown: one advisory note per resource naming what could not be known. No: nothing.
   *
   * `problem` completes "path: ..." and never holds the value of a password, user data, environment variable or policy
   * document: secrets reach policies in the clear.
   */
  when(violated: Truth, at: Value | string, problem: string): void;
}

export interface StackReporter {
  on(resource: StackResource): Reporter;
  /** Says how much of a limit the stack uses: an advisory line in the profile `free`, nothing in the others. */
  summary(line: string): void;
}

/** One property to set. Objects and lists on the way are made; nothing is set at or below an unknown. */
export interface Edit {
  /** Names of properties and, in lists, indexes; the length of a list as index appends to it. */
  readonly path: readonly (string | number)[];
  /** A list can be emptied; its elements are set by their indexes. */
  readonly value: string | number | boolean | readonly [];
}

type Settings = z.ZodObject;

interface Definition<S extends Settings> extends RuleInfo {
  /** Type tokens judged by `check` and changed by `remedy`. */
  readonly types: readonly string[];
  /** Settings, all with defaults, that profiles and --policy-pack-config can change. */
  readonly settings?: S;
  check?(resource: ResourceView, report: Reporter, settings: z.output<S>): void;
  checkStack?(stack: StackView, report: StackReporter, settings: z.output<S>): void;
  /** Edits that cure the violation in place; an empty list when there is nothing to cure or no way to. */
  remedy?(resource: ResourceView, settings: z.output<S>): readonly Edit[];
}

/** A rule whose settings type is folded away, so that rules with different settings fit one list. */
export interface Rule extends RuleInfo {
  readonly types: ReadonlySet<string>;
  readonly settings: Settings;
  readonly check?: (resource: ResourceView, report: Reporter, config: object) => void;
  readonly checkStack?: (stack: StackView, report: StackReporter, config: object) => void;
  readonly remedy?: (resource: ResourceView, config: object) => readonly Edit[];
}

/** Settings that do not fit a rule's schema. */
export class SettingsError extends Error {
  constructor(id: string, problem: string) {
    super(`the settings of ${id} are wrong: ${problem}`);
  }
}

/** Makes a rule of its definition. `config` in the result is what the engine passes, checked against `settings`. */
export function defineRule<S extends Settings = z.ZodObject<Record<never, never>>>(definition: Definition<S>): Rule {
  const { check, checkStack, remedy, ...info } = definition;
  const schema = (definition.settings ?? z.strictObject({})) as S;
  // The engine sends a rule's config once, and the rule is asked about each resource.
  let last: { config: object; settings: z.output<S> } | undefined;
  const settingsOf = (config: object): z.output<S> => {
    if (last?.config !== config) {
      const parsed = schema.safeParse(config);
      if (!parsed.success) throw new SettingsError(info.id, z.prettifyError(parsed.error));
      last = { config, settings: parsed.data };
    }
    return last.settings;
  };
  return {
    ...info,
    types: new Set(definition.types),
    settings: schema,
    check: check && ((resource, report, config) => check(resource, report, settingsOf(config))),
    checkStack: checkStack && ((stack, report, config) => checkStack(stack, report, settingsOf(config))),
    remedy: remedy && ((resource, config) => remedy(resource, settingsOf(config))),
  };
}
