import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { RuleInfo } from "../../../policy-pack/lib/rule";
import { UsageError } from "../exit";
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
  private readonly shown = new Set<string>();
  /** Of the latest operation; undefined before one that policies judged. */
  latest: PolicyReport | undefined;

  /**
   * @param stackName for the files
   * @param files replaced by each operation, so that they hold the last one's findings
   * @param rules reads the rules that a report describes; they are many files, so only when one is asked for
   */
  constructor(
    private readonly stackName: string,
    private readonly files: ReportFiles = {},
    private readonly rules: () => readonly RuleInfo[] = packRules,
  ) {
    for (const file of [files.sarif, files.junit]) if (file !== undefined) prepare(file);
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
    const { sarif, junit } = this.files;
    if (sarif !== undefined) writeFileSync(sarif, sarifOf(report, this.stackName, this.rules()));
    if (junit !== undefined) writeFileSync(junit, junitOf(report, this.stackName));
  }
}

/** Fails before minutes of work, not after them; and no report of an earlier run is taken for this one's. */
function prepare(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`The report ${file} can't be written: ${reason}`, "Name a file in a folder you can write to.");
  }
}

function packRules(): readonly RuleInfo[] {
  return (require("../../../policy-pack/registry") as typeof import("../../../policy-pack/registry")).rules;
}
