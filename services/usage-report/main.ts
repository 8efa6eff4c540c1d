import { SNSClient } from "@aws-sdk/client-sns";
import { z } from "zod";
import { assess, freePlans, type Report } from "./assess";
import { monthOf } from "./month";
import { makeClients, readUsage } from "./sources";
import { tell } from "./tell";

/** Variables of the function. */
const schema = z.object({
  PLAN: z.enum(freePlans),
  /** Names separated by commas. */
  BUCKETS: z.string().transform((text) => text.split(",").filter((name) => name !== "")),
  COST_EXPLORER: z.enum(["true", "false"]).transform((text) => text === "true"),
  TOPIC_ARN: z.string().min(1),
  /** Bucket and key of what was told. */
  TOLD_BUCKET: z.string().min(1),
  TOLD_KEY: z.string().min(1),
});

/** Once a day: reads the month's usage, holds it against the free tier, and tells a topic what has passed 80 %. */
export async function handler(): Promise<Report & { readonly told: readonly string[] }> {
  const settings = schema.parse(process.env);
  const clients = makeClients();
  const month = monthOf(new Date());
  const { readings, billedUsd } = await readUsage(clients, month, {
    buckets: settings.BUCKETS,
    askCostExplorer: settings.COST_EXPLORER,
  });
  const report = assess(readings, month, settings.PLAN, billedUsd);
  const place = { bucket: settings.TOLD_BUCKET, key: settings.TOLD_KEY };
  const told = await tell(report, settings.TOPIC_ARN, { sns: new SNSClient(), s3: clients.s3 }, place);
  console.log(JSON.stringify({ level: "info", message: "usage report", ...report, told }));
  return { ...report, told };
}
