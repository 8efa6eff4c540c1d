import { expect, test } from "vitest";
import { Bucket } from "../../../../components/data/bucket";
import { BucketMetrics } from "../../../../components/data/bucket-metrics";
import { devContext, record } from "../../../support/mocks";

const make = () => {
  const bucket = new Bucket("lambda-efs-data", { context: devContext });
  return { bucket, metrics: new BucketMetrics("lambda-efs-data-metrics", { context: devContext, bucket }) };
};

test("S3 counts the requests to all of the bucket", async () => {
  const { recording } = await record(make);
  expect(recording.named("lambda-efs-data-metrics-requests").inputs).toEqual({
    bucket: "lambda-efs-data-bucket-id",
    name: "EntireBucket",
  });
});

test("metrics are those of the filter; the size is the bucket's own, once a day", async () => {
  const { result } = await record(make);
  const { bucket, metrics } = result;
  const dimensions = { BucketName: bucket.name, FilterId: "EntireBucket" };
  expect(metrics.metricRequests()).toMatchObject({
    namespace: "AWS/S3",
    name: "AllRequests",
    dimensions,
    periodSeconds: 60,
  });
  expect(Object.values(metrics.metricErrors().using).map((each) => [each.name, each.dimensions])).toEqual([
    ["4xxErrors", dimensions],
    ["5xxErrors", dimensions],
  ]);
  expect(metrics.metricSizeBytes()).toMatchObject({
    name: "BucketSizeBytes",
    dimensions: { BucketName: bucket.name, StorageType: "StandardStorage" },
    periodSeconds: 86_400,
  });
});
