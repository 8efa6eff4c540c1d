import { commit, versionsOf } from "../demo/provenance";
import { EXIT } from "../lib/exit";
import { evidenceDir } from "../lib/paths";
import { openSession, regionOf } from "../lib/session";
import { UserError } from "../lib/user-error";
import { runSmoke } from "../smoke/smoke";
import { plainOutputs } from "./outputs";

export interface SmokeFlags {
  local?: boolean;
  json?: boolean;
  out?: string;
}

/** `./llm smoke`: whether what is deployed shows signs of life; status 1 if a check did not hold. */
export async function smoke(stackName: string, flags: SmokeFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  const outputs = plainOutputs(session, await session.stack.outputs());
  if (Object.keys(outputs).length === 0) {
    throw new UserError(
      `Stack ${stackName} is not deployed.`,
      `Deploy it: ./llm up ${stackName}${flags.local ? " --local" : ""}`,
    );
  }
  const report = await runSmoke({
    stack: stackName,
    outputs,
    region: regionOf(session.settings),
    endpoint: session.emulator?.endpoint,
    outDir: evidenceDir(flags.out, `smoke-${stackName}`),
    versions: await versionsOf(session),
    commit: commit(),
    log: flags.json ? console.error : console.log,
  });
  if (flags.json) console.log(JSON.stringify(report, null, 2));
  if (!report.passed) process.exitCode = EXIT.failed;
}
