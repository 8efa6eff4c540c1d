/**
 * `npm run bench:preview`: what a preview pays to start, beside Pulumi's own way of running TypeScript (ts-node, which
 * type-checks what it has not compiled before). `first` is the start with empty compiler caches, as after a checkout; `later`
 * finds them full. Medians of five runs; variants take turns, so that a busy machine slows all of them.
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

/** Pulumi's host has loaded its SDK when it loads the program. */
const TSX_PROGRAM = `require("@pulumi/pulumi"); require("./program.cjs");`;

/** Registers ts-node as @pulumi/pulumi/cmd/run does for a program with `typescript: true`. */
const TS_NODE_PROGRAM = `
  require("@pulumi/pulumi");
  const { tsnodeRequire, typescriptRequire } = require("@pulumi/pulumi/tsutils").typeScriptRequireStrings();
  require(tsnodeRequire).register({ compiler: typescriptRequire, skipProject: true,
    compilerOptions: ${JSON.stringify(TS_NODE_CONFIG.compilerOptions)} });
  require("./index.ts");`;

/** One start, with the compiler caches below `cache`. */
type Variant = (cache: string) => Promise<void>;

interface Comparison {
  what: string;
  ours: Variant;
  peer: Variant;
}

async function main(): Promise<void> {
  const session = await openSession("dev", { local: true });
  prepareTsNodeVariants();
  const engine = session.stack.workspace.envVars;
  const start =
    (command: string, args: string[], options: RunOptions): Variant =>
    // Both compilers keep their caches in the folder for temporary files.
    (cache) =>
      run(command, args, { ...options, env: { ...options.env, TMPDIR: cache } });
  const preview = (cwd: string, packs: string[]) =>
    start(
      "pulumi",
      ["preview", "--stack", "dev", "--non-interactive", ...packs.flatMap((each) => ["--policy-pack", each])],
      {
        cwd,
        env: engine,
      },
    );
  const boot = (cwd: string, ...options: string[]) =>
    start("pulumi-analyzer-policy", ["127.0.0.1:1", ".", ...options], { cwd, untilOutput: true });

  const comparisons: Comparison[] = [
    {
      what: "program start",
      ours: start(process.execPath, ["-e", TSX_PROGRAM], { cwd: repoRoot }),
      peer: start(process.execPath, ["-e", TS_NODE_PROGRAM], { cwd: repoRoot }),
    },
    { what: "pack boot", ours: boot(pack, "-typescript=false"), peer: boot(tsNodePack) },
    { what: "preview without pack", ours: preview(localProjectDir, []), peer: preview(tsNodeProject, []) },
    {
      what: "preview with pack",
      ours: preview(localProjectDir, [pack]),
      peer: preview(tsNodeProject, [tsNodePack]),
    },
  ];

  console.log(`seconds, medians of ${RUNS}`);
  console.log(["", "ours", "ts-node", "ratio"].map(pad).join(""));
  for (const { what, ours, peer } of comparisons) {
    for (const when of ["first", "later"] as const) {
      const [a, b] = await medians([ours, peer], when);
      console.log([`${what}, ${when}`, a.toFixed(2), b.toFixed(2), (a / b).toFixed(2)].map(pad).join(""));
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

const pad = (text: string, column: number) => (column === 0 ? text.padEnd(30) : text.padStart(10));

/** Median seconds of two variants that take turns. For `later`, a turn before the first fills the caches. */
async function medians(variants: [Variant, Variant], when: "first" | "later"): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  const caches = join(folder, "caches");
  for (let turn = when === "later" ? 0 : 1; turn <= RUNS; turn++) {
    if (when === "first" || turn === 0) rmSync(caches, { recursive: true, force: true });
    mkdirSync(caches, { recursive: true });
    for (const [i, variant] of variants.entries()) {
      const begin = performance.now();
      await variant(caches);
      if (turn > 0) times[i]?.push((performance.now() - begin) / 1000);
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
  writeFileSync(
    join(tsNodePack, "package.json"),
    JSON.stringify({ name: "ts-node-pack", version: "0.0.1", main: "pack.ts" }),
  );
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
