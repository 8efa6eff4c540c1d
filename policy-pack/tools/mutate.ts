/**
 * `npm run policies:mutate`: breaks each condition of the rules and of what they share, one at a time, and tells which
 * of the broken ones no unit test notices. Status 1 if there are any.
 *
 *     npm run policies:mutate                             # all rules and policy-pack/lib
 *     npm run policies:mutate -- lp-sg-ssh-open           # one rule
 *     npm run policies:mutate -- lib/net/ports.ts         # a file of policy-pack/
 *     npm run policies:mutate -- --tests exposure         # only test files with this in their names
 *
 * No file is changed and nothing runs twice for nothing: the modules are instrumented as vitest loads them, and each
 * test runs again only with the mutants that it reaches.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { instrument, type Mutant } from "./mutation/instrument";
import { type Result, readResults } from "./mutation/results";

const root = join(__dirname, "../..");
const testFolder = join(root, "tests/unit/policy-pack");

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { tests: { type: "string" } }, allowPositionals: true });
  const { files, testFiles } = selection(positionals, values.tests ?? "");
  const mutants = files.flatMap((file) => instrument(file, readFileSync(join(root, file), "utf8")).mutants);
  if (mutants.length === 0) {
    console.log(`${positionals.join(", ")} decides nothing itself; mutate the files of policy-pack/lib that it uses.`);
    return 0;
  }
  console.log(
    `${mutants.length} mutants in ${count(files.length, "file")}, ${count(testFiles.length, "test file")} ...`,
  );
  const start = performance.now();
  const { killed, reached, loaded, failures } = await run(mutants, testFiles);
  const survivors = mutants.filter(({ id }) => !killed.has(id) && (reached.has(id) || !loaded.has(id)));
  for (const { id, file, line, change } of survivors) {
    console.log(`${file}:${line}: ${change}${reached.has(id) ? "" : " (no test reaches it)"}`);
  }
  const atLoad = mutants.filter(({ id }) => !killed.has(id) && !reached.has(id) && loaded.has(id)).length;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `${killed.size} killed, ${survivors.length} survived, ${atLoad} decided when the module is loaded and not tried; ${seconds} s`,
  );
  if (failures.length > 0) {
    console.log(`Without any mutant these failed, so that they judged none:\n${failures.join("\n")}`);
  }
  return survivors.length > 0 || failures.length > 0 ? 1 : 0;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Files to mutate, from the repository's root, and test files to run. */
function selection(names: readonly string[], testName: string): { files: string[]; testFiles: string[] } {
  const sources = [...sourceFiles("rules"), ...sourceFiles("lib")];
  const tests = readdirSync(testFolder).filter((name) => name.endsWith(".test.ts") && name.includes(testName));
  const files =
    names.length === 0
      ? sources
      : names.map((name) => {
          const found = sources.find((file) => file.endsWith(`/${name}.ts`) || file === join("policy-pack", name));
          if (found !== undefined) return found;
          throw new Error(`${name} is neither the id of a rule (policy-pack/RULES.md) nor a file below policy-pack/`);
        });
  const onlyRules = names.length > 0 && files.every((file) => file.includes("/rules/"));
  const speaksOf = (test: string): boolean => {
    const text = readFileSync(join(testFolder, test), "utf8");
    return names.some((name) => text.includes(`"${name}"`));
  };
  return { files, testFiles: (onlyRules ? tests.filter(speaksOf) : tests).map((test) => join(testFolder, test)) };
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(__dirname, "..", folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith("index.ts"))
    .map((name) => join("policy-pack", folder, name))
    .sort();
}

interface Outcome {
  readonly killed: ReadonlySet<string>;
  /** Mutants whose condition some test decided. */
  readonly reached: ReadonlySet<string>;
  /** Mutants whose condition was decided while modules were loaded. */
  readonly loaded: ReadonlySet<string>;
  /** Tests that fail without any mutant. */
  readonly failures: readonly string[];
}

async function run(mutants: readonly Mutant[], testFiles: readonly string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "mutation-"));
  try {
    const results = join(folder, "results.jsonl");
    process.env["MUTANTS_FILE"] = join(folder, "mutants.json");
    process.env["RESULTS_FILE"] = results;
    writeFileSync(process.env["MUTANTS_FILE"], JSON.stringify(mutants.map(({ id }) => id)));
    writeFileSync(results, "");
    const failures = await runTests(testFiles, new Set(mutants.map(({ file }) => file)));
    const ids = (kind: Result["kind"]) =>
      new Set(readResults(results).flatMap((result) => (result.kind === kind ? result.ids : [])));
    return { killed: ids("killed"), reached: ids("reached"), loaded: ids("loaded"), failures };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the tests with the runner that tries mutants. Gives those that fail without any. */
async function runTests(testFiles: readonly string[], mutated: ReadonlySet<string>): Promise<string[]> {
  const { startVitest } = await import("vitest/node");
  const failures: string[] = [];
  const vitest = await startVitest(
    "test",
    [],
    {
      root,
      config: false,
      watch: false,
      // It would hold modules that other mutants were made in, or none.
      fsModuleCache: false,
      include: testFiles.map((file) => relative(root, file)),
      runner: join(__dirname, "mutation/runner.ts"),
      maxWorkers: 2,
      testTimeout: 60_000,
      silent: true,
      reporters: [
        {
          onTestCaseResult: (test) => {
            const { state, errors } = test.result();
            const why = errors?.map(({ message }) => message).join("; ");
            if (state === "failed")
              failures.push(`${test.module.relativeModuleId}: ${test.fullName}: ${why?.split("\n")[0]}`);
          },
          onTestRunEnd: (modules, errors) => {
            const all = [...modules.flatMap((module) => module.errors()), ...errors];
            failures.push(...all.map(({ message }) => message));
          },
        },
      ],
    },
    {
      plugins: [
        {
          name: "mutation",
          enforce: "pre",
          transform: (code: string, id: string) => {
            const file = relative(root, id);
            return mutated.has(file) ? { code: instrument(file, code).code, map: null } : undefined;
          },
        },
      ],
    },
  );
  await vitest.close();
  return failures;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
