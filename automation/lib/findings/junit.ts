import type { Finding, PolicyReport } from "./report";

/**
 * The findings as JUnit XML: a test case for each finding and one for each rule that passed. A mandatory violation is a
 * failure. What does not refuse the change (advisory, unverifiable) is skipped, with the finding as its reason.
 */
export function junitOf(report: PolicyReport, stackName: string): string {
  const { findings, passed, summary } = report;
  const skipped = findings.length - summary.mandatory;
  const cases = [
    ...passed.map((rule) => `    <testcase classname="${xml(rule)}" name="every resource"/>`),
    ...findings.map(testCase),
  ];
  const counts = `tests="${cases.length}" failures="${summary.mandatory}" errors="0" skipped="${skipped}"`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="policies" ${counts}>`,
    `  <testsuite name="${xml(`policies of stack ${stackName}`)}" ${counts}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase({ kind, rule, resource, path, problem, severity, mandatory, why, fix }: Finding): string {
  const what = path === "" ? problem : `${path}: ${problem}`;
  const name = path === "" ? resource : `${resource} ${path}`;
  const details = [what, why && `Why: ${why}`, fix && `Fix: ${fix}`].filter(Boolean).join("\n");
  const outcome = mandatory
    ? `<failure type="${severity}" message="${xml(what)}">${xml(details)}</failure>`
    : `<skipped message="${xml(`${kind === "unverifiable" ? "unknown" : severity}: ${details}`)}"/>`;
  return `    <testcase classname="${xml(rule)}" name="${xml(name)}">${outcome}</testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\t": "&#9;",
};

/** Text for XML content and attributes. Control characters, which XML 1.0 can't hold, become question marks. */
function xml(text: string): string {
  return text.replace(/\p{Cc}|[&<>"]/gu, (char) => ENTITIES[char] ?? "?");
}
