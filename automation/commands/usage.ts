import { SNSClient } from "@aws-sdk/client-sns";
import type { OutputMap } from "@pulumi/pulumi/automation";
import { z } from "zod";
import { assess, type FreePlan, freePlans, isOver, type Report } from "../../services/usage-report/assess";
import { monthOf } from "../../services/usage-report/month";
import { makeClients, readUsage } from "../../services/usage-report/sources";
import { tell } from "../../services/usage-report/tell";
import { reportText } from "../../services/usage-report/text";
import { EXIT } from "../lib/exit";
import { openSession, regionOf, type Session } from "../lib/session";
import { UserError } from "../lib/user-error";

export interface UsageFlags {
  local?: boolean;
  json?: boolean;
  /** Ask Cost Explorer too; each call costs. */
  costExplorer?: boolean;
  /** Tell the stack's topic. */
  notify?: boolean;
}

/** What a system with a usage report says of itself in its outputs. */
const reporting = z.object({
  topicArn: z.string(),
  plan: z.enum(freePlans),
  buckets: z.array(z.string()),
});
type Reporting = z.output<typeof reporting>;

/** `./llm usage`: what the account has used this month, in the stack's region, against what is free. */
export async function usage(stackName: string, flags: UsageFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  process.env["AWS_REGION"] = regionOf(session.settings);
  const own = reportingOf(await session.stack.outputs());
  if (flags.notify && !own) throw withoutTopic(stackName);
  if (flags.costExplorer && !session.emulator) console.error("Asking Cost Explorer: $0.01 a call.");
  const clients = makeClients();
  const month = monthOf(new Date());
  const { readings, billedUsd } = await readUsage(clients, month, {
    buckets: own?.buckets ?? [],
    askCostExplorer: flags.costExplorer ?? false,
  });
  const report = assess(readings, month, own?.plan ?? planOf(session), billedUsd);
  const told = flags.notify && own ? await tell(report, own.topicArn, { sns: new SNSClient(), s3: clients.s3 }) : [];
  print(report, told, flags);
  if (isOver(report)) process.exitCode = EXIT.failed;
}

function print(report: Report, told: readonly string[], { json, notify }: UsageFlags): void {
  if (json) {
    console.log(JSON.stringify({ ...report, told }, undefined, 2));
    return;
  }
  console.log(reportText(report));
  if (notify) console.log(told.length === 0 ? "Nothing to tell." : `Told: ${told.join(", ")}.`);
}

/** The first system that has a usage report. */
function reportingOf(outputs: OutputMap): Reporting | undefined {
  const found = Object.values(outputs).map(({ value }) =>
    reporting.safeParse((value as { usageReport?: unknown } | undefined)?.usageReport),
  );
  return found.find(({ success }) => success)?.data;
}

function planOf({ settings }: Session): FreePlan {
  return z.enum(freePlans).catch("credits").parse(settings.config?.["policy:freePlan"]);
}

function withoutTopic(stackName: string): UserError {
  return new UserError(
    `Stack ${stackName} has no system that reports its usage, and so no topic to tell.`,
    "Deploy one that has, such as afirgen in the stack free, or leave --notify out.",
  );
}
