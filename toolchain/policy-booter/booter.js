#!/usr/bin/env node
// Installed as `pulumi-analyzer-policy` beside the engine, which starts it in a policy pack's folder:
//
//   pulumi-analyzer-policy <engine address> . [-<option>=<value> ...]     (the options of runtime in PulumiPolicy.yaml)
//
// Pulumi's own booter (@pulumi/pulumi/cmd/run-policy-pack) reads no options and starts ts-node, which checks types, for
// every pack. This one runs a pack with `typescript: false` as it is and leaves every other pack to Pulumi's.

const nodeModule = require("node:module");
const { join } = require("node:path");

// Node 22.1 and newer keep compiled code between runs; @pulumi/pulumi is 2,000 files.
nodeModule.enableCompileCache?.();

/** Pulumi's language host gives up without another message when a program ends with this: it has said why itself. */
const EXIT_ALREADY_REPORTED = 32;

const [, , , program = ".", ...options] = process.argv;
// The pack's own copy of the SDK, as Pulumi's booter does: the pack registers itself with that one.
const packRequire = nodeModule.createRequire(join(process.cwd(), program, "package.json"));

try {
  const booter = packRequire.resolve("@pulumi/pulumi/cmd/run-policy-pack");
  if (options.includes("-typescript=false")) runJavaScript();
  else require(booter);
} catch (error) {
  // By the text "Cannot find module '@pulumi/pulumi/cmd/run-policy-pack'" the engine knows that no packages are installed.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function runJavaScript() {
  process.setSourceMapsEnabled(true);
  const { run } = packRequire("@pulumi/pulumi/cmd/run-policy-pack/run");
  const uncaught = new Set();
  const reported = new Set();
  let running = false;
  const onUncaught = (error) => {
    uncaught.add(error);
    if (!running) console.error(error?.stack || error?.message || String(error));
  };
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  process.on("exit", (code) => {
    if (code !== 0 || uncaught.size === 0) return;
    process.exitCode = [...uncaught].every((error) => reported.has(error)) ? EXIT_ALREADY_REPORTED : 1;
  });
  run({
    argv: { _: [program] },
    programStarted: () => {
      running = true;
    },
    reportLoggedError: (error) => reported.add(error),
    runInStack: false,
    typeScript: false,
  }).then(() => {
    running = false;
  });
}
