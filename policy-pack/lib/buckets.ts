import { refersTo, type StackResource, type StackView } from "./stack-view";
import { Truth } from "./truth";

export const bucketTypes = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"] as const;

/** The buckets of a stack, each with whether one of the companions (policy, access block, ...) is for it. */
export function bucketsAndCompanions(
  stack: StackView,
  companions: readonly StackResource[],
): readonly (readonly [bucket: StackResource, accompanied: Truth])[] {
  return stack
    .ofType(...bucketTypes)
    .map((bucket) => [
      bucket,
      Truth.any(companions.map((companion) => refersTo(companion, "bucket", bucket, ["bucket", "id"]))),
    ]);
}
