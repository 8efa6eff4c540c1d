import type { Bucket } from "../components/data/bucket";
import { arnOf, type SystemContext } from "../components/lib/context";
import type { AlarmTopic } from "../components/observability/alarm-topic";
import { bundle } from "../components/serverless/bundle";
import { LambdaFunction } from "../components/serverless/lambda-function";
import { Schedule } from "../components/serverless/schedule";
import type { AfirgenSettings } from "./afirgen-settings";

/** Where the report keeps what it has told this month. */
const toldPrefix = "usage-report/";

interface UsageParts {
  readonly topic: AlarmTopic;
  /** Its buckets; the models' keeps what was told. */
  readonly models: Bucket;
  readonly buckets: readonly Bucket[];
}

/** Once a day, the month's usage against the free tier, and a mail at 80 % of a limit: 30 runs a month of the million that are free. */
export function createUsageReport(
  context: SystemContext,
  settings: AfirgenSettings,
  parts: UsageParts,
): LambdaFunction {
  const { topic, models, buckets } = parts;
  const { hourUtc, costExplorer } = settings.usageReport;
  const report = new LambdaFunction("afirgen-usage-report", {
    context,
    description: "Holds the month's usage against the free tier, and tells what has passed 80 % of a limit",
    code: bundle("services/usage-report/main.ts"),
    memoryMb: 256,
    timeoutSeconds: 60,
    logRetentionDays: settings.logRetentionDays,
    environment: {
      PLAN: settings.freeTier.plan,
      BUCKETS: buckets.map(({ name }) => name).join(","),
      COST_EXPLORER: String(costExplorer),
      // Built from its name, so that policies can read the environment at preview.
      TOPIC_ARN: arnOf(context, "sns", topic.name),
      TOLD_BUCKET: models.name,
      TOLD_KEY: `${toldPrefix}told.json`,
    },
  });
  report.allow("read-usage", [
    {
      sid: "ReadUsage",
      actions: [
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricStatistics",
        "cloudwatch:ListDashboards",
        "cloudwatch:ListMetrics",
        "ec2:DescribeAddresses",
        "ec2:DescribeInstances",
        "ec2:DescribeVolumes",
        "rds:DescribeDBInstances",
        ...(costExplorer ? ["ce:GetCostAndUsage"] : []),
      ],
      resources: ["*"],
      anyResourceBecause:
        "the limits are the account's, so all of it is counted, and AWS can't narrow what may be described",
    },
    { sid: "ListBuckets", actions: ["s3:ListBucket"], resources: buckets.map(({ arn }) => arn) },
  ]);
  models.grantReadWriteObjects(report, toldPrefix);
  topic.grantPublish(report);
  new Schedule("afirgen-usage-schedule", {
    context,
    description: `Reports usage each day at ${hourUtc}:15 UTC`,
    expression: `cron(15 ${hourUtc} * * ? *)`,
    target: report,
  });
  return report;
}
