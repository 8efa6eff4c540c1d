import type { Truth } from "../truth";
import type { Value } from "../value";

export const distributionTypes = [
  "aws:cloudfront/distribution:Distribution",
  "aws:cloudfront/multitenantDistribution:MultitenantDistribution",
] as const;

/** The cache behaviours of a distribution, each with the way to it. */
export function cacheBehaviors(
  props: Value,
): readonly { readonly behavior: Value; readonly path: readonly (string | number)[] }[] {
  const ordered = ["orderedCacheBehaviors", "cacheBehaviors"].flatMap((list) =>
    props
      .at(list)
      .elements()
      .map((behavior, index) => ({ behavior, path: [list, index] })),
  );
  return [{ behavior: props.at("defaultCacheBehavior"), path: ["defaultCacheBehavior"] }, ...ordered];
}

/** Whether viewers reach a cache behaviour over HTTPS alone. */
export function requiresHttps(behavior: Value): Truth {
  return behavior.at("viewerProtocolPolicy").equals("redirect-to-https", "https-only");
}
