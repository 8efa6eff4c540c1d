import { table } from "../lib/markdown";
import type { StepRecord, StepStatus } from "./steps";

export interface Report {
  readonly system: string;
  readonly passed: boolean;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** `git describe` of the checkout; ends in -dirty if it has changes. */
  readonly commit: string;
  readonly versions: Readonly<Record<string, string>>;
  /** What was driven: names and URLs of the deployed system. */
  readonly target: Readonly<Record<string, string>>;
  /** The file that was sent. */
  readonly file?: { readonly name: string; readonly sizeBytes: number; readonly sha256: string };
  readonly counts: Readonly<Record<"steps" | StepStatus, number>>;
  readonly steps: readonly StepRecord[];
}

export function countSteps(steps: readonly StepRecord[]): Report["counts"] {
  const count = (status: StepStatus) => steps.filter((step) => step.status === status).length;
  return { steps: steps.length, passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

export function renderJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** The same report to be read: a summary, a table of steps, then what each of them saw. */
export function renderMarkdown(report: Report): string {
  const { system, passed, counts, file, steps } = report;
  const lines = [
    `# Evidence: ${system}`,
    "",
    `**${passed ? "Passed" : "Failed"}**: ${counts.passed} of ${counts.steps} steps passed, ${counts.failed} failed, ${counts.skipped} skipped.`,
    "",
    ...table(
      ["", ""],
      [
        ["From", report.startedAt],
        ["To", report.finishedAt],
        ["Commit", report.commit],
        ...Object.entries(report.versions),
        ...Object.entries(report.target),
        ...(file ? [["File", `${file.name}, ${file.sizeBytes} bytes, SHA-256 ${file.sha256}`]] : []),
      ],
    ),
    "",
    "## Steps",
    "",
    ...table(
      ["Step", "Status", "ms", "Error"],
      steps.map(({ name, status, durationMs, error = "" }) => [name, status, String(durationMs), error]),
    ),
  ];
  for (const { name, details } of steps) {
    if (Object.keys(details).length === 0) continue;
    lines.push("", `### ${name}`, "", ...table(["", ""], flatten(details)));
  }
  return `${lines.join("\n")}\n`;
}

/** Nested objects as rows with dotted names; lists of plain values in one cell. */
function flatten(value: Readonly<Record<string, unknown>>, prefix = ""): string[][] {
  return Object.entries(value).flatMap(([key, item]) => {
    const name = `${prefix}${key}`;
    if (Array.isArray(item)) {
      const plain = item.every((one) => typeof one !== "object" || one === null);
      return plain ? [[name, item.join(", ")]] : flatten({ ...item }, `${name}.`);
    }
    if (typeof item === "object" && item !== null) return flatten(item as Record<string, unknown>, `${name}.`);
    return [[name, String(item)]];
  });
}
