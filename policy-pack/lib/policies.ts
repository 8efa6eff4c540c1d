import { z } from "zod";
import { scopeOf } from "./cost-tier";
import type { ExemptionBook } from "./exemptions";
import { FindingCollector, internalErrorMessage, unverifiableMessage, violationMessage } from "./findings";
import type { Config, PackPolicy, Report } from "./pack-policy";
import { levelOf, type ProfileName } from "./profiles";
import { type Edit, type Reporter, type ResourceView, type Rule, SettingsError } from "./rule";
import { type StackIndex, type StackResource, StackView } from "./stack-view";

/** A policy made of one rule, with the rule's level in a profile. */
export function policyOf(rule: Rule, profile: ProfileName, exemptions: ExemptionBook): PackPolicy {
  const judge = new Judge(rule, profile, exemptions);
  const { check, checkStack, remedy } = rule;
  return {
    name: rule.id,
    displayName: rule.title,
    description: rule.title,
    enforcementLevel: levelOf(rule, profile),
    severity: rule.severity,
    tags: [rule.family, ...rule.checkov, ...rule.securityHub],
    remediationSteps: rule.fix,
    url: rule.page,
    settings: settingsSchema(rule),
    types: rule.types,
    ...(check && { validateResource: (resource, config, report) => judge.resource(check, resource, config, report) }),
    ...(remedy && { remediateResource: (resource, config) => judge.remedy(remedy, resource, config) }),
    ...(checkStack && { validateStack: (stack, config, report) => judge.stack(checkStack, stack, config, report) }),
  };
}

/**
 * The paths that no rule has said to be unknown in this resource, which from now on are said.
 *
 * Twenty rules read a policy document, and twenty lines about one unknown would hide the findings. All rules get the same
 * view of a resource in one request of the engine, and a new one in the next.
 */
function noteUnknowns(resource: ResourceView, paths: readonly string[]): readonly string[] {
  const said = saidUnknown.get(resource) ?? new Set();
  saidUnknown.set(resource, said);
  const unsaid = paths.filter((path) => !said.has(path));
  for (const path of unsaid) said.add(path);
  return unsaid;
}

const saidUnknown = new WeakMap<ResourceView, Set<string>>();

/** Runs one rule and reports what it finds, what it could not know, and that it failed. */
class Judge {
  private readonly failedRemedies = new Map<string, unknown>();

  private readonly scope: ReturnType<typeof scopeOf>;

  constructor(
    private readonly rule: Rule,
    private readonly profile: ProfileName,
    private readonly exemptions: ExemptionBook,
  ) {
    this.scope = scopeOf(rule, profile);
  }

  resource(check: NonNullable<Rule["check"]>, resource: ResourceView, config: Config, report: Report): void {
    const collector = new FindingCollector();
    const failure = this.failedRemedies.get(resource.urn);
    if (failure !== undefined) this.reportFailure(report, failure);
    this.guard(report, () => check(resource, this.limited(collector, resource), config));
    this.deliver(collector, resource, report);
  }

  /** What cures the resource; nothing when that fails or when nothing is wrong with it. */
  remedy(remedy: NonNullable<Rule["remedy"]>, resource: ResourceView, config: Config): readonly Edit[] {
    try {
      if (this.scope && this.scope(resource).answer !== "yes") return [];
      return remedy(resource, config);
    } catch (error) {
      // A throw would end the preview. The resource goes on unchanged, and its validation, which follows, reports this.
      this.failedRemedies.set(resource.urn, error);
      return [];
    }
  }

  stack(checkStack: NonNullable<Rule["checkStack"]>, index: StackIndex, config: Config, report: Report): void {
    const collectors = new Map<StackResource, FindingCollector>();
    const on = (resource: StackResource): Reporter => {
      const collector = collectors.get(resource) ?? new FindingCollector();
      collectors.set(resource, collector);
      return this.limited(collector, resource);
    };
    const summary = (line: string): void => {
      if (this.profile === "free") report({ message: line, enforcementLevel: "advisory", severity: "low" });
    };
    this.guard(report, () => checkStack(new StackView(index, this.scope), { on, summary }, config));
    for (const [resource, collector] of collectors) this.deliver(collector, resource, report);
  }

  /** Takes only what concerns a resource that the rule judges in this profile. */
  private limited(reporter: Reporter, resource: ResourceView): Reporter {
    const applies = this.scope?.(resource);
    if (!applies) return reporter;
    return { when: (violated, at, problem) => reporter.when(violated.and(applies), at, problem) };
  }

  private deliver(collector: FindingCollector, resource: ResourceView, report: Report): void {
    const { rule, exemptions } = this;
    const { urn } = resource;
    const violations = collector.violations.filter((finding) => !exemptions.excuses({ rule: rule.id, urn, finding }));
    if (violations.length > 0) report({ urn, message: violationMessage(rule, violations) });
    const unknown = collector.unknownPaths;
    if (unknown.length === 0) return;
    exemptions.noteUndecided(rule.id, urn);
    const unsaid = noteUnknowns(resource, unknown);
    if (unsaid.length === 0) return;
    report({ urn, message: unverifiableMessage(rule, unsaid), enforcementLevel: "advisory", severity: "low" });
  }

  // A rule that throws fails closed, and the others still run.
  private guard(report: Report, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.reportFailure(report, error);
    }
  }

  private reportFailure(report: Report, error: unknown): void {
    const message =
      error instanceof SettingsError
        ? `[${this.rule.id}] ${error.message}\nFix: correct them in the file given with --policy-pack-config.`
        : internalErrorMessage(this.rule.id, error);
    report({ message, enforcementLevel: "mandatory" });
  }
}

/** The rule's settings as the JSON Schema that the engine checks --policy-pack-config against. */
function settingsSchema(rule: Rule): PackPolicy["settings"] {
  const { properties } = z.toJSONSchema(rule.settings, { io: "input", target: "draft-7" });
  return (properties ?? {}) as PackPolicy["settings"];
}
