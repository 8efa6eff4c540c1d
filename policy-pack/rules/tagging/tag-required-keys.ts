import { z } from "zod";
import { defineRule, type ResourceView } from "../../lib/rule";
import { taggableTypes } from "../../lib/taggable";
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
  settings: z.strictObject({
    keys: z
      .array(z.string().min(1))
      .default(["Project", "Environment", "System", "ManagedBy", "Service", "CostTier"])
      .describe("Keys that every taggable resource must have"),
    fill: z
      .record(z.string(), z.string())
      .default({ Project: "{project}", Environment: "{stack}", ManagedBy: "pulumi" })
      .describe("Values that remediation gives to missing keys; {project} and {stack} stand for Pulumi's"),
  }),
  check(resource, report, { keys }) {
    const presence = keys.map((key) => [key, hasTag(resource, key)] as const);
    const missing = presence.filter(([, present]) => present.answer === "no").map(([key]) => key);
    report.when(Truth.of(missing.length > 0), "tags", `missing ${missing.join(", ")}`);
    for (const [key, present] of presence.filter(([, present]) => present.answer === "unknown")) {
      report.when(present.not(), "tags", `missing ${key}`);
    }
  },
  remedy(resource, { keys, fill }) {
    const [stack = "", project = ""] = resource.urn.replace("urn:pulumi:", "").split("::");
    return keys
      .filter((key) => hasTag(resource, key).answer === "no" && fill[key] !== undefined)
      .flatMap((key) => {
        const value = (fill[key] ?? "").replaceAll("{project}", project).replaceAll("{stack}", stack);
        const maps = resource.props.at("tagsAll").isSet().answer === "yes" ? ["tags", "tagsAll"] : ["tags"];
        return maps.map((map) => ({ path: [map, key], value }));
      });
  },
});

function hasTag({ props, provider }: ResourceView, key: string): Truth {
  const all = props.at("tagsAll");
  if (all.isSet().answer === "yes" && all.at(key).isSet().answer !== "unknown") return all.at(key).hasContent();
  const defaults = provider.at("defaultTags").asDocument()?.at("tags", key).hasContent() ?? Truth.no;
  return props.at("tags", key).hasContent().or(defaults);
}
