/**
 * `npm run bench:preview`: what every preview pays to start, beside Pulumi's own way of running TypeScript (ts-node, which
 * type-checks at every start). Medians of five runs; variants take turns, so that a busy machine slows all of them.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { localDir, repoRoot } from "../../automation/lib/paths";
import { localProjectDir } from "../../automation/lib/project";
import { openSession } from "../../automation/lib/session";

const RUNS = 5;
const folder = join(localDir, "bench");
const tsNodePack = join(folder, "ts-node-pack");
const tsNodeProject = join(folder, "ts-node-project");
const pack = join(repoRoot, "policy-pack");

/** Compiler options with which ts-node turns our modules into ones that Node can load. */
const TS_NODE_CONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023"],
    types: ["node"],
    module: "commonjs",
    moduleResolution: "node10",
    esModuleInterop: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    strict: true,
  },
};

/** Registers ts-node as @pulumi/pulumi/cmd/run does for a program with `typescript: true`. */
const TS_NODE_PROGRAM = `
  const { tsnodeRequire, typescriptRequire } = require("@pulumi/pulumi/tsutils").typeScriptRequireStrings();
  require(tsnodeRequire).register({ compiler: typescriptRequire, skipProject: true,
    compilerOptions: ${JSON.stringify(TS_NODE_CONFIG.compilerOptions)} });
  require("./index.ts");`;

interface Variant {
  name: string;
  run: () => Promise<void>;
}

interface Comparison {
  what: string;
  ours: Variant;
  peer: Variant;
}

async function main(): Promise<void> {
  const session = await openSession("dev", { local: true });
  prepareTsNodeVariants();
  const preview = (workDir: string, packs: string[]) => () =>
    run(
      "pulumi",
      ["preview", "--stack", "dev", "--non-interactive", ...packs.flatMap((each) => ["--policy-pack", each])],
      {
        cwd: workDir,
        env: session.stack.workspace.envVars,
      },
    );
  const boot = (command: string, args: string[], cwd: string) => () => run(command, args, { cwd, untilOutput: true });

  const comparisons: Comparison[] = [
    {
      what: "program start",
      ours: { name: "tsx", run: () => run(process.execPath, ["program.cjs"], { cwd: repoRoot }) },
      peer: { name: "ts-node", run: () => run(process.execPath, ["-e", TS_NODE_PROGRAM], { cwd: repoRoot }) },
    },
    {
      what: "pack boot",
      ours: {
        name: "precompiled",
        run: boot("pulumi-analyzer-policy", ["127.0.0.1:1", ".", "-typescript=false"], pack),
      },
      peer: { name: "ts-node", run: boot("pulumi-analyzer-policy", ["127.0.0.1:1", "."], tsNodePack) },
    },
    {
      what: "preview, no pack",
      ours: { name: "tsx", run: preview(localProjectDir, []) },
      peer: { name: "ts-node", run: preview(tsNodeProject, []) },
    },
    {
      what: "preview with the pack",
      ours: { name: "tsx, precompiled", run: preview(localProjectDir, [pack]) },
      peer: { name: "ts-node, both", run: preview(tsNodeProject, [tsNodePack]) },
    },
  ];

  console.log(`medians of ${RUNS}, in seconds`);
  console.log(["", "ours", "ts-node", "ratio"].map(pad).join(""));
  for (const { what, ours, peer } of comparisons) {
    const [a, b] = await medians([ours, peer]);
    console.log([what, a.toFixed(2), b.toFixed(2), (a / b).toFixed(2)].map(pad).join(""));
  }
  rmSync(folder, { recursive: true, force: true });
}

const pad = (text: string, column: number) => (column === 0 ? text.padEnd(24) : text.padStart(10));

/** Median seconds of each of two variants that take turns; the first turn of each, which fills caches, does not count. */
async function medians(variants: [Variant, Variant]): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let turn = 0; turn <= RUNS; turn++) {
    for (const [i, variant] of variants.entries()) {
      const start = performance.now();
      await variant.run();
      if (turn > 0) times[i]?.push((performance.now() - start) / 1000);
    }
  }
  return [median(times[0]), median(times[1])];
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The same program and the same pack, as Pulumi runs TypeScript when nothing else is said. */
function prepareTsNodeVariants(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(pack, tsNodePack, { recursive: true, filter: (source) => !source.endsWith("dist") });
  const description = { runtime: "nodejs", version: "0.0.1", main: "pack.ts" };
  writeFileSync(join(tsNodePack, "PulumiPolicy.yaml"), stringify(description));
  writeFileSync(join(tsNodePack, "package.json"), JSON.stringify({ name: "ts-node-pack", main: "pack.ts" }));
  writeFileSync(join(tsNodePack, "tsconfig.json"), JSON.stringify(TS_NODE_CONFIG));

  cpSync(localProjectDir, tsNodeProject, { recursive: true });
  const main = relative(tsNodeProject, join(repoRoot, "index.ts"));
  writeFileSync(join(tsNodeProject, "Pulumi.yaml"), stringify({ name: "llm-stacks", runtime: "nodejs", main }));
}

interface RunOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** Ready at the first output, then ended; else when the process ends by itself. */
  untilOutput?: boolean;
}

function run(command: string, args: string[], { cwd, env, untilOutput }: RunOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let ready = false;
    const onData = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", (chunk: Buffer) => {
      onData(chunk);
      if (!untilOutput) return;
      ready = true;
      child.kill();
    });
    child.stderr.on("data", onData);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0 || ready) resolve();
      else reject(new Error(`${command} ${args.join(" ")} ended with status ${code}:\n${output}`));
    });
  });
}

void main();
