import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { ERROR_KINDS } from "../../../../services/lambda-efs/lib/errors";

const document = readFileSync(resolve(__dirname, "../../../../docs/systems/lambda-efs-api.md"), "utf8");

test("the API document lists every error, each with its status, meaning and remedy, and no other", () => {
  const rows = document.split("\n").filter((line) => /^\| `[A-Z0-9_]+` \|/.test(line));
  const expected = Object.entries(ERROR_KINDS).map(
    ([code, { status, meaning, remedy }]) => `| \`${code}\` | ${status} | ${meaning} | ${remedy} |`,
  );
  expect(rows).toEqual(expected);
});

test("every JSON example is JSON", () => {
  const examples = [...document.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
  expect(examples).toHaveLength(3);
  for (const text of examples) expect(() => JSON.parse(text)).not.toThrow();
});
