import { nearShare, type Report, type Row } from "./assess";

const words = {
  ok: "",
  near: `from ${nearShare * 100} %`,
  rising: "will pass it",
  over: "OVER",
  unknown: "",
} as const;

/** The report for people: a line for each quantity, with its limit and the month's projection. */
export function reportText(report: Report): string {
  const cells = report.rows.map((row) => [
    row.what,
    row.used === undefined ? "unknown" : `${bound(row)}${number(row.used)}`,
    number(row.limit),
    row.used === undefined || row.limit === 0 ? "" : `${number((100 * row.used) / row.limit)} %`,
    row.projected === undefined ? "" : number(row.projected),
    words[row.state],
    row.source,
  ]);
  const header = ["quantity", "used", "limit", "part", "at month's end", "", "read from"];
  const widths = header.map((title, column) =>
    Math.max(...[header, ...cells].map((line) => line[column]?.length ?? title.length)),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, column) =>
        column >= 1 && column <= 4 ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [
    `Usage of ${report.month} against the free tier, ${report.at}, plan ${report.plan}:`,
    "",
    line(header),
    ...cells.map(line),
    "",
    ...notes(report),
  ].join("\n");
}

function notes({ rows, billedUsd, plan }: Report): string[] {
  const beyond = rows.reduce((sum, { beyondUsd = 0 }) => sum + beyondUsd, 0);
  const credits =
    plan === "credits"
      ? " What an account's first year would have free takes credits here, from the first hour on."
      : "";
  return [
    `Beyond the limits so far: $${beyond.toFixed(2)} at list prices of us-east-1.${credits}`,
    billedUsd === undefined
      ? "Billed so far: unknown; Cost Explorer was not asked ($0.01 a call)."
      : `Billed so far, credits taken off: $${billedUsd.toFixed(2)} (Cost Explorer, up to a day behind).`,
  ];
}

function bound({ bound: kind }: Row): string {
  return kind === undefined ? "" : kind === "least" ? ">= " : "<= ";
}

/** Three significant digits below a hundred, whole numbers above. */
function number(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
