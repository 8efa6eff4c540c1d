import { writeFileSync } from "node:fs";
import type { RuleInfo } from "../../../policy-pack/lib/rule";
import { reportFile } from "../report-file";
import { junitOf } from "./junit";
import { type Finding, findingKey, type PolicyReport } from "./report";
import { sarifOf } from "./sarif";
import { renderText } from "./text";

export interface ReportFiles {
  /** Where to write SARIF 2.1.0, for code scanning. */
  sarif?: string;
  /** Where to write JUnit XML, for test reports of CI systems. */
  junit?: string;
}

/** Shows what the policies said, on the terminal and in files. One presenter serves a preview and the update after it. */
export class FindingsPresenter {
  private readonly sarif: string | undefined;
  private readonly junit: string | undefined;
  private readonly shown = new Set<string>();
  /** Of the latest operation; undefined before one that policies judged. */
  latest: PolicyReport | undefined;

  /**
   * @param stackName for the files
   * @param reports replaced by each operation, so that they hold the last one's findings
   * @param rules reads the rules that a report describes; they are many files, so only when one is asked for
   */
  constructor(
    private readonly stackName: string,
    reports: ReportFiles = {},
    private readonly rules: () => readonly RuleInfo[] = packRules,
  ) {
    this.sarif = reports.sarif === undefined ? undefined : reportFile(reports.sarif);
    this.junit = reports.junit === undefined ? undefined : reportFile(reports.junit);
  }

  /**
   * Print what no earlier operation has shown, and write the files.
   *
   * @param refused the change was refused: the error that follows tells the mandatory findings, so they are not printed
   */
  present(report: PolicyReport, progress: NodeJS.WriteStream, refused: boolean): void {
    this.latest = report;
    const omit = (finding: Finding) => (refused && finding.mandatory) || this.shown.has(findingKey(finding));
    progress.write(`\n${renderText(report, { colour: progress.isTTY ?? false, omit })}`);
    for (const finding of report.findings) this.shown.add(findingKey(finding));
    if (this.sarif !== undefined) writeFileSync(this.sarif, sarifOf(report, this.stackName, this.rules()));
    if (this.junit !== undefined) writeFileSync(this.junit, junitOf(report, this.stackName));
  }
}

function packRules(): readonly RuleInfo[] {
  return (require("../../../policy-pack/registry") as typeof import("../../../policy-pack/registry")).rules;
}
