import { z } from "zod";
import { defineRule, type ResourceView } from "../../lib/rule";
import { taggableTypes } from "../../lib/taggable";
import { fillValue, reportMissing, requiredKeySettings } from "../../lib/tagging/required-keys";
import { Truth } from "../../lib/truth";

/**
 * tag-required-keys: Taggable resources carry all required tags
 *
 * Asks for every key, with a value that is not empty. `tagsAll` has the provider's defaultTags merged in, so it decides
 * where it is known. One unknown tag value makes all of `tagsAll` unknown; then `tags` and the provider's defaultTags
 * decide, whose keys are known even where values are not. Undefined: violation.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
 */
export const rule = defineRule({
  id: "tag-required-keys",
  family: "tagging",
  title: "Taggable resources carry all required tags",
  severity: "medium",
  why: "Without its tags a resource is missing from cost allocation, and nobody can tell whose it is or whether it may go.",
  fix: "add the missing keys to the resource's `tags`, or to `aws:defaultTags` for all resources at once.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html",
  types: taggableTypes(),
  settings: z.strictObject(requiredKeySettings),
  check(resource, report, { keys }) {
    reportMissing(
      report,
      "tags",
      keys.map((key) => [key, hasTag(resource, key)]),
    );
  },
  remedy(resource, { keys, fill }) {
    const maps = resource.props.at("tagsAll").isSet().answer === "yes" ? ["tags", "tagsAll"] : ["tags"];
    return keys
      .filter((key) => hasTag(resource, key).answer === "no")
      .flatMap((key) => {
        const value = fillValue(resource, fill, key);
        return value === undefined ? [] : maps.map((map) => ({ path: [map, key], value }));
      });
  },
});

function hasTag({ props, provider }: ResourceView, key: string): Truth {
  const all = props.at("tagsAll");
  if (all.isSet().answer === "yes" && all.at(key).isSet().answer !== "unknown") return all.at(key).hasContent();
  const defaults = provider.at("defaultTags").asDocument()?.at("tags", key).hasContent() ?? Truth.no;
  return props.at("tags", key).hasContent().or(defaults);
}
