import { createHash } from "node:crypto";
import type { RuleInfo } from "../../../policy-pack/lib/rule";
import { type Finding, findingKey, type PolicyReport, type Severity } from "./report";

/** CVSS-like scores by which code scanning ranks alerts: above 9 critical, from 7 high, from 4 medium. */
const SECURITY_SEVERITY: Record<Severity, string> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "3.0",
  unrated: "0.0",
};

/**
 * The findings as SARIF 2.1.0. A resource has no line in a source file, which code scanning insists on, so every result
 * points at the stack's settings file and names the resource as its logical location.
 *
 * @param rules those whose description is known; others are named only
 */
export function sarifOf(report: PolicyReport, stackName: string, rules: readonly RuleInfo[]): string {
  const known = new Map(rules.map((rule) => [rule.id, rule]));
  const ids = [...new Set(report.findings.map(({ rule }) => rule))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "llm-stacks-policies", rules: ids.map((id) => ruleOf(id, known.get(id))) } },
        automationDetails: { id: `policies/${stackName}` },
        results: report.findings.map((finding) => resultOf(finding, ids.indexOf(finding.rule), stackName)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf(id: string, rule: RuleInfo | undefined): object {
  if (!rule) return { id };
  return {
    id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    help: { text: `Fix: ${rule.fix}` },
    helpUri: rule.page,
    properties: {
      tags: ["security", rule.family, ...rule.checkov, ...rule.securityHub],
      "security-severity": SECURITY_SEVERITY[rule.severity],
    },
  };
}

function resultOf(finding: Finding, ruleIndex: number, stackName: string): object {
  const { kind, rule, mandatory, severity, urn, resource, path, problem, fix } = finding;
  const what = path === "" ? problem : `${path}: ${problem}`;
  return {
    ruleId: rule,
    ruleIndex,
    // SARIF's "open": looked at, and not decided.
    ...(kind === "unverifiable" ? { kind: "open", level: "none" } : { level: mandatory ? "error" : "warning" }),
    message: { text: `${resource}: ${what}.${fix ? ` Fix: ${fix}` : ""}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: `Pulumi.${stackName}.yaml` },
          region: { startLine: 1 },
        },
        logicalLocations: [{ name: resource, fullyQualifiedName: urn ?? resource, kind: "resource" }],
      },
    ],
    // Line numbers tell alerts apart elsewhere; here all are 1.
    partialFingerprints: { "finding/v1": createHash("sha256").update(findingKey(finding)).digest("hex") },
    properties: { severity, property: path },
  };
}
