import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, bundleText } from "../../../../components/serverless/bundle";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bundle-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function source(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("a bundle", () => {
  test("runs as CommonJS and holds what it imports", () => {
    source("part.ts", "export const double = (n: number): number => 2 * n;");
    const entry = source(
      "entry.ts",
      'import { double } from "./part"; export const handler = (n: number) => double(n);',
    );
    const module = { exports: {} as { handler?: (n: number) => number } };
    new Function("module", "exports", "require", bundleText(entry))(module, module.exports, require);
    expect(module.exports.handler?.(21)).toBe(42);
  });

  test("keeps names for stack traces and holds no path of this machine", () => {
    const entry = source(
      "named.ts",
      "function telling() { throw new Error('x'); }\nexport const handler = () => telling();",
    );
    const text = bundleText(entry);
    expect(text).toContain("function telling(");
    expect(text).not.toContain(folder);
    expect(text).not.toContain("sourceMappingURL");
  });

  test("is the same every time", () => {
    const entry = source("same.ts", 'import { readFileSync } from "node:fs"; export const handler = readFileSync;');
    expect(bundleText(entry)).toBe(bundleText(entry));
  });

  test("that can't be made says where and why", () => {
    const entry = source("broken.ts", 'import "./absent";\nexport const handler = (;');
    expect(() => bundleText(entry)).toThrow(/broken\.ts can't be bundled:\n {2}.*broken\.ts:2: Unexpected ";"/);
  });

  test.each(["producer", "consumer"])("of the %s exports its handler", async (name) => {
    const { "index.js": file } = (await bundle(`services/lambda-efs/${name}.ts`).assets) as Record<
      string,
      { path: Promise<string> }
    >;
    const module = { exports: {} as { handler?: unknown } };
    new Function("module", "exports", "require", readFileSync((await file?.path) ?? "", "utf8"))(
      module,
      module.exports,
      require,
    );
    expect(module.exports.handler).toBeTypeOf("function");
  });
});
