import type { EngineEvent } from "@pulumi/pulumi/automation";
import { PolicyLog, type PolicyReport } from "../../../automation/lib/findings/report";

export interface Saying {
  rule: string;
  message: string;
  resource?: string;
  level?: "advisory" | "mandatory";
  severity?: string;
}

const urnOf = (resource: string) => `urn:pulumi:dev::shop::llm:data:Bucket$aws:s3/bucket:Bucket::${resource}`;

/** What the engine sends for a policy's finding; it sends more than the Automation API's types have. */
export function policyEvent({ rule, message, resource, level = "advisory", severity }: Saying): EngineEvent {
  const event = {
    sequence: 1,
    timestamp: 1,
    policyEvent: {
      ...(resource !== undefined && { resourceUrn: urnOf(resource) }),
      message: `<{%fg 1%}>${message}<{%reset%}>\n`,
      color: "raw",
      policyName: rule,
      policyPackName: "pack",
      policyPackVersion: "1",
      policyPackVersionTag: "1",
      enforcementLevel: level,
      severity,
    },
  };
  return event as unknown as EngineEvent;
}

/** The engine's own account of which rules ran on a resource. */
export function summaryEvent(
  kind: "policyAnalyzeSummaryEvent" | "policyAnalyzeStackSummaryEvent",
  summary: { passed?: string[]; failed?: string[] },
): EngineEvent {
  return { sequence: 1, timestamp: 1, [kind]: summary } as unknown as EngineEvent;
}

export function reportOf(...events: EngineEvent[]): PolicyReport {
  const log = new PolicyLog();
  for (const event of events) log.record(event);
  return log.report();
}

export const openPort: Saying = {
  rule: "open-port",
  resource: "bastion",
  level: "mandatory",
  severity: "critical",
  message: [
    "[open-port] ingress[0].cidrBlocks[1]: TCP port 22 is open to 0.0.0.0/0.",
    "[open-port] ingress[2].cidrBlocks[0]: TCP port 22 is open to ::/0.",
    "Why: it is found within minutes.",
    "Fix: remove the rule",
    "See: CKV_AWS_24",
  ].join("\n"),
};

export const noRetention: Saying = {
  rule: "retention",
  resource: "log",
  severity: "medium",
  message:
    "[retention] retentionInDays: logs are kept for ever.\nWhy: they cost.\nFix: set <retentionInDays> & co\nSee: x",
};

export const unknowable = (rule: string, paths = "policy"): Saying => ({
  rule,
  resource: "role",
  severity: "low",
  message: `[${rule}] cannot be known at preview: ${paths}. This rule and all others that read it judge it when it is known.`,
});
