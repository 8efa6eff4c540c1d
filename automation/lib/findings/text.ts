import { type Finding, type PolicyReport, SEVERITIES, type Severity } from "./report";

export interface TextOptions {
  /** Colour for a terminal. */
  colour: boolean;
  /** Findings that are shown elsewhere. They still count in the summary. */
  omit?: (finding: Finding) => boolean;
}

const SGR: Record<Severity, string> = { critical: "1;31", high: "31", medium: "33", low: "36", unrated: "35" };
const LABEL_WIDTH = "unknown".length + 2;

/** The report for people: findings by resource, the most severe first, one line each, and a summary. */
export function renderText(report: PolicyReport, { colour, omit }: TextOptions): string {
  const paint = (code: string, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const label = (text: string, code: string) => paint(code, text) + " ".repeat(Math.max(1, LABEL_WIDTH - text.length));
  const shown = report.findings.filter((finding) => !omit?.(finding));
  const lines = [paint("1", "Policies:")];

  for (const [resource, findings] of Map.groupBy(shown, ({ urn }) => urn ?? "")) {
    lines.push(`  ${findings[0]?.resource ?? resource}`);
    for (const finding of findings.filter(({ kind }) => kind !== "unverifiable")) {
      lines.push(`    ${label(finding.severity, SGR[finding.severity])}${violationLine(finding)}`);
    }
    const unverifiable = findings.filter(({ kind }) => kind === "unverifiable");
    if (unverifiable.length > 0) {
      const paths = unverifiable.map(({ path }) => path).join(", ");
      lines.push(`    ${label("unknown", "2")}${paths}: judged when known`);
    }
  }
  for (const { rule, resource } of report.remediations) lines.push(`  ${resource}\n    ${label("cured", "32")}${rule}`);
  for (const line of report.exemptions) lines.push(`  ${label("exempt", "2")}${line}`);
  for (const note of report.notes) lines.push(`  ${label("note", "2")}${note}`);
  lines.push(`  ${summaryLine(report)}`);
  return `${lines.join("\n")}\n`;
}

/** `12 rules run, 11 passed; violations: 1 high, 2 medium (1 mandatory); 2 unverifiable; 1 exempted` */
export function summaryLine({ summary, remediations }: PolicyReport): string {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = summary.violations[severity];
    return count ? [`${count} ${severity}`] : [];
  });
  const violations = counts.length === 0 ? "none" : `${counts.join(", ")} (${summary.mandatory} mandatory)`;
  return [
    `${summary.run} rules run, ${summary.passed} passed`,
    `violations: ${violations}`,
    `${summary.unverifiable} unverifiable`,
    `${summary.exempted} exempted`,
    ...(remediations.length > 0 ? [`${remediations.length} cured`] : []),
  ].join("; ");
}

/** One line: rule, level, path, what is wrong, cure. Another pack's message keeps its lines. */
function violationLine({ kind, rule, mandatory, path, problem, fix }: Finding): string {
  const level = mandatory ? "mandatory" : "advisory";
  const what = path === "" ? problem : `${path}: ${problem}`;
  if (kind === "other") return `${rule} (${level}) ${what.replaceAll("\n", "\n      ")}`;
  return `${rule} (${level}) ${what.replaceAll("\n", "\n      ")}${fix ? ` -> ${fix}` : ""}`;
}
