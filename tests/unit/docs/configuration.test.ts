import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { configurationDocument, leavesOf, settingsOf } from "../../../automation/docs/configuration";
import { repoRoot } from "../../../automation/lib/paths";
import { readSettings } from "../../../automation/lib/project";
import { setting, whole } from "../../../stacks/setting";
import { systemNames, systems } from "../../../stacks/systems";

const settings = (name: (typeof systemNames)[number]) =>
  new Map(settingsOf(name).map(({ path, expects, byDefault }) => [path, { expects, byDefault }]));

describe("docs/configuration.md", () => {
  test("is what the schemas make", () => {
    const committed = readFileSync(join(repoRoot, "docs/configuration.md"), "utf8");
    expect(committed, "run `npm run docs:generate`").toBe(configurationDocument());
  });

  test("tells defaults by environment where they differ, and what a secret changes", () => {
    expect(settings("phi3").get("size.max")?.byDefault).toBe("dev, staging, free: `2`; prod: `4`");
    expect(settings("phi3").get("domain.name")?.byDefault).toBe(
      "dev, free: to be set where `domain` is given; staging, prod: to be set",
    );
    expect(settings("lambda-efs").get("api.corsOrigin")?.byDefault).toBe("dev, free: `*`; staging, prod: to be set");
    expect(settings("ollama").get("size.max")?.byDefault).toBe(
      "`1`; with the secret `ollamaDatabaseUrl` dev, staging, free: `2`; prod: `4`",
    );
    expect(settings("afirgen").get("keepData")?.byDefault).toBe("dev, free: `false`; staging, prod: `true`");
  });

  test("every key that a shipped stack sets is in it", () => {
    const paths = (value: unknown, path: readonly string[] = []): string[] =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, each]) => paths(each, [...path, key]))
        : [path.join(".")];
    const set = ["dev", "staging", "prod", "free"].flatMap((stack) =>
      systemNames.flatMap((name) => {
        const own = readSettings(stack).config?.[`llm-stacks:${systems[name].configKey}`];
        return own === undefined ? [] : paths(own).map((path) => ({ name, path }));
      }),
    );
    expect(set.length).toBeGreaterThan(8);
    for (const { name, path } of set) expect([...settings(name).keys()], name).toContain(path);
  });
});

describe("settings of a schema", () => {
  test("lists of maps are one setting and one for each key; groups that may be left out say so", () => {
    const name = setting(z.string(), "a name", "night");
    const schema = z.strictObject({
      size: z.strictObject({ least: whole(1, 9, 2, "instances") }).prefault({}),
      spot: z.strictObject({ base: whole(0, 9, 1, "instances") }).optional(),
      plans: z.array(z.strictObject({ name })).default([]),
      kinds: setting(z.array(setting(z.enum(["a", "b"]), "one of a, b", "a")).optional(), "a list of kinds", "a"),
    });
    expect(leavesOf(schema).map(({ path, byDefault, expects }) => [path, byDefault, expects])).toEqual([
      ["size.least", "`2`", "a whole number of instances from 1 to 9"],
      ["spot.base", "`1` where `spot` is given", "a whole number of instances from 0 to 9"],
      ["plans", "`[]`", "a list of maps, with the keys below"],
      ["plans[].name", "to be set in each", "a name"],
      ["kinds", "none", "a list of kinds, each one of a, b"],
    ]);
  });

  test("one that does not say what it expects is refused", () => {
    expect(() => leavesOf(z.strictObject({ silent: z.string() }))).toThrow("silent does not say what it expects");
  });
});
