/**
 * `npm run bench:policy`: what the pack costs a preview, beside Checkov and AwsGuard on the same resources.
 *
 * Each pack runs in a process of its own, started as the engine starts it, and is asked over gRPC what the engine asks
 * it: to remediate and to judge each resource in turn, and then the stack. What the one who asks has to encode and
 * decode is not counted. Checkov gets the resources as a Terraform
 * plan and starts anew for each, as it does for its users. Medians of three runs, of which one loads the caches first;
 * judges take turns, so that a busy machine slows all of them.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDir, repoRoot } from "../../automation/lib/paths";
import { ensureEngine } from "../../toolchain/engine";
import { CHECKOV_VERSION, ensureCheckov, runCheckov } from "../support/checkov/install";
import { readMapping } from "../support/checkov/mapping";
import { terraformPlan } from "../support/checkov/terraform-plan";
import { connectPack, type Resource, urnOf } from "../support/policy-harness";
import { resourcesOf } from "./resources";

const SIZES = [100, 300, 1000];
const RUNS = 3;
const AWSGUARD_VERSION = "0.3.1";
/** `pulumi-analyzer-policy` wants the engine's address; it reports there, and these packs have nothing to report. */
const NO_ENGINE = "127.0.0.1:1";

const log = (line: string): void => console.error(line);

/** Seconds to be ready, seconds to judge, and how much was found. */
interface Measure {
  readonly boot: number;
  readonly judge: number;
  readonly findings: number;
}

type JudgeRun = (resources: readonly Resource[]) => Promise<Measure>;

async function main(): Promise<void> {
  const engine = await ensureEngine(log);
  const scratch = mkdtempSync(join(tmpdir(), "bench-policy-"));
  try {
    const exemptions = join(scratch, "none.json");
    writeFileSync(exemptions, JSON.stringify({ exemptions: [] }));
    const env = { ...process.env, ...engine.env, POLICY_EXEMPTIONS: exemptions };
    const config = JSON.stringify({ "policy:profile": "prod" });
    const ours = packJudge(join(repoRoot, "policy-pack"), ["-typescript=false"], { ...env, PULUMI_CONFIG: config });
    const guard = packJudge(await ensureAwsGuard(), [], env);
    const python = await ensureCheckov(log);
    const mapping = await readMapping(engine);
    const checkov: JudgeRun = async (resources) => {
      const { plan } = terraformPlan(resources.map(exported), mapping);
      const start = performance.now();
      const { failed } = await runCheckov(python, plan);
      return { boot: 0, judge: since(start), findings: failed.length };
    };
    const judges = { pack: ours, awsguard: guard, checkov };

    console.log(`seconds, medians of ${RUNS}; Checkov ${CHECKOV_VERSION}, AwsGuard ${AWSGUARD_VERSION}\n`);
    console.log(row("", ...SIZES.map((size) => `${size}`)));
    const totals: Record<string, number[]> = {};
    for (const measures of Object.entries(await measureAll(judges))) {
      const [name, bySize] = measures;
      if ("error" in bySize) {
        console.log(`${name} can't be run: ${bySize.error}`);
        continue;
      }
      if (name !== "checkov") console.log(row(`${name}: boot`, ...bySize.map(({ boot }) => boot.toFixed(2))));
      console.log(row(`${name}: judging`, ...bySize.map(({ judge }) => judge.toFixed(2))));
      const perResource = bySize.map(({ judge }, at) => ((judge * 1000) / (SIZES[at] ?? 1)).toFixed(2));
      console.log(row(`${name}: ms per resource`, ...perResource));
      console.log(row(`${name}: findings`, ...bySize.map(({ findings }) => `${findings}`)));
      totals[name] = bySize.map(({ boot, judge }) => boot + judge);
    }
    for (const other of Object.keys(totals).filter((name) => name !== "pack")) {
      const ratios = totals[other]?.map((seconds, at) => seconds / (totals["pack"]?.[at] ?? Number.NaN)) ?? [];
      console.log(row(`${other} / pack, with boot`, ...ratios.map((ratio) => ratio.toFixed(1))));
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const row = (title: string, ...cells: string[]): string =>
  [title.padEnd(28), ...cells.map((cell) => cell.padStart(9))].join("");

const since = (start: number): number => (performance.now() - start) / 1000;

type Results = Record<string, Measure[] | { error: string }>;

/** For each judge its medians by size, or why it can't judge. */
async function measureAll(judges: Readonly<Record<string, JudgeRun>>): Promise<Results> {
  const results: Results = {};
  for (const size of SIZES) {
    const resources = resourcesOf(size);
    const runs: Record<string, Measure[]> = {};
    for (let turn = size === SIZES[0] ? 0 : 1; turn <= RUNS; turn++) {
      for (const [name, judge] of Object.entries(judges)) {
        const known = results[name];
        if (known && "error" in known) continue;
        try {
          const measure = await judge(resources);
          if (turn > 0) runs[name] = [...(runs[name] ?? []), measure];
        } catch (error) {
          results[name] = { error: error instanceof Error ? error.message : String(error) };
        }
      }
    }
    for (const [name, measures] of Object.entries(runs)) {
      const known = results[name] ?? [];
      if (!("error" in known)) results[name] = [...known, median(measures)];
    }
  }
  return results;
}

function median(measures: readonly Measure[]): Measure {
  const of = (key: keyof Measure): number =>
    measures.map((measure) => measure[key]).toSorted((a, b) => a - b)[Math.floor(measures.length / 2)] ?? Number.NaN;
  return { boot: of("boot"), judge: of("judge"), findings: of("findings") };
}

/** Starts a pack anew for each run. */
function packJudge(folder: string, options: readonly string[], env: NodeJS.ProcessEnv): JudgeRun {
  return async (resources) => {
    let start = performance.now();
    const child = spawn("pulumi-analyzer-policy", [NO_ENGINE, ".", ...options], { cwd: folder, env });
    try {
      const pack = await connectPack(await portOf(child));
      const boot = since(start);
      const preview = pack.preview(resources);
      start = performance.now();
      await preview();
      const judge = since(start);
      let findings = (await pack.analyzeStack(resources)).length;
      for (const resource of resources) findings += (await pack.analyze(resource)).length;
      pack.close();
      return { boot, judge, findings };
    } finally {
      child.kill();
    }
  };
}

/** The port that a pack prints when it is ready. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let errors = "";
    let output = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const [, port] = /^(\d+)\n/m.exec(output) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("error", reject);
    child.once("exit", (status) => reject(new Error(`the pack ended with status ${status}: ${errors.trim()}`)));
  });
}

/** Folder of a pack that is AwsGuard with all its policies. Installed into the cache once. */
async function ensureAwsGuard(): Promise<string> {
  const folder = join(cacheDir(), `awsguard-${AWSGUARD_VERSION}`);
  const installed = join(folder, "installed");
  if (existsSync(installed)) return folder;
  log(`Installing AwsGuard ${AWSGUARD_VERSION} into ${folder} ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      name: "awsguard-pack",
      version: "0.0.1",
      private: true,
      main: "index.js",
      dependencies: { "@pulumi/awsguard": AWSGUARD_VERSION },
    }),
  );
  writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\nversion: 0.0.1\n");
  writeFileSync(
    join(folder, "index.js"),
    'const { AwsGuard } = require("@pulumi/awsguard");\nnew AwsGuard({ all: "advisory" });\n',
  );
  await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder });
  writeFileSync(installed, "");
  return folder;
}

function exported(resource: Resource) {
  const { type, name = "it", props = {}, from = {} } = resource;
  const urns = (names: readonly string[]): string[] =>
    // Only buckets are referred to, see resources.ts.
    names.map((each) => urnOf({ type: "aws:s3/bucket:Bucket", name: each }));
  const dependencies = Object.fromEntries(Object.entries(from).map(([property, names]) => [property, urns(names)]));
  return { type, urn: urnOf(resource), name, props, dependencies };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
