import { CostExplorerClient, GetCostAndUsageCommand, type ResultByTime } from "@aws-sdk/client-cost-explorer";
import type { Month } from "./month";
import type { Known, QuantityId } from "./quantities";

/** What one usage type counts for. Source of names: https://docs.aws.amazon.com/cur/latest/userguide/product-columns.html, and bills. */
const usageTypes: readonly { readonly id: QuantityId; readonly service: RegExp; readonly type: RegExp }[] = [
  { id: "ec2Hours", service: /Elastic Compute Cloud/, type: /(^|-)BoxUsage:/ },
  { id: "addressHours", service: /./, type: /(^|-)PublicIPv4:(InUse|Idle)Address$/ },
  { id: "rdsHours", service: /Relational Database/, type: /(^|-)InstanceUsage:db\./ },
  { id: "s3Gets", service: /Simple Storage/, type: /(^|-)Requests-Tier2$/ },
  { id: "s3Puts", service: /Simple Storage/, type: /(^|-)Requests-Tier1$/ },
  { id: "egressGb", service: /^(?!.*CloudFront)/, type: /(^|-)DataTransfer-Out-Bytes$/ },
];

/** Quantities that no metric tells without a charge. */
export const fromCostExplorer = usageTypes.map(({ id }) => id);

export interface Billed {
  readonly readings: Partial<Record<QuantityId, Known>>;
  readonly usd: number;
}

/** Reads what Cost Explorer knows of a month. A quantity without a line in it was not used. */
export function readBill(results: readonly ResultByTime[]): Billed {
  const groups = results.flatMap(({ Groups = [] }) => Groups);
  const amount = (group: (typeof groups)[number], metric: string) => Number(group.Metrics?.[metric]?.Amount ?? 0);
  const readings = usageTypes.map(({ id, service, type }) => {
    const used = groups
      .filter(({ Keys: [name = "", usage = ""] = [] }) => service.test(name) && type.test(usage))
      .reduce((sum, group) => sum + amount(group, "UsageQuantity"), 0);
    return [id, { used, source: "Cost Explorer, up to a day behind" }] as const;
  });
  return {
    readings: Object.fromEntries(readings),
    usd: groups.reduce((sum, group) => sum + amount(group, "NetUnblendedCost"), 0),
  };
}

/** Asks Cost Explorer for the month so far; each page of the answer is a call of $0.01. */
export async function askCostExplorer(client: CostExplorerClient, { start, now }: Month): Promise<Billed> {
  const results: ResultByTime[] = [];
  let NextPageToken: string | undefined;
  do {
    const page = await client.send(
      new GetCostAndUsageCommand({
        // The end is a day that does not count any more.
        TimePeriod: { Start: dayOf(start), End: dayOf(new Date(now.getTime() + 86_400_000)) },
        Granularity: "MONTHLY",
        Metrics: ["UsageQuantity", "NetUnblendedCost"],
        GroupBy: [
          { Type: "DIMENSION", Key: "SERVICE" },
          { Type: "DIMENSION", Key: "USAGE_TYPE" },
        ],
        NextPageToken,
      }),
    );
    results.push(...(page.ResultsByTime ?? []));
    NextPageToken = page.NextPageToken;
  } while (NextPageToken);
  return readBill(results);
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Its only endpoint is in us-east-1. */
export function costExplorer(): CostExplorerClient {
  return new CostExplorerClient({ region: "us-east-1" });
}
