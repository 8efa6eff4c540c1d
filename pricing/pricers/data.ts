import { hoursPerMonth } from "../../components/inference/capacity";
import { always, combine, times } from "../price";
import { at, type Line, numberAt, type Pricer, textAt, Unpriced } from "../resource";
import { cacheHour, databaseHour } from "../us-east-1";

export const dataPricers: Readonly<Record<string, Pricer>> = {
  "aws:rds/instance:Instance": (database, { line, usage }) => {
    const { inputs } = database;
    const instanceClass = textAt(inputs, "instanceClass") ?? "";
    const price = databaseHour(instanceClass);
    const copies = at(inputs, "multiAz") === true ? 2 : 1;
    const gb = numberAt(inputs, 20, "allocatedStorage");
    const kept = numberAt(inputs, 0, "backupRetentionPeriod") > 0;
    const instance: Line | Unpriced = price
      ? {
          item: copies === 2 ? `${instanceClass}, two zones` : instanceClass,
          quantity: always(copies * hoursPerMonth),
          price,
          ...(/^db\.t[234]g?\.micro$/.test(instanceClass) && { key: "rdsMicroHours" as const }),
        }
      : new Unpriced(`no price is known for ${instanceClass || "its class"}`);
    return [
      instance,
      line("storage", "rdsGp3GbMonth", always(copies * gb)),
      ...(kept ? [line("backups", "rdsBackupGbMonth", times(usage.backupShare, gb))] : []),
    ];
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": ({ inputs }) => {
    const nodeType = textAt(inputs, "nodeType") ?? "";
    const price = cacheHour(nodeType);
    if (!price) return [new Unpriced(`no price is known for ${nodeType || "its node type"}`)];
    return [{ item: nodeType, quantity: always(numberAt(inputs, 1, "numCacheClusters") * hoursPerMonth), price }];
  },
  "aws:dynamodb/table:Table": ({ inputs }, { line, usage }) => {
    if (textAt(inputs, "billingMode") !== "PAY_PER_REQUEST")
      return [new Unpriced("provisioned capacity has no price here")];
    return [
      line("reads", "dynamodbReads", usage.tableReads),
      line("writes", "dynamodbWrites", usage.tableWrites),
      line("storage", "dynamodbGbMonth", usage.tableGb),
      ...(at(inputs, "pointInTimeRecovery", "enabled") === true
        ? [line("point-in-time recovery", "dynamodbBackupGbMonth", usage.tableGb)]
        : []),
    ];
  },
  "aws:s3/bucket:Bucket": (_, { line, usage }) => [
    line("storage", "s3GbMonth", usage.objectGb),
    line("writes", "s3Writes", usage.objectWrites),
    line("reads", "s3Reads", usage.objectReads),
  ],
  // Sixteen metrics of each filter. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
  "aws:s3/bucketMetric:BucketMetric": (_, { line }) => [line("request metrics", "customMetricMonth", always(16))],
  "aws:efs/fileSystem:FileSystem": (_, { line, usage }) => [
    line("storage", "efsGbMonth", usage.fileGb),
    line("read", "efsReadGb", usage.fileGb),
    line("written", "efsWriteGb", usage.fileGb),
  ],
  "aws:efs/backupPolicy:BackupPolicy": ({ inputs }, { line, usage }) =>
    textAt(inputs, "backupPolicy", "status") === "ENABLED"
      ? [
          line(
            "backups",
            "backupGbMonth",
            combine(usage.fileGb, usage.backupShare, (gb, share) => gb * share),
          ),
        ]
      : [],
};
