import { pricedPreview } from "../cost/preview";
import type { CostReport } from "../cost/report";
import { costLine } from "../cost/text";
import { FindingsPresenter, type ReportFiles } from "../lib/findings/presenter";
import { runOperation } from "../lib/operation";
import { openSession, type Session, withStackLock } from "../lib/session";

export interface PreviewFlags extends ReportFiles {
  local?: boolean;
  systems?: string[];
  json?: boolean;
  /** Look at what is really there first. Default: the state is believed, which is faster. */
  refresh?: boolean;
}

/** Number of resources each operation (create, update, same, ...) would touch. */
export type ChangeSummary = Partial<Record<string, number>>;

export interface Previewed {
  readonly changes: ChangeSummary;
  readonly cost: CostReport;
}

/**
 * Previews with policies, and says what it would cost.
 * @param refresh looks at what is really there first
 */
export async function previewSession(
  session: Session,
  progress: NodeJS.WriteStream,
  findings: FindingsPresenter,
  refresh = false,
): Promise<Previewed> {
  const { stack, policyPacks, configFile } = session;
  const priced = pricedPreview(session);
  const result = await withStackLock(session, () =>
    runOperation("preview", (callbacks) => stack.preview({ ...callbacks, policyPacks, configFile, refresh }), {
      progress,
      findings,
      listen: priced.listen,
    }),
  );
  const cost = priced.report();
  progress.write(`\n${costLine(cost)}\n`);
  return { changes: result.changeSummary, cost };
}

/** `./llm preview`: what would change, judged by the policies. */
export async function preview(stackName: string, flags: PreviewFlags): Promise<void> {
  const findings = new FindingsPresenter(stackName, flags);
  const session = await openSession(stackName, flags);
  const progress = flags.json ? process.stderr : process.stdout;
  const previewed = await previewSession(session, progress, findings, flags.refresh);
  if (!flags.json) return;
  const { changes } = previewed;
  const { change, budgetUsd, overUsd, priced } = previewed.cost;
  const cost = { usdPerMonth: priced.total, change, budgetUsd, overUsd, notPriced: priced.notPriced.length };
  const policies = findings.latest;
  console.log(JSON.stringify({ stack: stackName, local: flags.local ?? false, changes, cost, policies }, null, 2));
}
