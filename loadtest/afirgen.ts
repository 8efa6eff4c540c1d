import { join, resolve } from "node:path";
import { Command } from "commander";
import { EXIT, runToEnd, UsageError } from "../automation/lib/exit";
import { repoRoot } from "../automation/lib/paths";
import { startWhole } from "../local/afirgen/whole";
import { type AfirgenTest, afirgenTests } from "./afirgen-judge";
import { runAfirgenLoad } from "./afirgen-run";
import { parseRate } from "./options";

interface Flags {
  scale: number;
  url?: string;
  out?: string;
}

function testNamed(name: string): AfirgenTest {
  if (Object.hasOwn(afirgenTests, name)) return name as AfirgenTest;
  throw new UsageError(
    `There is no load test "${name}" of AFIRGen.`,
    `There are ${Object.keys(afirgenTests).join(", ")}.`,
  );
}

async function load(name: string, flags: Flags): Promise<void> {
  const test = testNamed(name);
  const outDir = resolve(
    process.env["INIT_CWD"] ?? ".",
    flags.out ?? join(repoRoot, "evidence", `loadtest-afirgen-${test}`),
  );
  const log = console.error;
  const whole = flags.url === undefined ? await startWhole({ log }) : undefined;
  try {
    const { passed, findings } = await runAfirgenLoad({
      test,
      baseUrl: whole?.url ?? (flags.url ?? "").replace(/\/+$/, ""),
      scaledDownBy: flags.scale,
      target: whole ? `this machine: ${whole.model.description}` : (flags.url ?? ""),
      deployed: whole === undefined,
      exitCodes: whole && (() => whole.backend.supervisor.endings.map(({ exitCode }) => exitCode)),
      outDir,
      log,
    });
    for (const { what, asked, seen, verdict, why } of findings) {
      console.log(`${verdict.padEnd(6)} ${what}: ${seen} (asked: ${asked})${why ? `; ${why}` : ""}`);
    }
    console.log(`${passed ? "Passed" : "Failed"}. ${join(outDir, "report.md")}`);
    if (!passed) process.exitCode = EXIT.failed;
  } finally {
    await whole?.stop();
  }
}

void runToEnd(
  new Command("npm run loadtest:afirgen --")
    .description(
      "Load AFIRGen as its document says: light (1 user, 60 min), moderate (3, 30 min) or stress (5, 10 min).",
    )
    .argument("<test>", "light, moderate or stress")
    .option("--scale <factor>", "divides the document's duration; 1 is its full length", parseRate, 60)
    .option("--url <url>", "a deployed system; without it AFIRGen is started on this machine")
    .option("--out <dir>", "where the report goes (default: evidence/loadtest-afirgen-<test>)")
    .exitOverride()
    .action(load),
);
