import { writeFileSync } from "node:fs";
import { pricedPreview } from "../cost/preview";
import type { CostReport, TokenLoad } from "../cost/report";
import { costMarkdown, costText, dollars } from "../cost/text";
import { OverBudget, UsageError } from "../lib/exit";
import { runOperation } from "../lib/operation";
import { reportFile } from "../lib/report-file";
import { openSession, withStackLock } from "../lib/session";

export interface CostFlags {
  local?: boolean;
  systems?: string[];
  json?: boolean;
  all?: boolean;
  markdown?: string;
  budget?: string;
  tokensPerMinute?: string;
  tokensPerSecond?: string;
}

/**
 * `./llm cost`: what the stack costs a month, before anything is deployed.
 * @throws OverBudget after the report
 */
export async function cost(stackName: string, flags: CostFlags): Promise<void> {
  const budgetUsd = amount("--budget", flags.budget);
  const load = loadOf(flags);
  const markdown = flags.markdown === undefined ? undefined : reportFile(flags.markdown);
  const session = await openSession(stackName, flags);
  const priced = pricedPreview(session);
  const { stack, configFile } = session;
  await withStackLock(session, () =>
    runOperation("preview", (callbacks) => stack.preview({ ...callbacks, configFile }), {
      progress: process.stderr,
      listen: priced.listen,
    }),
  );
  const report = priced.report({ budgetUsd, load });
  if (markdown !== undefined) writeFileSync(markdown, costMarkdown(report, flags.all));
  console.log(flags.json ? JSON.stringify(jsonOf(report), null, 2) : costText(report, flags.all));
  refuseOver(report);
}

function refuseOver({ stack, budgetUsd, overUsd, priced }: CostReport): void {
  if (overUsd === 0 || budgetUsd === undefined) return;
  throw new OverBudget(
    `Stack ${stack} would cost about ${dollars(priced.total.expected)} a month: ${dollars(overUsd)} over the budget of ${dollars(budgetUsd)}.`,
    "Make it smaller, or raise the budget: --budget, or `pulumi config set cost:budgetUsd`.",
  );
}

/** With systems as an object; a map is not JSON. */
function jsonOf({ priced, ...report }: CostReport): object {
  return { ...report, ...priced, bySystem: Object.fromEntries(priced.bySystem) };
}

function amount(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${flag} is "${text}".`, "Give a number above 0.");
}

function loadOf(flags: CostFlags): TokenLoad | undefined {
  const tokensPerMinute = amount("--tokens-per-minute", flags.tokensPerMinute);
  const tokensPerSecondOfInstance = amount("--tokens-per-second", flags.tokensPerSecond);
  if (tokensPerMinute === undefined && tokensPerSecondOfInstance === undefined) return undefined;
  if (tokensPerMinute !== undefined && tokensPerSecondOfInstance !== undefined) {
    return { tokensPerMinute, tokensPerSecondOfInstance };
  }
  throw new UsageError(
    "A price for tokens needs both --tokens-per-minute and --tokens-per-second.",
    "The first is the load; the second what one instance manages, from a load test: ./llm load.",
  );
}
