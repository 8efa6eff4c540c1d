import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { estimate } from "../../../pricing/estimate";
import { sum } from "../../../pricing/price";
import { usageSchema } from "../../../pricing/usage";
import { shippedResources } from "./shipped";

vi.setConfig({ testTimeout: 240_000 });

const text = readFileSync(join(repoRoot, "docs/costs.md"), "utf8");

describe("docs/costs.md", () => {
  test("has every assumption with its numbers", () => {
    const figure = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
    const rows = Object.entries(usageSchema.parse({})).map(
      ([key, { low, expected, high }]) => `| \`${key}\` | ${figure(low)} | ${figure(expected)} | ${figure(high)} |`,
    );
    for (const row of rows) expect(text).toContain(row);
    expect(text.match(/^\| `\w+` \|/gm)).toHaveLength(rows.length);
  });

  test("has the sums of the agent platform in prod that the program has", async () => {
    const { lines } = estimate(await shippedResources("prod"), { usage: usageSchema.parse({}) });
    const own = lines.filter(({ system }) => system === "agents");
    const of = (test: (line: (typeof own)[number]) => boolean) =>
      `$${Math.round(sum(own.filter(test).map(({ usd }) => usd)).expected).toLocaleString("en-US")}`;
    const told = (name: string) =>
      text
        .split("\n")
        .find((line) => line.startsWith(`| ${name} |`))
        ?.split("|")[3]
        ?.trim();
    expect(told("two p5.48xlarge")).toBe(of(({ item }) => item === "p5.48xlarge"));
    expect(told("PostgreSQL, two zones")).toBe(of(({ type }) => type.startsWith("aws:rds/")));
    expect(told("Redis")).toBe(of(({ type }) => type.startsWith("aws:elasticache/")));
    expect(told("load balancer and traffic")).toBe(
      of(({ type }) => type.startsWith("aws:lb/") || type === "aws:cloudfront/distribution:Distribution"),
    );
    expect(told("**in all**")).toBe(`**${of(() => true)}**`);
  });
});
