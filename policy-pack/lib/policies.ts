import type {
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import { z } from "zod";
import { scopeOf } from "./cost-tier";
import { applyEdits } from "./edits";
import type { ExemptionBook } from "./exemptions";
import { FindingCollector, internalErrorMessage, unverifiableMessage, violationMessage } from "./findings";
import { levelOf, type ProfileName } from "./profiles";
import { type Reporter, type ResourceView, type Rule, SettingsError } from "./rule";
import { type StackResource, StackView } from "./stack-view";
import { unwrapProxy } from "./unknowns";
import { Value } from "./value";

/** What the SDK's reportViolation also takes, though its type does not say so: a level of its own for one finding. */
interface Violation {
  readonly message: string;
  readonly urn?: string;
  readonly enforcementLevel?: "advisory" | "mandatory";
  readonly severity?: "low";
}
export type Report = (violation: Violation) => void;

/** A policy of the SDK made of one rule, with the rule's level in a profile. */
export function policyOf(
  rule: Rule,
  profile: ProfileName,
  exemptions: ExemptionBook,
): ResourceValidationPolicy & Partial<StackValidationPolicy> {
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
    configSchema: { properties: settingsSchema(rule) },
    ...(check && {
      validateResource: onlyTypes(rule.types, (args, report) => judge.resource(check, args, asReport(report))),
    }),
    ...(remedy && {
      remediateResource: onlyTypes(rule.types, (args) => judge.remedy(remedy, args)),
    }),
    ...(checkStack && {
      validateStack: (args: StackValidationArgs, report: ReportViolation) =>
        judge.stack(checkStack, args, asReport(report)),
    }),
  };
}

type Inputs = Pick<ResourceValidationArgs, "urn" | "props">;

/**
 * The paths that no rule has said to be unknown in these inputs, which from now on are said.
 *
 * Twenty rules read a policy document, and twenty lines about one unknown would hide the findings. What was said is kept
 * by the inputs, which all rules share (see deserialise-once) for as long as one request of the engine lives.
 */
function noteUnknowns(props: Record<string, unknown>, paths: readonly string[]): readonly string[] {
  const inputs = unwrapProxy(props);
  const said = saidUnknown.get(inputs) ?? new Set();
  saidUnknown.set(inputs, said);
  const unsaid = paths.filter((path) => !said.has(path));
  for (const path of unsaid) said.add(path);
  return unsaid;
}

const saidUnknown = new WeakMap<object, Set<string>>();

export function asReport(report: ReportViolation): Report {
  return report as unknown as Report;
}

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

  resource(check: NonNullable<Rule["check"]>, args: ResourceValidationArgs, report: Report): void {
    const collector = new FindingCollector();
    const failure = this.failedRemedies.get(args.urn);
    if (failure !== undefined) this.reportFailure(report, failure);
    this.guard(report, () => {
      const resource = viewOf(args);
      check(resource, this.limited(collector, resource), args.getConfig());
    });
    this.deliver(collector, args, report);
  }

  /** Changes the resource in place and returns it if that cured anything, else undefined. */
  remedy(remedy: NonNullable<Rule["remedy"]>, args: ResourceValidationArgs): Record<string, unknown> | undefined {
    try {
      const resource = viewOf(args);
      if (this.scope && this.scope(resource).answer !== "yes") return undefined;
      return applyEdits(args.props, remedy(resource, args.getConfig())) ? args.props : undefined;
    } catch (error) {
      // A throw would end the preview. The resource goes on unchanged, and its validation, which follows, reports this.
      this.failedRemedies.set(args.urn, error);
      return undefined;
    }
  }

  stack(checkStack: NonNullable<Rule["checkStack"]>, args: StackValidationArgs, report: Report): void {
    const collectors = new Map<string, FindingCollector>();
    const on = (resource: StackResource): Reporter => {
      const collector = collectors.get(resource.urn) ?? new FindingCollector();
      collectors.set(resource.urn, collector);
      return this.limited(collector, resource);
    };
    const summary = (line: string): void => {
      if (this.profile === "free") report({ message: line, enforcementLevel: "advisory", severity: "low" });
    };
    const stack = new StackView(args.resources.map(stackViewOf), this.scope);
    this.guard(report, () => checkStack(stack, { on, summary }, args.getConfig()));
    const inputs = new Map(args.resources.map((resource) => [resource.urn, resource.props]));
    for (const [urn, collector] of collectors) this.deliver(collector, { urn, props: inputs.get(urn) ?? {} }, report);
  }

  /** Takes only what concerns a resource that the rule judges in this profile. */
  private limited(reporter: Reporter, resource: ResourceView): Reporter {
    const applies = this.scope?.(resource);
    if (!applies) return reporter;
    return { when: (violated, at, problem) => reporter.when(violated.and(applies), at, problem) };
  }

  private deliver(collector: FindingCollector, { urn, props }: Inputs, report: Report): void {
    const { rule, exemptions } = this;
    const violations = collector.violations.filter((finding) => !exemptions.excuses({ rule: rule.id, urn, finding }));
    if (violations.length > 0) report({ urn, message: violationMessage(rule, violations) });
    const unknown = collector.unknownPaths;
    if (unknown.length === 0) return;
    exemptions.noteUndecided(rule.id, urn);
    const unsaid = noteUnknowns(props, unknown);
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

/**
 * Limits a function to some types. For a single type the SDK can be told, and then skips the policy without reading the
 * resource.
 */
function onlyTypes<A extends { type: string }, R extends unknown[], T>(
  types: ReadonlySet<string>,
  run: (args: A, ...rest: R) => T,
): (args: A, ...rest: R) => T | undefined {
  const limited = (args: A, ...rest: R): T | undefined => (types.has(args.type) ? run(args, ...rest) : undefined);
  const [only] = types;
  return types.size === 1 ? Object.assign(limited, { __pulumiType: only }) : limited;
}

function viewOf({ type, urn, name, props, provider }: ResourceValidationArgs | PolicyResource): ResourceView {
  return { type, urn, name, props: Value.ofProps(props), provider: Value.ofProps(provider?.props ?? {}, "provider") };
}

function stackViewOf(resource: PolicyResource): StackResource {
  const dependencies = Object.entries(resource.propertyDependencies).map(
    ([property, sources]) => [property, new Set(sources.map(({ urn }) => urn))] as const,
  );
  return { ...viewOf(resource), propertyDependencies: new Map(dependencies) };
}

/** The rule's settings as the JSON Schema that the engine checks --policy-pack-config against. */
function settingsSchema(rule: Rule): NonNullable<ResourceValidationPolicy["configSchema"]>["properties"] {
  const schema = z.toJSONSchema(rule.settings, { io: "input", target: "draft-7" });
  return (schema.properties ?? {}) as NonNullable<ResourceValidationPolicy["configSchema"]>["properties"];
}
