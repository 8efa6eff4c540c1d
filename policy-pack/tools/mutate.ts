/**
 * `npm run policies:mutate`: breaks each condition of the rules and of what they share, one at a time, and tells which
 * of the broken ones no unit test notices. Status 1 if there are any.
 *
 *     npm run policies:mutate                             # all rules and policy-pack/lib
 *     npm run policies:mutate -- --rule lp-sg-ssh-open    # one rule; may be given more than once
 *     npm run policies:mutate -- lib/net/ports.ts         # files or folders of policy-pack/
 *     npm run policies:mutate -- --tests exposure         # only test files with this in their names
 *     npm run policies:mutate -- --from exposure-iam      # from this test file on, in the order that is printed
 *     npm run policies:mutate -- --fresh                  # forget what earlier runs have shown
 *
 * No file is changed and nothing runs twice for nothing: the modules are instrumented as vitest loads them, and each test
 * runs again only with the mutants that it reaches and that no test has killed. What a run has shown is kept in
 * .local/mutation until the text of the source or of the test changes, so that a run that was ended goes on where it
 * was. A mutant with which a test does not end within --timeout seconds (60) is killed too.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { equivalents } from "./mutation/equivalent";
import { instrument, type Mutant } from "./mutation/instrument";
import { type Attempt, addResult, type Result, readResults } from "./mutation/results";

const root = join(__dirname, "../..");
const testFolder = join(root, "tests/unit/policy-pack");

/**
 * Test files that judge no single rule. Property tests take minutes with each mutant, and what only they would notice
 * lacks an example; the others start processes or hold the shipped stacks to the rules.
 */
const leftOut = ["unknowns", "mutation", "boot", "server", "checkov", "own-costs", "own-documents"];

interface Options {
  readonly files: readonly string[];
  readonly testFiles: readonly string[];
  readonly timeoutSeconds: number;
  /** Folder of what earlier runs have shown. */
  readonly state: string;
}

async function main(): Promise<number> {
  const options = readOptions();
  const mutants = mutantsOf(options.files);
  if (mutants.length === 0) {
    console.log("These files decide nothing themselves; mutate the files of policy-pack/lib that they use.");
    return 0;
  }
  const { testFiles } = options;
  console.log(
    `${mutants.length} mutants in ${count(options.files.length, "file")}, ${count(testFiles.length, "test file")} ...`,
  );
  mkdirSync(options.state, { recursive: true });
  const results = join(options.state, "results.jsonl");
  keepValid(results, mutants);
  const failures: string[] = [];
  for (const test of testFiles) {
    failures.push(...(await runFile(test, mutants, results, options)));
    const killed = killedIn(readResults(results));
    if (mutants.every(({ id }) => killed.has(id))) break;
  }
  return report(mutants, readResults(results), failures);
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    options: {
      tests: { type: "string", default: "" },
      rule: { type: "string", multiple: true, default: [] },
      from: { type: "string" },
      timeout: { type: "string", default: "60" },
      state: { type: "string", default: join(root, ".local/mutation") },
      fresh: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const timeoutSeconds = Number(values.timeout);
  if (!(timeoutSeconds > 0)) throw new Error(`--timeout is "${values.timeout}"; expected a number of seconds`);
  const state = resolve(values.state);
  if (values.fresh) rmSync(state, { recursive: true, force: true });
  return { ...selection([...values.rule, ...positionals], values.tests, values.from), timeoutSeconds, state };
}

/** Files to mutate, from the repository's root, and test files to run. */
function selection(
  names: readonly string[],
  testName: string,
  from: string | undefined,
): Pick<Options, "files" | "testFiles"> {
  const sources = [...sourceFiles("rules"), ...sourceFiles("lib")];
  const tests = readdirSync(testFolder)
    .filter((name) => name.endsWith(".test.ts") && name.includes(testName))
    .filter((name) => !leftOut.includes(name.slice(0, -".test.ts".length)))
    .sort();
  const start = from === undefined ? 0 : tests.findIndex((name) => name.startsWith(from));
  if (start < 0) throw new Error(`--from is "${from}", with which no test file begins: ${tests.join(", ")}`);
  const files = names.length === 0 ? sources : names.flatMap((name) => named(name, sources));
  const onlyRules = names.length > 0 && files.every((file) => file.includes("/rules/"));
  const ids = files.map((file) => basename(file, ".ts"));
  const speaksOf = (test: string): boolean => {
    const text = readFileSync(join(testFolder, test), "utf8");
    return ids.some((id) => text.includes(`"${id}"`));
  };
  return { files, testFiles: (onlyRules ? tests.filter(speaksOf) : tests).slice(start) };
}

function named(name: string, sources: readonly string[]): readonly string[] {
  const path = join("policy-pack", name);
  const found = sources.filter((file) => file.endsWith(`/${name}.ts`) || file === path || file.startsWith(`${path}/`));
  if (found.length > 0) return found;
  throw new Error(`${name} is neither the id of a rule (policy-pack/RULES.md) nor a file or folder of policy-pack/`);
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(__dirname, "..", folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith("index.ts"))
    .map((name) => join("policy-pack", folder, name))
    .sort();
}

function mutantsOf(files: readonly string[]): readonly Mutant[] {
  const all = files.flatMap((file) => instrument(file, readFileSync(join(root, file), "utf8")).mutants);
  for (const { file, change } of equivalents) {
    const fits = (mutant: Mutant): boolean => mutant.file === file && mutant.change === change;
    if (files.includes(file) && !all.some(fits)) {
      throw new Error(
        `mutation/equivalent.ts excuses "${change}" in ${file}, where there is no such mutant; remove it`,
      );
    }
  }
  return all.filter(
    (mutant) => !equivalents.some(({ file, change }) => mutant.file === file && mutant.change === change),
  );
}

/** A test file and the hash of its text. */
function keyOf(test: string): string {
  return `${test}@${createHash("sha256")
    .update(readFileSync(join(testFolder, test)))
    .digest("hex")
    .slice(0, 8)}`;
}

/** Drops what was shown of other texts of the sources and the tests. */
function keepValid(results: string, mutants: readonly Mutant[]): void {
  const valid = new Set(mutants.map(({ id }) => id));
  const files = new Set(mutants.map(({ file }) => file));
  const keys = new Set(
    readdirSync(testFolder)
      .filter((name) => name.endsWith(".test.ts"))
      .map(keyOf),
  );
  const isOfThisRun = (id: string): boolean => files.has(id.slice(0, id.indexOf("@")));
  const kept = readResults(results)
    .filter(({ by }) => keys.has(by))
    .map((result) => ({ ...result, ids: result.ids.filter((id) => !isOfThisRun(id) || valid.has(id)) }));
  writeFileSync(results, "");
  for (const result of kept) addResult(results, result);
}

/** Runs the tests of a file, again for each mutant with which they do not end. Gives the tests that fail without any. */
async function runFile(
  test: string,
  mutants: readonly Mutant[],
  results: string,
  { state, timeoutSeconds }: Options,
): Promise<readonly string[]> {
  const by = keyOf(test);
  const known = readResults(results);
  const done = new Set(known.filter((result) => result.kind === "done" && result.by === by).flatMap(({ ids }) => ids));
  const open = mutants.map(({ id }) => id).filter((id) => !done.has(id));
  if (open.length === 0) return [];
  const begin = performance.now();
  const [mutantsFile, attemptFile] = [join(state, "mutants.json"), join(state, "attempt.json")];
  writeFileSync(mutantsFile, JSON.stringify(open));
  let outcome: Outcome;
  do {
    rmSync(attemptFile, { force: true });
    outcome = await runOnce(timeoutSeconds, attemptFile, {
      MUTANTS_FILE: mutantsFile,
      RESULTS_FILE: results,
      ATTEMPT_FILE: attemptFile,
      TEST_FILE: relative(root, join(testFolder, test)),
      TEST_KEY: by,
    });
    if (outcome.stuck !== undefined) addResult(results, { kind: "timed out", ids: [outcome.stuck], by });
  } while (outcome.stuck !== undefined);
  if (outcome.failures.length === 0) addResult(results, { kind: "done", ids: open, by });
  const killed = killedIn(readResults(results));
  const left = mutants.filter(({ id }) => !killed.has(id)).length;
  console.log(`${test}: ${seconds(begin)} s, ${left} mutants left`);
  return outcome.failures;
}

interface Outcome {
  readonly failures: readonly string[];
  /** The mutant with which a test did not end. */
  readonly stuck?: string;
}

function runOnce(timeoutSeconds: number, attemptFile: string, env: Record<string, string>): Promise<Outcome> {
  return new Promise((done) => {
    const command = ["--require", "tsx/cjs", join(__dirname, "mutation/run-file.ts")];
    // A group of its own, so that the workers end with it.
    const child = spawn(process.execPath, command, {
      cwd: root,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const end = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    };
    process.once("exit", end);
    const failures: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => failures.push(line));
    let stuck: string | undefined;
    const watch = setInterval(() => {
      const attempt = readAttempt(attemptFile);
      if (!attempt?.id || Date.now() - attempt.since < timeoutSeconds * 1000) return;
      stuck = attempt.id;
      clearInterval(watch);
      end();
    }, 1000);
    child.once("close", (status) => {
      clearInterval(watch);
      process.off("exit", end);
      if (stuck === undefined && status !== 0)
        failures.push(`the run of ${env["TEST_FILE"]} ended with status ${status}`);
      done({ failures, ...(stuck !== undefined && { stuck }) });
    });
  });
}

/** Undefined before the first one and while it is being written. */
function readAttempt(file: string): Attempt | undefined {
  try {
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Attempt) : undefined;
  } catch {
    return undefined;
  }
}

function report(mutants: readonly Mutant[], results: readonly Result[], failures: readonly string[]): number {
  const killed = killedIn(results);
  const timedOut = idsOf(results, "timed out");
  const reached = idsOf(results, "reached");
  const loaded = idsOf(results, "loaded");
  const left = mutants.filter(({ id }) => !killed.has(id));
  const survivors = left.filter(({ id }) => reached.has(id));
  const unreached = left.filter(({ id }) => !reached.has(id) && !loaded.has(id));
  const atLoad = left.length - survivors.length - unreached.length;
  list("No test notices:", survivors);
  list("No test reaches:", unreached);
  const dead = mutants.filter(({ id }) => killed.has(id));
  const endless = dead.filter(({ id }) => timedOut.has(id)).length;
  console.log(
    `${dead.length} killed${endless > 0 ? ` (${endless} never ended)` : ""}, ${survivors.length} survived, ${unreached.length} not reached, ${atLoad} decided when the module is loaded and not tried`,
  );
  if (failures.length > 0) {
    console.log(`Without any mutant these failed, so that they judged none:\n${failures.join("\n")}`);
  }
  return survivors.length + unreached.length + failures.length > 0 ? 1 : 0;
}

function list(title: string, mutants: readonly Mutant[]): void {
  if (mutants.length === 0) return;
  console.log(`\n${title}`);
  for (const { file, line, change } of mutants) console.log(`${file}:${line}: ${change}`);
  console.log("");
}

function killedIn(results: readonly Result[]): ReadonlySet<string> {
  return idsOf(results, "killed", "timed out");
}

function idsOf(results: readonly Result[], ...kinds: readonly Result["kind"][]): ReadonlySet<string> {
  return new Set(results.flatMap(({ kind, ids }) => (kinds.includes(kind) ? ids : [])));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const seconds = (begin: number): string => ((performance.now() - begin) / 1000).toFixed(0);

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
