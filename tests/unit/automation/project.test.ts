import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { knownStacks, localSettings, readSettings, settingsText, withSystems } from "../../../automation/lib/project";

const folder = mkdtempSync(join(tmpdir(), "llm-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a local stack's settings", () => {
  const tracked = {
    encryptionsalt: "v1:cloud",
    secretsprovider: "awskms://alias/x",
    config: { "aws:region": "us-east-1", "llm-stacks:systems": ["lambda-efs"], "llm-stacks:key": { secure: "v1:abc" } },
  };

  test("are the tracked ones with the emulator's switches, and nothing that needs the cloud's key", () => {
    expect(localSettings(tracked, {}, { "aws:s3UsePathStyle": "true" }, (key) => `local ${key}`)).toEqual({
      config: {
        "aws:region": "us-east-1",
        "llm-stacks:systems": ["lambda-efs"],
        "llm-stacks:key": "local llm-stacks:key",
        "aws:s3UsePathStyle": "true",
      },
    });
  });

  test("keep the salt of their own earlier runs", () => {
    expect(localSettings(tracked, { encryptionsalt: "v1:local" }, {}, () => "x").encryptionsalt).toBe("v1:local");
  });

  test("leave a plain object alone", () => {
    const value = { secure: true, other: 1 };
    expect(localSettings({ config: { a: value } }, {}, {}, () => "x").config).toEqual({ a: value });
  });
});

test("a time is written so that Pulumi reads it as text", () => {
  expect(settingsText({ config: { "llm-stacks:expiresOn": "2026-12-01T18:00:00Z", "llm-stacks:ttlHours": 5 } })).toBe(
    'config:\n  llm-stacks:expiresOn: "2026-12-01T18:00:00Z"\n  llm-stacks:ttlHours: 5\n',
  );
});

describe("the list of systems", () => {
  test("is the stack's own without --systems", () => {
    const settings = { config: { "llm-stacks:systems": ["a", "b"] } };
    expect(withSystems(settings, undefined)).toBe(settings);
  });

  test("is replaced by --systems, and nothing else is", () => {
    expect(withSystems({ config: { "aws:region": "x", "llm-stacks:systems": ["a"] } }, ["b"])).toEqual({
      config: { "aws:region": "x", "llm-stacks:systems": ["b"] },
    });
  });
});

describe("reading settings", () => {
  test("knows the stacks of the design", () => {
    expect(knownStacks()).toEqual(["dev", "free", "prod", "staging"]);
  });

  test("fails on a stack without a settings file, and names those that have one", () => {
    expect(() => readSettings("qa")).toThrow('There is no stack "qa".');
  });

  test.each([
    { text: "a: [1", says: "is not YAML" },
    { text: "- dev", says: "is not a stack's settings file" },
  ])("fails on a file with $text and leaves it as it is", ({ text, says }) => {
    const file = join(folder, "Pulumi.broken.yaml");
    writeFileSync(file, text);
    expect(() => readSettings("broken", folder)).toThrow(says);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("takes an empty or absent local file as no settings", () => {
    writeFileSync(join(folder, "Pulumi.empty.yaml"), "");
    expect(readSettings("empty", folder)).toEqual({});
    expect(existsSync(join(folder, "Pulumi.absent.yaml"))).toBe(false);
    expect(readSettings("absent", folder)).toEqual({});
  });
});
