import type { ProfileName } from "./profiles";
import type { ResourceView, RuleInfo } from "./rule";
import { Truth } from "./truth";

const tagKey = "CostTier";
const freeValues = ["free", "free-tier"];

/**
 * Whether a resource is tagged as one that should cost nothing: CostTier with the value `free` or `free-tier`.
 *
 * `tagsAll` has the provider's defaultTags merged in, so it decides where it is known. One unknown tag value makes all of
 * `tagsAll` unknown; then `tags` and defaultTags decide. A list of tags, as Auto Scaling groups have, works as well. What
 * can't be tagged has the provider's defaultTags only.
 */
export function isMarkedFree({ props, provider }: ResourceView): Truth {
  const isFree = Truth.any(
    props
      .at("tags")
      .elements()
      .filter((tag) => tag.at("key").isSet().answer === "yes")
      .map((tag) =>
        tag
          .at("key")
          .equals(tagKey)
          .and(tag.at("value").equals(...freeValues)),
      ),
  );
  if (isFree.answer !== "no") return isFree;
  const all = props.at("tagsAll", tagKey);
  if (all.isSet().answer === "yes") return all.equals(...freeValues);
  const own = props.at("tags", tagKey);
  if (own.isSet().answer !== "no") return own.equals(...freeValues);
  return (
    provider
      .at("defaultTags")
      .asDocument()
      ?.at("tags", tagKey)
      .equals(...freeValues) ?? Truth.no
  );
}

/**
 * Which resources a rule judges in a profile.
 *
 * Free-tier rules are the only ones that forbid what another rule asks for (a second zone, a web ACL, an own key). In
 * `free` they judge everything and the rules that they contradict (`unlessFree`) are off. In the other profiles they judge
 * what is tagged as free, and the rules that they contradict judge what is not. So nothing ever has both sides demanded.
 */
export function scopeOf(
  { family, unlessFree }: RuleInfo,
  profile: ProfileName,
): ((resource: ResourceView) => Truth) | undefined {
  if (profile === "free") return undefined;
  if (family === "free-tier") return isMarkedFree;
  return unlessFree === undefined ? undefined : (resource) => isMarkedFree(resource).not();
}
