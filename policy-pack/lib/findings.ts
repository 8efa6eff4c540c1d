import type { Reporter, RuleInfo } from "./rule";
import type { Truth } from "./truth";
import type { Value } from "./value";

/** One thing wrong with one property. */
export interface Finding {
  /** Property path; empty for the resource as a whole. */
  readonly path: string;
  readonly problem: string;
}

/** Collects what one rule says of one resource. */
export class FindingCollector implements Reporter {
  readonly violations: Finding[] = [];
  private readonly unknowns = new Set<string>();

  when(violated: Truth, at: Value | string, problem: string): void {
    const path = typeof at === "string" ? at : at.path;
    if (violated.answer === "yes") this.violations.push({ path, problem });
    for (const unknown of violated.paths) this.unknowns.add(unknown);
  }

  /** Paths that kept an answer back, each once. */
  get unknownPaths(): readonly string[] {
    return [...this.unknowns];
  }
}

/** "path: problem", as messages and exemptions show it. */
export function findingText({ path, problem }: Finding): string {
  return path === "" ? problem : `${path}: ${problem}`;
}

/** One message for all violations of a rule in a resource: what is wrong, why it matters, the fix, other tools' ids. */
export function violationMessage(rule: RuleInfo, findings: readonly Finding[]): string {
  const references = [...rule.checkov, ...rule.securityHub.map((id) => `Security Hub ${id}`), rule.page];
  return [
    ...findings.map((finding) => `[${rule.id}] ${findingText(finding)}.`),
    `Why: ${rule.why}`,
    `Fix: ${rule.fix}`,
    `See: ${references.join(", ")}`,
  ].join("\n");
}

/**
 * The advisory line for what could not be judged. It speaks for all rules, because only the first one that meets an
 * unknown says so.
 */
export function unverifiableMessage(rule: RuleInfo, paths: readonly string[]): string {
  return `[${rule.id}] cannot be known at preview: ${paths.join(", ")}. This rule and all others that read it judge it when it is known.`;
}

/**
 * The message for a rule that threw. It leaves the error's own text out: text such as that of a JSON syntax error
 * quotes what was being read, which may be a secret.
 */
export function internalErrorMessage(id: string, error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  const frames = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  return [
    `[${id}] internal error: the rule threw ${name}, so it could not judge this resource and the resource is refused.`,
    ...frames.slice(0, 3).map((frame) => frame.trim()),
    `Fix: this is a fault of the policy pack, not of your program. Set ${id} to "disabled" in --policy-pack-config until it is mended.`,
  ].join("\n");
}
