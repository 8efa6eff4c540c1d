import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { packRoot } from "../../../policy-pack/lib/environment";

const nodeModules = join(packRoot, "..", "node_modules");
const booter = join(nodeModules, "@pulumi", "pulumi", "cmd", "run-policy-pack");

/** A copy of the pack as in a fresh checkout: no bundle, and other modification times. */
let home: string;
let pack: string;
const running: ChildProcess[] = [];

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "policy-pack-"));
  pack = join(home, "policy-pack");
  cpSync(packRoot, pack, { recursive: true, filter: (file) => !file.endsWith("/dist") });
  symlinkSync(nodeModules, join(home, "node_modules"));
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Starts the pack as the engine does, and waits for its port, or for its end. */
function start(env: Record<string, string> = {}): Promise<{ port?: number; exit?: number | null; errors: string }> {
  const child = spawn(process.execPath, [booter, "127.0.0.1:1", ".", "-typescript=false"], {
    cwd: pack,
    env: { ...process.env, ...env },
  });
  running.push(child);
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  return new Promise((resolve) => {
    child.stdout.once("data", (text: Buffer) => resolve({ port: Number(text.toString()), errors }));
    child.once("close", (exit) => resolve({ exit, errors }));
  });
}

function bundles(): string[] {
  return readdirSync(join(pack, "dist"));
}

describe("start", () => {
  test("two processes at once build one whole bundle from a fresh checkout", async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(first).toEqual({ port: expect.any(Number), errors: "" });
    expect(second).toEqual({ port: expect.any(Number), errors: "" });
    expect(first.port).not.toBe(second.port);
    expect(bundles()).toEqual(["pack.js"]);
  });

  test("a bundle of the sources as they are is used again, any other is not", async () => {
    const bundle = join(pack, "dist", "pack.js");
    mkdirSync(join(pack, "dist"), { recursive: true });
    await start();
    writeFileSync(bundle, `${readFileSync(bundle, "utf8")}\n// kept`);
    expect((await start()).port).toBeGreaterThan(0);
    expect(readFileSync(bundle, "utf8")).toMatch(/\/\/ kept$/);

    writeFileSync(join(pack, "lib", "pack-error.ts"), `${readFileSync(join(pack, "lib", "pack-error.ts"), "utf8")}\n`);
    expect((await start()).port).toBeGreaterThan(0);
    expect(readFileSync(bundle, "utf8")).not.toMatch(/\/\/ kept$/);
  });

  test("a wrong profile ends it with the profiles there are and no stack trace", async () => {
    const { exit, errors } = await start({ PULUMI_CONFIG: JSON.stringify({ "policy:profile": "production" }) });
    expect(exit).toBe(1);
    expect(errors.trim()).toBe(
      'The stack config policy:profile is "production"; expected one of dev, prod, free. Set it with `pulumi config set policy:profile dev`.',
    );
  });

  test("an exemptions file that cannot be read ends it with the reason", async () => {
    const file = join(home, "broken.yaml");
    writeFileSync(file, "exemptions: [");
    const { exit, errors } = await start({ POLICY_EXEMPTIONS: file });
    expect(exit).toBe(1);
    expect(errors).toMatch(/broken\.yaml is not valid YAML/);
  });
});
