/** Runs the tests of one file with the mutants that they reach; started by mutate.ts, which watches over it. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { instrument } from "./instrument";
import { environment } from "./results";

const root = join(__dirname, "../../..");

/** Prints the tests that fail without any mutant, each on a line. */
async function main(): Promise<void> {
  const wanted = JSON.parse(readFileSync(environment("MUTANTS_FILE"), "utf8")) as string[];
  const mutated = new Set(wanted.map((id) => id.slice(0, id.indexOf("@"))));
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
      include: [environment("TEST_FILE")],
      runner: join(__dirname, "runner.ts"),
      maxWorkers: 1,
      // Whoever started this ends what takes too long.
      testTimeout: 0,
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
            failures.push(...all.map(({ message }) => message.split("\n")[0] ?? ""));
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
  for (const failure of failures) console.log(failure);
}

void main();
