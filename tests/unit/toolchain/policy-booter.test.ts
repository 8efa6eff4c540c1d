import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { sources } from "../../../toolchain/layout";

const booter = join(sources.policyBooter, "booter.js");
let pack: string;

beforeEach(() => {
  pack = mkdtempSync(join(tmpdir(), "llm-stacks-test-pack-"));
});
afterEach(() => rmSync(pack, { recursive: true, force: true }));

function writePack(main: string, source: string): void {
  writeFileSync(join(pack, "package.json"), JSON.stringify({ name: "pack", version: "0.0.1", main }));
  writeFileSync(join(pack, main), source);
}
const installPackages = () => symlinkSync(join(repoRoot, "node_modules"), join(pack, "node_modules"));

/** Start the booter as the engine does, until it names the port its policies are served on, or ends. */
function boot(...options: string[]): Promise<{ port?: number; status?: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [booter, "127.0.0.1:1", ".", ...options], { cwd: pack });
    let stdout = "";
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    child.stdout.on("data", (chunk) => {
      stdout += String(chunk);
      if (stdout.includes("\n")) child.kill();
    });
    child.once("close", (status) =>
      resolve(stdout.includes("\n") ? { port: Number(stdout), stderr } : { status, stderr }),
    );
  });
}

const policies = `policies: [{ name: "p", description: "d", enforcementLevel: "advisory", validateResource: () => {} }]`;
const tellCompiler = `console.error("compiles TypeScript:", ".ts" in require.extensions);`;

test("a pack with `typescript: false` is served as it is", async () => {
  installPackages();
  writePack(
    "index.js",
    `const { PolicyPack } = require("@pulumi/policy"); new PolicyPack("x", { ${policies} }); ${tellCompiler}`,
  );
  const { port, stderr } = await boot("-typescript=false");
  expect(port).toBeGreaterThan(0);
  expect(stderr).toBe("compiles TypeScript: false\n");
});

test("any other pack is compiled, as Pulumi's own booter does", async () => {
  installPackages();
  writePack(
    "index.ts",
    `import { PolicyPack } from "@pulumi/policy"; new PolicyPack("x" as string, { ${policies} }); ${tellCompiler}`,
  );
  const { port, stderr } = await boot();
  expect(port).toBeGreaterThan(0);
  expect(stderr).toBe("compiles TypeScript: true\n");
});

test("without packages it ends with the text by which the engine says to install them", async () => {
  writePack("index.js", "");
  const { status, stderr } = await boot("-typescript=false");
  expect(stderr).toContain("Cannot find module '@pulumi/pulumi/cmd/run-policy-pack'");
  expect(status).toBe(1);
});

test.each([
  ["throws while loading", "throw new Error('no rules today')"],
  ["rejects", "Promise.reject(new Error('no rules today'))"],
])("a pack that %s ends with its error and another status than 0", async (_, source) => {
  installPackages();
  writePack("index.js", source);
  const { status, stderr } = await boot("-typescript=false");
  expect(stderr).toContain("no rules today");
  expect(status).toBeGreaterThan(0);
});
