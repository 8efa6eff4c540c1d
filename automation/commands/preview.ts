import { FindingsPresenter, type ReportFiles } from "../lib/findings/presenter";
import { runOperation } from "../lib/operation";
import { openSession, type Session, withStackLock } from "../lib/session";

export interface PreviewFlags extends ReportFiles {
  local?: boolean;
  systems?: string[];
  json?: boolean;
}

/** Number of resources each operation (create, update, same, ...) would touch. */
export type ChangeSummary = Partial<Record<string, number>>;

export async function previewSession(
  session: Session,
  progress: NodeJS.WriteStream,
  findings: FindingsPresenter,
): Promise<ChangeSummary> {
  const { stack, policyPacks, configFile } = session;
  const result = await withStackLock(session, () =>
    runOperation("preview", (callbacks) => stack.preview({ ...callbacks, policyPacks, configFile }), {
      progress,
      findings,
    }),
  );
  return result.changeSummary;
}

/** `./llm preview`: what would change, judged by the policies. */
export async function preview(stackName: string, flags: PreviewFlags): Promise<void> {
  const findings = new FindingsPresenter(stackName, flags);
  const session = await openSession(stackName, flags);
  const changes = await previewSession(session, flags.json ? process.stderr : process.stdout, findings);
  if (!flags.json) return;
  const policies = findings.latest;
  console.log(JSON.stringify({ stack: stackName, local: flags.local ?? false, changes, policies }, null, 2));
}
