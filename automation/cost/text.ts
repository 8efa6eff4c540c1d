import type { Range } from "../../pricing/price";
import { table } from "../lib/markdown";
import { type CostReport, pricedRegion } from "./report";

/** Parts that are shown where not all are asked for. */
const largest = 12;

/** US dollars for people: cents below $100. */
export function dollars(usd: number): string {
  const digits = Math.abs(usd) < 100 ? 2 : 0;
  const text = Math.abs(usd).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${usd < 0 ? "-" : ""}$${text}`;
}

/** `this change: +$12.40`. */
export function changeText({ change }: CostReport): string {
  const { expected } = change;
  if (Math.abs(expected) < 0.005) return "this change: nothing";
  return `this change: ${expected > 0 ? "+" : ""}${dollars(expected)}`;
}

/** One line for every preview. */
export function costLine(report: CostReport): string {
  const { total, notPriced } = report.priced;
  const gaps =
    notPriced.length === 0
      ? ""
      : `, without ${notPriced.length} that ${notPriced.length === 1 ? "has" : "have"} no price`;
  return `Cost: about ${dollars(total.expected)} a month (${dollars(total.low)} to ${dollars(total.high)}), ${changeText(report)}${gaps}; ./llm cost ${report.stack} has the parts`;
}

/** For a pull request: sums by system, the largest parts, what is not priced. */
export function costMarkdown(report: CostReport, all = false): string {
  const { stack, region, priced, budgetUsd, overUsd, before, prices, inference } = report;
  const lines = [
    `## Cost of \`${stack}\``,
    "",
    `About **${dollars(priced.total.expected)} a month**, ${changeText(report)} (deployed: ${dollars(before.expected)}).`,
    ...(budgetUsd === undefined ? [] : [budgetText(budgetUsd, overUsd)]),
    "",
    ...table(["", "little use", "expected", "much use"], sums(report)),
    "",
    ...(inference.length === 0
      ? []
      : [...table(["engines", "instance", "$ an hour", "$ a million tokens"], engines(report)), ""]),
    all ? "### All parts" : "### Largest parts",
    "",
    ...table(["system", "resource", "what", "how much", "price", "expected"], parts(report, all)),
    "",
    ...unpricedLines(report),
    `US dollars a month of 730 hours, on demand, list prices of ${pricedRegion} before taxes and discounts${region === pricedRegion ? "" : `; ${region} has prices of its own, which no table has yet`}. ${prices.unverified} of ${prices.used} prices could not be verified (${prices.dates.join(", ")}); use is assumed, see docs/costs.md.`,
  ];
  return `${lines.join("\n")}\n`;
}

/** For a terminal. */
export function costText(report: CostReport, all = false): string {
  const { priced, budgetUsd, overUsd, prices, region, inference } = report;
  const lines = [
    ...columns([["US dollars a month", "little use", "expected", "much use"], ...sums(report)], 1),
    "",
    ...(inference.length === 0
      ? []
      : [...columns([["engines", "instance", "$ an hour", "$ a million tokens"], ...engines(report)], 2), ""]),
    ...columns(
      [[all ? "all parts" : "largest parts", "", "", "how much", "price", "expected"], ...parts(report, all)],
      3,
    ),
    ...(all || priced.lines.length <= largest ? [] : [`  ... ${priced.lines.length - largest} more: --all`]),
    "",
    ...unpricedLines(report),
    `List prices of ${pricedRegion}, on demand, before taxes and discounts; ${prices.unverified} of ${prices.used} are not verified. Use is assumed: docs/costs.md.`,
    ...(region === pricedRegion ? [] : [`${region} has prices of its own, which no table has yet.`]),
    ...(budgetUsd === undefined ? [] : [budgetText(budgetUsd, overUsd)]),
    `In all about ${dollars(priced.total.expected)} a month, ${changeText(report)}.`,
  ];
  return `${lines.join("\n")}\n`;
}

function budgetText(budgetUsd: number, overUsd: number): string {
  return overUsd > 0
    ? `Over the budget of ${dollars(budgetUsd)} by ${dollars(overUsd)}.`
    : `Within the budget of ${dollars(budgetUsd)}.`;
}

function sums({ priced }: CostReport): string[][] {
  const row = (name: string, { low, expected, high }: Range) => [name, dollars(low), dollars(expected), dollars(high)];
  const free = priced.allowances.reduce(
    (all, { usd }) => ({ low: all.low - usd.low, expected: all.expected - usd.expected, high: all.high - usd.high }),
    { low: 0, expected: 0, high: 0 },
  );
  return [
    ...[...priced.bySystem].sort(([, a], [, b]) => b.expected - a.expected).map(([name, usd]) => row(name, usd)),
    row("free for this account", free),
    row("in all", priced.total),
  ];
}

function engines({ inference }: CostReport): string[][] {
  return inference.map(({ system, instanceType, usdPerHour, usdPerMillionTokens, instances }) => [
    system,
    instanceType,
    dollars(usdPerHour),
    usdPerMillionTokens === undefined
      ? "say the load: --tokens-per-minute, --tokens-per-second"
      : `${dollars(usdPerMillionTokens)} with ${instances} instance${instances === 1 ? "" : "s"}`,
  ]);
}

function parts({ priced }: CostReport, all: boolean): string[][] {
  const sorted = [...priced.lines].sort((a, b) => b.usd.expected - a.usd.expected);
  return sorted
    .slice(0, all ? undefined : largest)
    .map(({ system, resource, item, quantity, price, usd }) => [
      system,
      resource,
      item,
      quantity.expected.toLocaleString("en-US", { maximumFractionDigits: 2 }),
      `${Number(price.usd.toPrecision(6))} a ${price.unit}${price.verified ? "" : " (not verified)"}`,
      dollars(usd.expected),
    ]);
}

function unpricedLines({ priced: { notPriced } }: CostReport): string[] {
  if (notPriced.length === 0) return [];
  return [
    "Not priced, and not in the sums:",
    ...notPriced.map(({ urn, why }) => `* ${urn.split("::").slice(2).join(" ")}: ${why}`),
    "",
  ];
}

/** @param right index of the first column of numbers */
function columns(rows: readonly (readonly string[])[], right: number): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < right ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
