import type { EngineEvent } from "@pulumi/pulumi/automation";
import { parseMessage, plainMessage } from "./message";
import { resourceOf } from "./urn";

export const SEVERITIES = ["critical", "high", "medium", "low", "unrated"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One thing that a policy says of one property of a resource. */
export interface Finding {
  kind: "violation" | "unverifiable" | "other";
  pack: string;
  rule: string;
  severity: Severity;
  mandatory: boolean;
  /** Absent for a finding about the stack as a whole. */
  urn?: string;
  /** Type and name as people know them, or "stack". */
  resource: string;
  /** Property path; empty for the resource as a whole. */
  path: string;
  problem: string;
  why?: string;
  fix?: string;
}

/** A resource that a policy cured. */
export interface Remediation {
  rule: string;
  urn?: string;
  resource: string;
}

/** What the policies made of one preview or update. */
export interface PolicyReport {
  /** Most severe first. */
  findings: Finding[];
  remediations: Remediation[];
  /** Notes of the pack on exemptions that excused something. */
  exemptions: string[];
  /** What the pack tells without finding fault, such as how much of the free tier the stack uses. */
  notes: string[];
  /** Ids of the rules that ran and found no violation. */
  passed: string[];
  summary: {
    /** Rules that are on and met a resource they apply to, by the engine's account. */
    run: number;
    /** Number of {@link PolicyReport.passed}. */
    passed: number;
    /** By severity; only those that occurred. */
    violations: Partial<Record<Severity, number>>;
    mandatory: number;
    /**
     * Values that could not be judged because they are not known yet. The pack says each once for all rules that read
     * it, so a rule among the passed may have some left to judge.
     */
    unverifiable: number;
    /** Findings that an exemption excused. */
    exempted: number;
  };
}

/** Events and fields that the engine sends, but that the Automation API's types lack. */
interface PolicySummaryEvent {
  passed?: string[];
  failed?: string[];
}
interface PolicyEngineEvent extends EngineEvent {
  policyAnalyzeSummaryEvent?: PolicySummaryEvent;
  policyAnalyzeStackSummaryEvent?: PolicySummaryEvent;
  policyRemediationEvent?: { policyName: string; resourceUrn?: string };
}

/** The pack's policy that watches over exemptions; it judges no resource, so it counts as no rule. */
const EXEMPTIONS_POLICY = "pack-exemptions";
const FREE_TIER_NOTE = "Free tier: ";
const EXEMPTIONS_HEADING = "Exemptions in force:";

/** Gathers what the policies say during one engine operation. */
export class PolicyLog {
  private readonly findings = new Map<string, Finding>();
  private readonly remediations: Remediation[] = [];
  private readonly exemptions: string[] = [];
  private readonly notes: string[] = [];
  private readonly run = new Set<string>();

  record(event: EngineEvent): void {
    const { policyEvent, policyRemediationEvent, ...summaries } = event as PolicyEngineEvent;
    if (policyEvent) this.recordFinding(policyEvent);
    if (policyRemediationEvent) {
      const { policyName: rule, resourceUrn: urn } = policyRemediationEvent;
      this.remediations.push({ rule, urn, resource: resourceOf(urn) });
    }
    for (const summary of [summaries.policyAnalyzeSummaryEvent, summaries.policyAnalyzeStackSummaryEvent]) {
      for (const rule of [...(summary?.passed ?? []), ...(summary?.failed ?? [])]) this.run.add(rule);
    }
  }

  /** Whether any policy ran: a destroy is judged by none. */
  get isEmpty(): boolean {
    return this.run.size === 0 && this.findings.size === 0;
  }

  report(): PolicyReport {
    const findings = [...this.findings.values()].sort(bySeverity);
    const violations: PolicyReport["summary"]["violations"] = {};
    for (const { kind, severity } of findings) {
      if (kind !== "unverifiable") violations[severity] = (violations[severity] ?? 0) + 1;
    }
    const rules = [...this.run].filter((rule) => rule !== EXEMPTIONS_POLICY);
    const violated = new Set(findings.filter(({ kind }) => kind !== "unverifiable").map(({ rule }) => rule));
    const passed = rules.filter((rule) => !violated.has(rule)).sort();
    return {
      findings,
      remediations: this.remediations,
      exemptions: this.exemptions,
      notes: this.notes,
      passed,
      summary: {
        run: rules.length,
        passed: passed.length,
        violations,
        mandatory: findings.filter(({ mandatory }) => mandatory).length,
        unverifiable: findings.filter(({ kind }) => kind === "unverifiable").length,
        exempted: this.exemptions.reduce((sum, line) => sum + exemptedBy(line), 0),
      },
    };
  }

  private recordFinding(event: NonNullable<EngineEvent["policyEvent"]> & { severity?: string }): void {
    const text = plainMessage(event.message);
    if (event.policyName === EXEMPTIONS_POLICY && text.startsWith(EXEMPTIONS_HEADING)) {
      this.exemptions.push(
        ...text
          .split("\n")
          .slice(1)
          .map((line) => line.trim()),
      );
      return;
    }
    if (text.startsWith(FREE_TIER_NOTE)) {
      this.notes.push(text);
      return;
    }
    const { kind, findings, why, fix } = parseMessage(event.policyName, event.message);
    for (const { path, problem } of findings) {
      const finding: Finding = {
        kind,
        pack: event.policyPackName,
        rule: event.policyName,
        severity: SEVERITIES.find((known) => known === event.severity) ?? "unrated",
        mandatory: event.enforcementLevel === "mandatory",
        urn: event.resourceUrn,
        resource: resourceOf(event.resourceUrn),
        path,
        problem,
        why,
        fix,
      };
      this.findings.set(findingKey(finding), finding);
    }
  }
}

/** The same for the same finding in a preview and in the update after it. */
export function findingKey({ rule, urn, path, problem }: Finding): string {
  return JSON.stringify([rule, urn, path, problem]);
}

function bySeverity(a: Finding, b: Finding): number {
  const rank = ({ kind, mandatory, severity }: Finding) =>
    (kind === "unverifiable" ? 100 : 0) + SEVERITIES.indexOf(severity) * 2 + (mandatory ? 0 : 1);
  return (
    rank(a) - rank(b) ||
    a.resource.localeCompare(b.resource) ||
    a.rule.localeCompare(b.rule) ||
    a.path.localeCompare(b.path)
  );
}

/** The pack ends each line on an exemption in ": 2 findings until 2027-01-31, owner: reason". */
function exemptedBy(line: string): number {
  return Number(/: (\d+) findings? until \d{4}-\d{2}-\d{2}, /.exec(line)?.[1] ?? 0);
}
