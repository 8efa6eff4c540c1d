import { bucketTypes } from "./buckets";
import { refersTo, type StackResource, type StackView, written } from "./stack-view";
import { Truth } from "./truth";

/**
 * The buckets of a stack, each with whether it keeps versions, by a resource of its own or inline.
 *
 * @param refers how a companion names its bucket: `refersTo` where it excuses the bucket, `mayReferTo` where it incriminates it
 */
export function bucketsAndVersioning(
  stack: StackView,
  refers: typeof refersTo,
): readonly (readonly [bucket: StackResource, keepsVersions: Truth])[] {
  const companions = stack.ofType(
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketVersioningV2:BucketVersioningV2",
  );
  return stack.ofType(...bucketTypes).map((bucket) => {
    const byCompanion = companions.map((companion) =>
      companion.props
        .at("versioningConfiguration", "status")
        .equals("Enabled")
        .and(belongsTo(companion, bucket, refers)),
    );
    const inline = ["versioning", "versionings"]
      .flatMap((name) => written(bucket, name).elements())
      .map((block) => block.at("enabled").isTrue());
    return [bucket, Truth.any([...byCompanion, ...inline])];
  });
}

/** Whether a resource that names a bucket in `bucket` names this one. */
export function belongsTo(companion: StackResource, bucket: StackResource, refers = refersTo): Truth {
  return refers(companion, "bucket", bucket, ["bucket", "id"]);
}
