import { DriftLog, driftText } from "../drift/report";
import { EXIT } from "../lib/exit";
import { runOperation } from "../lib/operation";
import { openSession, withStackLock } from "../lib/session";

export interface DriftFlags {
  local?: boolean;
  json?: boolean;
}

/** `./llm drift`: what somebody changed past the program. Changes nothing, the state neither; drift is exit status 1. */
export async function drift(stackName: string, flags: DriftFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  const { stack, configFile } = session;
  const log = new DriftLog();
  await withStackLock(session, () =>
    runOperation("refresh", (callbacks) => stack.previewRefresh({ ...callbacks, configFile }), {
      progress: process.stderr,
      listen: log.record,
    }),
  );
  const { drifts } = log;
  if (flags.json) console.log(JSON.stringify({ stack: stackName, local: flags.local ?? false, drifts }, null, 2));
  else console.log(driftText(stackName, drifts));
  if (drifts.length === 0) return;
  console.error(
    `  -> ./llm up ${stackName} --refresh puts back what the program says. To keep a change, write it into the program first.`,
  );
  process.exitCode = EXIT.failed;
}
