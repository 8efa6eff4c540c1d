import { DEMOS } from "../demo";
import { commit, versionsOf } from "../demo/provenance";
import { EXIT, UsageError } from "../lib/exit";
import { callerPath, evidenceDir } from "../lib/paths";
import { openSession, regionOf } from "../lib/session";
import { outputKeyOf } from "../lib/system-names";
import { plainOutputs } from "./outputs";
import { up } from "./up";

export interface DemoFlags {
  local?: boolean;
  stack: string;
  file?: string;
  out?: string;
  stay?: boolean;
}

/** `./llm demo`: drive a deployed system end to end and write the evidence; any failed step is exit status 1. What is not there yet on this machine is deployed first. */
export async function demo(system: string, flags: DemoFlags): Promise<void> {
  const run = DEMOS[system];
  if (!run) throw new UsageError(`There is no demo of "${system}".`, `Demos: ${Object.keys(DEMOS).join(", ")}.`);
  const session = await openSession(flags.stack, { local: flags.local });
  let deployed = await session.stack.outputs();
  // On this machine it costs nothing; on AWS it would be a surprise.
  if (flags.local && !(outputKeyOf(system) in deployed)) {
    console.log(`Stack ${flags.stack} has no ${system} on this machine yet.\n`);
    await up(flags.stack, { local: true, yes: true });
    deployed = await session.stack.outputs();
  }
  const outputs = plainOutputs(session, deployed);
  const passed = await run({
    outputs,
    stackName: flags.stack,
    file: flags.file && callerPath(flags.file),
    outDir: evidenceDir(flags.out, system),
    versions: await versionsOf(session),
    commit: commit(),
    region: regionOf(session.settings),
    endpoint: session.emulator?.endpoint,
    stay: flags.stay ?? false,
    log: console.log,
  });
  if (!passed) process.exitCode = EXIT.failed;
}
