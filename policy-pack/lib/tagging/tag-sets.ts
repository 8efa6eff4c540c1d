import type { ResourceView } from "../rule";
import { taggableTypes } from "../taggable";
import { Truth } from "../truth";
import type { Value } from "../value";

export const autoScalingGroupType = "aws:autoscaling/group:Group";

/** Type tokens of everything that {@link tagSets} finds tags in. */
export function taggedTypes(): readonly string[] {
  return [...taggableTypes(), autoScalingGroupType];
}

export interface Tag {
  /** For messages and for comparing known keys; "?" when unknown. */
  readonly key: string;
  readonly value: Value;
  /** Unknown when the key is. */
  keyIs(test: (key: string) => boolean): Truth;
}

/** Tags that end up on the same thing. */
export interface TagSet {
  readonly path: string;
  readonly tags: readonly Tag[];
}

/**
 * All tags that a resource gives: its own with the provider's defaultTags, those of a launch template for what it
 * launches, and those of an instance for its volumes.
 */
export function tagSets(resource: ResourceView): readonly TagSet[] {
  const { props, type } = resource;
  if (type === autoScalingGroupType) return [{ path: "tags", tags: listedTags(props.at("tags")) }];
  const holders = [
    ...props.at("tagSpecifications").elements(),
    ...props.at("rootBlockDevice").elements(),
    ...props.at("ebsBlockDevices").elements(),
  ];
  const maps = [props.at("volumeTags"), ...holders.map((holder) => holder.at("tags"))];
  return [{ path: "tags", tags: ownTags(resource) }, ...maps.map((map) => ({ path: map.path, tags: mappedTags(map) }))];
}

/** Tags written as a list of keys and values, as Auto Scaling groups have them. */
export function listedTags(list: Value): readonly Tag[] {
  return list.elements().map((element) => {
    const key = element.at("key");
    return {
      key: String(key.scalar() ?? "?"),
      value: element.at("value"),
      keyIs: (test) => key.matches((name) => name !== undefined && test(String(name))),
    };
  });
}

// tagsAll has the defaultTags merged in, but is unknown as soon as one value is.
function ownTags({ props, provider }: ResourceView): readonly Tag[] {
  const own = props.at("tags");
  const all = props.at("tagsAll");
  if (own.isUnknown()) return mappedTags(own);
  const defaults = provider.at("defaultTags").asDocument()?.at("tags");
  const merged = all.isSet().answer === "yes" && !all.isUnknown() ? all : defaults;
  const tags = mappedTags(own);
  const inherited = merged ? mappedTags(merged) : [];
  return [...tags, ...inherited.filter(({ key }) => !tags.some((tag) => tag.key === key))];
}

function mappedTags(map: Value): readonly Tag[] {
  if (map.isUnknown()) return [{ key: "?", value: map.at("?"), keyIs: () => Truth.unknown(map.path) }];
  return map.entries().map(([key, value]) => ({ key, value, keyIs: (test) => Truth.of(test(key)) }));
}
