import { Command, Option } from "commander";
import { parseCount, parseDuration, parseRate } from "../loadtest/options";
import { stackOrCurrent } from "./environments/current";
import { runToEnd, UsageError } from "./lib/exit";

/** Each command's module is loaded only when it runs: `./llm outputs` must not pay for what `./llm demo` imports. */
function load<Module>(path: string): Module {
  return require(path) as Module;
}

const LOCAL = new Option("--local", "run against the emulator on this machine; needs no cloud account");
const SYSTEMS = new Option("--systems <a,b>", "deploy only these systems of the stack").argParser(commaSeparated);
const REFRESH = new Option(
  "--refresh",
  "look at what is really there first, and put back what was changed past the program",
);
const YES = new Option("--yes", "do not ask before changing anything");
const SARIF = new Option("--sarif <file>", "write what the policies found as SARIF 2.1.0, for code scanning");
const JUNIT = new Option("--junit <file>", "write what the policies found as JUnit XML, for test reports");
const CONFIRM = new Option(
  "--confirm <stack>",
  "the stack's name, which production asks for; --yes does not replace it",
);
const JSON_OUTPUT = new Option("--json", "print JSON on standard output, everything else on standard error");

function commaSeparated(value: string): string[] {
  const items = value.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) {
    throw new UsageError(
      `--systems "${value}" has an empty name.`,
      "Write names separated by commas: --systems lambda-efs",
    );
  }
  return items;
}

function commandLine(): Command {
  const program = new Command("llm")
    .description("Language models on AWS as one Pulumi program: deploy, drive and remove it, locally or on AWS.")
    .exitOverride()
    .showHelpAfterError("(run ./llm --help to see the commands)");

  program
    .command("up [stack]")
    .description("preview with policies, ask, update, print the outputs")
    .addOption(LOCAL)
    .addOption(SYSTEMS)
    .addOption(YES)
    .addOption(REFRESH)
    .addOption(SARIF)
    .addOption(JUNIT)
    .option("--region <region>", "deploy its twin in another region, with a settings file of its own")
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/up")>("./commands/up").up(stackOrCurrent(stack), flags),
    );

  program
    .command("preview [stack]")
    .description("show what would change, judged by the policies")
    .addOption(LOCAL)
    .addOption(SYSTEMS)
    .addOption(JSON_OUTPUT)
    .addOption(REFRESH)
    .addOption(SARIF)
    .addOption(JUNIT)
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/preview")>("./commands/preview").preview(stackOrCurrent(stack), flags),
    );

  program
    .command("down [stack]")
    .description("destroy the stack, then list what is left of it")
    .addOption(LOCAL)
    .addOption(YES)
    .addOption(CONFIRM)
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/down")>("./commands/down").down(stackOrCurrent(stack), flags),
    );

  addEnvironments(program);
  addBackups(program);

  program
    .command("outputs [stack]")
    .description("print the stack's outputs")
    .addOption(LOCAL)
    .addOption(JSON_OUTPUT)
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/outputs")>("./commands/outputs").outputs(stackOrCurrent(stack), flags),
    );

  program
    .command("usage [stack]")
    .description("this month's usage against the free tier's limits, with its projection; status 1 over a limit")
    .addOption(LOCAL)
    .addOption(JSON_OUTPUT)
    .option("--cost-explorer", "ask Cost Explorer too, for S3 requests and the bill ($0.01 a call)")
    .option("--notify", "tell the stack's topic what is at 80 % or over")
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/usage")>("./commands/usage").usage(stackOrCurrent(stack), flags),
    );

  program
    .command("demo <system>")
    .description("drive the deployed system end to end and write an evidence report")
    .addOption(LOCAL)
    .option("--stack <stack>", "the stack it is deployed in", "dev")
    .option("--file <path>", "the model file to send (default: a small real model)")
    .option("--out <dir>", "where the report goes (default: evidence/<system>)")
    .option("--stay", "then keep its page open for use by hand, until Ctrl-C")
    .action((system: string, flags) => load<typeof import("./commands/demo")>("./commands/demo").demo(system, flags));

  program
    .command("cost [stack]")
    .description("what it costs a month, by system and resource, before anything is deployed")
    .addOption(LOCAL)
    .addOption(SYSTEMS)
    .addOption(JSON_OUTPUT)
    .option("--markdown <file>", "write it as Markdown too, for a pull request")
    .option("--all", "every part, not only the largest")
    .option("--budget <usd>", "US dollars a month; above them the status is 3 (default: cost:budgetUsd of the config)")
    .option("--tokens-per-minute <n>", "load of a fleet with GPUs, for the price of a million tokens")
    .option("--tokens-per-second <n>", "what one of its instances manages, measured")
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/cost")>("./commands/cost").cost(stackOrCurrent(stack), flags),
    );

  program
    .command("smoke [stack]")
    .description("signs of life of what is deployed: ways in, logs, dashboards, alarms; status 1 if one is missing")
    .addOption(LOCAL)
    .addOption(JSON_OUTPUT)
    .option("--out <dir>", "where the report goes (default: evidence/smoke-<stack>)")
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/smoke")>("./commands/smoke").smoke(stackOrCurrent(stack), flags),
    );

  program
    .command("drift [stack]")
    .description("what was changed past the program; status 1 if anything was")
    .addOption(LOCAL)
    .addOption(JSON_OUTPUT)
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/drift")>("./commands/drift").drift(stackOrCurrent(stack), flags),
    );

  program
    .command("load <stack> <system>")
    .description("load ollama or phi3 with Locust, judge every answer, compare with a baseline")
    .addOption(LOCAL)
    .option("--users <number>", "users at once", parseCount, 2)
    .option("--spawn-rate <rate>", "users that start in a second", parseRate, 1)
    .option("--duration <time>", "how long, such as 90s or 5m", parseDuration, 60)
    .option("--pacing <time>", "how long after the start of a request a user starts the next", parseDuration, 2)
    .option("--max-tokens <number>", "the most tokens that a request generates", parseCount, 32)
    .option("--timeout <time>", "an answer that takes longer is a failure", parseDuration, 120)
    .option("--through <output>", "the output whose URL is asked: for phi3 pageUrl, which streams, or apiUrl")
    .option("--out <dir>", "where the report goes (default: evidence/loadtest-<system>)")
    .option("--baseline <file>", "report.json of an earlier run; what is worse by more than the tolerance is a failure")
    .option("--tolerance <percent>", "of the baseline", parseRate, 20)
    .addOption(YES)
    .action((stack: string, system: string, flags) =>
      load<typeof import("../loadtest/load")>("../loadtest/load").load(stack, system, flags),
    );

  program
    .command("capacity <model> <types...>")
    .description("whether instance types have the memory for a model, with the sum, and what they cost")
    .option("--context <tokens>", "longest prompt with its answer (default: 4096, or what the model can)")
    .option("--utilization <part>", "part of the GPU's memory that the engine may use (default: 0.9)")
    .action((model: string, types: string[], flags) =>
      load<typeof import("./commands/capacity")>("./commands/capacity").capacity(model, types, flags),
    );

  program
    .command("doctor")
    .description("what is missing on this machine, what that costs and how to get it")
    .action(() => load<typeof import("./commands/doctor")>("./commands/doctor").doctor());

  const local = program.command("local").description("the emulator that --local deploys to");
  for (const [name, description] of [
    ["start", "start it, or say where it runs"],
    ["stop", "stop it; what is deployed there stays on disk"],
    ["status", "whether it runs, where, and where its log is"],
    ["reset", "throw away everything deployed there, and the state of the local stacks"],
  ] as const) {
    local
      .command(name)
      .description(description)
      .action(() => load<typeof import("./commands/local")>("./commands/local").local(name));
  }

  program
    .command("weights")
    .description("the models' weights in a stack's bucket")
    .command("upload <stack> <folder>")
    .description("check a model's folder and upload it, with the manifest that instances verify it by")
    .addOption(LOCAL)
    .option("--model <owner/name>", "the model on the hub that these are of (default: the deployed one)")
    .option("--revision <commit>", "the commit that these are of (default: the deployed one)")
    .option("--replace", "take the place of other weights of the same revision")
    .action((stack: string, folder: string, flags) =>
      load<typeof import("./commands/weights")>("./commands/weights").uploadModel(stack, folder, flags),
    );

  program
    .command("bootstrap <environment>")
    .description("what an environment needs before its first stack: state bucket, key, roles for CI by OIDC")
    .option("--repository <owner/name>", "the repository on GitHub whose jobs may deploy")
    .option("--region <region>", "region of the bucket and the key (default: that of the environment's stack)")
    .option("--destroy", "remove it again; refused while the bucket holds states")
    .addOption(LOCAL)
    .addOption(YES)
    .action((environment: string, flags) =>
      load<typeof import("./commands/bootstrap")>("./commands/bootstrap").bootstrap(environment, flags),
    );

  const state = program.command("state").description("copies of a stack's state, with what they are checked by");
  state
    .command("backup <stack>")
    .description("write a copy of the state")
    .option("--to <place>", "a folder, s3 (the bucket that holds the states) or s3://bucket/prefix")
    .addOption(LOCAL)
    .action((stack: string, flags) =>
      load<typeof import("./commands/state")>("./commands/state").backupState(stack, flags),
    );
  state
    .command("restore <stack> <file>")
    .description("put a copy in the place of the state, which is copied first")
    .option("--force", "also an older one, or one with operations that were under way")
    .addOption(LOCAL)
    .addOption(YES)
    .action((stack: string, file: string, flags) =>
      load<typeof import("./commands/state")>("./commands/state").restoreState(stack, file, flags),
    );

  program
    .command("comment <stack>")
    .description("what a preview and a cost estimate said, as Markdown for a pull request")
    .requiredOption("--plan <file>", "what the preview printed")
    .option("--preview <file>", "the JSON of the preview; missing where it was refused or failed")
    .option("--cost <file>", "the Markdown of the cost estimate")
    .requiredOption("--out <file>", "where the Markdown goes; added to what is there")
    .action((stack: string, flags) =>
      load<typeof import("./commands/plan-comment")>("./commands/plan-comment").planComment(stack, flags),
    );

  program
    .command("test [suite]")
    .description("unit, engine, e2e or all (the default)")
    .action((suite: string | undefined) =>
      load<typeof import("./commands/test")>("./commands/test").test(suite ?? "all"),
    );

  return program;
}

/** Commands on environments as a whole. */
function addEnvironments(program: Command): void {
  program
    .command("new <stack>")
    .description("make the settings file of a new stack from another's, with addresses of its own")
    .requiredOption("--from <stack>", "the stack whose settings it starts with")
    .addOption(new Option("--systems <a,b>", "its systems (default: the other's)").argParser(commaSeparated))
    .option("--region <region>", "another AWS region")
    .option("--account <id>", "the AWS account that it belongs in")
    .action((stack: string, flags) => load<typeof import("./commands/new")>("./commands/new").newStack(stack, flags));

  program
    .command("switch [stack]")
    .description("choose the stack that commands are for when none is named, or show the choice")
    .action((stack: string | undefined) =>
      load<typeof import("./commands/switch")>("./commands/switch").switchStack(stack),
    );

  for (const [name, description] of [
    ["sleep", "take a non-production stack's fleets to zero and stop its databases"],
    ["wake", "bring a sleeping stack back to its sizes"],
  ] as const) {
    program
      .command(`${name} [stack]`)
      .description(description)
      .addOption(LOCAL)
      .addOption(YES)
      .action((stack: string | undefined, flags) =>
        load<typeof import("./commands/sleep")>("./commands/sleep")[name](stackOrCurrent(stack), flags),
      );
  }

  program
    .command("reap")
    .description("take down the stacks whose time to live is over")
    .addOption(LOCAL)
    .addOption(YES)
    .action((flags) => load<typeof import("./commands/reap")>("./commands/reap").reap(flags));
}

function addBackups(program: Command): void {
  for (const [name, description] of [
    ["backup", "back up what the stack keeps"],
    ["backups", "list the stack's backups"],
  ] as const) {
    program
      .command(`${name} [stack]`)
      .description(description)
      .addOption(LOCAL)
      .addOption(JSON_OUTPUT)
      .action((stack: string | undefined, flags) =>
        load<typeof import("./commands/backup")>("./commands/backup")[name](stackOrCurrent(stack), flags),
      );
  }

  program
    .command("restore [stack]")
    .description("bring a stack's data back as it was, into it or into another stack")
    .requiredOption("--to <point>", "a backup (./llm backups), a time such as 2026-12-01T18:00:00Z, or latest")
    .option("--into <stack>", "the stack that gets the data (default: the same)")
    .addOption(LOCAL)
    .addOption(YES)
    .addOption(CONFIRM)
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/restore")>("./commands/restore").restore(stackOrCurrent(stack), flags),
    );

  program
    .command("drill [stack]")
    .description(
      "prove that a stack comes back: write data, back up, destroy, restore, and measure; on this machine only",
    )
    .addOption(LOCAL)
    .addOption(SYSTEMS)
    .addOption(YES)
    .option("--out <dir>", "where the report goes (default: evidence/drill)")
    .action((stack: string | undefined, flags) =>
      load<typeof import("./commands/drill")>("./commands/drill").drill(stackOrCurrent(stack), flags),
    );
}

void runToEnd(commandLine());
