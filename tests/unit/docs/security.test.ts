import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { repoRoot } from "../../../automation/lib/paths";
import { systems } from "../../../stacks/systems";
import type { Recording } from "../../support/mocks";
import { recordShipped } from "../policy-pack/whole-stacks";

// Whole programs.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 400_000 });

const text = readFileSync(join(repoRoot, "docs/security.md"), "utf8");
const stacks = ["dev", "staging", "prod", "free"] as const;
type Resource = Recording["resources"][number];

/** Rows of the table under a heading, each as its cells. */
function table(heading: string): string[][] {
  const section = text.slice(text.indexOf(`\n## ${heading}\n`) + 1).split(/\n## /)[0] ?? "";
  const rows = section.split("\n").filter((line) => /^\| /.test(line));
  return rows.slice(1).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const code = (name: string) => `\`${name}\``;

/** What is said of each thing in each stack, as rows with the stacks that say it. */
function byStack(recorded: ReadonlyMap<string, readonly Resource[]>, of: (resource: Resource) => string[] | undefined) {
  const found = new Map<string, { row: string[]; stacks: Set<string> }>();
  for (const [stack, resources] of recorded) {
    for (const row of resources.map(of)) {
      if (row === undefined) continue;
      const key = JSON.stringify(row);
      const known = found.get(key) ?? { row, stacks: new Set() };
      known.stacks.add(stack);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ row, stacks }) => [...row, [...stacks].join(", ")]);
}

const ruleSchema = z.looseObject({
  cidrIpv4: z.string().optional(),
  cidrIpv6: z.string().optional(),
  prefixListId: z.string().optional(),
  referencedSecurityGroupId: z.string().optional(),
  fromPort: z.number().optional(),
  toPort: z.number().optional(),
  securityGroupId: z.string(),
});

function ingress({ type, inputs }: Resource): string[] | undefined {
  if (!type.startsWith("aws:vpc/securityGroupIngressRule:")) return undefined;
  const rule = ruleSchema.parse(inputs);
  expect(rule.toPort).toBe(rule.fromPort);
  const group = (id: string) => code(id.replace(/-group-id$/, ""));
  const from =
    rule.referencedSecurityGroupId === undefined
      ? rule.prefixListId === undefined
        ? (rule.cidrIpv4 ?? rule.cidrIpv6 ?? "")
        : "CloudFront"
      : group(rule.referencedSecurityGroupId);
  return [group(rule.securityGroupId), String(rule.fromPort ?? "all"), from];
}

const sorted = (rows: string[][]) => rows.map((row) => row.join(" | ")).sort();
const parameterSchema = z.looseObject({ type: z.string(), name: z.string() });

describe("[afirgen 14.5] docs/security.md", () => {
  const recorded = new Map<string, readonly Resource[]>();
  beforeAll(async () => {
    for (const stack of stacks) recorded.set(stack, (await recordShipped(stack)).recording.resources);
  });

  test("has every rule that lets somebody in, in each stack, and no other", () => {
    const program = byStack(recorded, ingress);
    expect(program.length).toBeGreaterThan(15);
    expect(sorted(table("Security groups"))).toEqual(sorted(program));
  });

  test("has every role with the names of its permissions, and no other", () => {
    const roles = new Map<string, Set<string>>();
    for (const resources of recorded.values()) {
      for (const { type, name } of resources)
        if (type === "aws:iam/role:Role") roles.set(name, roles.get(name) ?? new Set());
      for (const { type, name, parent } of resources) {
        if (type !== "aws:iam/rolePolicy:RolePolicy") continue;
        // The weights' is named after the model.
        roles.get(`${parent}-role`)?.add(name.replace(`${parent}-`, "").replace(/(weights-read).*/, "$1"));
      }
    }
    const program = [...roles].map(([role, names]) => [code(role.replace(/-role$/, "")), [...names].sort().join(", ")]);
    expect(sorted(table("Roles").map((row) => row.slice(0, 2)))).toEqual(sorted(program));
  });

  test("says how to replace each secret that there is", () => {
    const secrets = new Set<string>();
    for (const [stack, resources] of recorded) {
      for (const { type, inputs } of resources) {
        const named = parameterSchema.safeParse(inputs);
        if (type === "aws:ssm/parameter:Parameter" && named.data?.type === "SecureString")
          secrets.add(named.data.name.replace(`/${stack}/`, "/<stack>/"));
        if (type === "aws:secretsmanager/secret:Secret")
          secrets.add(
            String(z.looseObject({ name: z.string() }).parse(inputs).name).replace(`/${stack}/`, "/<stack>/"),
          );
      }
    }
    const configured = Object.values(systems).flatMap(({ secretKeys }) => secretKeys.map((key) => `llm-stacks:${key}`));
    const told = table("Secrets, and how to replace each").flatMap(([cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
    );
    expect(secrets.size).toBeGreaterThan(8);
    expect(told).toEqual(expect.arrayContaining([...secrets, ...configured]));
  });

  test("has every exemption of the policies with its reason, and no other", () => {
    const { exemptions } = z
      .object({
        exemptions: z.array(
          z.looseObject({
            rule: z.string(),
            resource: z.string(),
            stacks: z.array(z.string()).optional(),
            reason: z.string(),
          }),
        ),
      })
      .parse(parse(readFileSync(join(repoRoot, "policy-exemptions.yaml"), "utf8")));
    const file = exemptions.map(({ rule, resource, stacks: where, reason }) => [
      `[${rule}](../policy-pack/RULES.md#${rule})`,
      code(resource.split("::").at(-1) ?? ""),
      where?.join(", ") ?? "all",
      reason,
    ]);
    expect(sorted(table("What is not done, and why"))).toEqual(sorted(file));
  });

  test("has shell commands that a shell reads", () => {
    const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, block = ""]) => block);
    expect(blocks.length).toBeGreaterThan(2);
    for (const block of blocks) execFileSync("bash", ["-n"], { input: block, stdio: ["pipe", "ignore", "pipe"] });
  });
});
