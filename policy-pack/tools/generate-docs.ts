/** Writes RULES.md from the registry: `npm run policies:docs`. A test fails when it is stale. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { levelOf, profileNames, profiles } from "../lib/profiles";
import type { Family, Rule } from "../lib/rule";
import { rules } from "../registry";

const familyTitles: Record<Family, string> = {
  tagging: "Tagging",
  encryption: "Encryption",
  exposure: "Least privilege and public exposure",
  reliability: "Reliability and backup",
  logging: "Logging and monitoring",
  "free-tier": "Free tier and silent cost",
  inference: "Language models",
};

export function rulesDocument(): string {
  const families = (Object.keys(familyTitles) as Family[]).flatMap((family) => {
    const own = rules.filter((rule) => rule.family === family);
    return own.length === 0 ? [] : [`## ${familyTitles[family]} (${own.length})`, ...own.map(section)];
  });
  return [
    "# Rules",
    `${rules.length} rules. Generated from the rules themselves by \`npm run policies:docs\`; how to use them stands in [docs/policies.md](../docs/policies.md).`,
    profileNames.map((name) => `* \`${name}\`: ${profiles[name].purpose}`).join("\n"),
    overview(),
    ...families,
    "",
  ].join("\n\n");
}

function overview(): string {
  const rows = rules.map((rule) => {
    const levels = profileNames.map((profile) => levelOf(rule, profile));
    const cells = [`[${rule.id}](#${rule.id})`, rule.title, rule.severity, ...levels, rule.remedy ? "yes" : ""];
    return `| ${cells.join(" | ")} |`;
  });
  const head = ["rule", "what holds", "severity", ...profileNames, "remediation"];
  return [`| ${head.join(" | ")} |`, `|${head.map(() => "---").join("|")}|`, ...rows].join("\n");
}

function section(rule: Rule): string {
  const references = [...rule.checkov, ...rule.securityHub.map((id) => `Security Hub ${id}`)].join(", ");
  return [
    `### ${rule.id}`,
    `**${rule.title}.** ${rule.why}`,
    [
      `* Severity: ${rule.severity}`,
      `* Judges: ${subject(rule)}`,
      `* Fix: ${rule.fix}`,
      ...(references ? [`* Asked by: ${references}`] : []),
      `* AWS: <${rule.page}>`,
      ...settings(rule),
    ].join("\n"),
  ].join("\n\n");
}

/** Some rules judge hundreds of types; those are counted. */
function subject(rule: Rule): string {
  const types = [...rule.types];
  const named = types.length > 10 ? `${types.length} types` : types.map((type) => `\`${type}\``).join(", ");
  return [...(named ? [named] : []), ...(rule.checkStack ? ["the whole stack at its end"] : [])].join("; ");
}

function settings(rule: Rule): string[] {
  const schema = z.toJSONSchema(rule.settings, { io: "input" });
  const fields = Object.entries(schema.properties ?? {}) as [string, { default?: unknown; description?: string }][];
  return fields.map(([name, { default: value, description }]) => {
    return `* Setting \`${name}\`: ${description}. Default \`${JSON.stringify(value)}\``;
  });
}

if (require.main === module) {
  writeFileSync(join(__dirname, "..", "RULES.md"), rulesDocument());
}
