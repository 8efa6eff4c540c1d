import { z } from "zod";
import { defineRule, type Edit } from "../../lib/rule";
import { fillValue, reportMissing, requiredKeySettings } from "../../lib/tagging/required-keys";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/** What a launch template makes and can tag, as `resourceType` has it. */
const launched = ["instance", "volume"] as const;

/**
 * tag-lt-tagspecs: Launch templates tag what they launch
 *
 * `tagSpecifications` has the required keys with values for `instance` and for `volume`. The template's own `tags` tag
 * the template alone, and neither they nor the provider's defaultTags are passed on. Undefined: violation.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html
 */
export const rule = defineRule({
  id: "tag-lt-tagspecs",
  family: "tagging",
  title: "Launch templates tag what they launch",
  severity: "medium",
  why: "A template's own tags stay with the template: instances and volumes, which cost the money, start without any.",
  fix: 'add { resourceType: "instance", tags } and { resourceType: "volume", tags } to `tagSpecifications`.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html",
  types: ["aws:ec2/launchTemplate:LaunchTemplate"],
  settings: z.strictObject(requiredKeySettings),
  check({ props }, report, { keys }) {
    const specifications = props.at("tagSpecifications").elements();
    for (const kind of launched) {
      const presence = keys.map((key) => [key, isTagged(specifications, kind, key)] as const);
      reportMissing(report, "tagSpecifications", presence, `for ${kind}s: `);
    }
  },
  remedy(resource, { keys, fill }) {
    const specifications = resource.props.at("tagSpecifications").elements();
    let end = specifications.length;
    return launched.flatMap((kind): readonly Edit[] => {
      const missing = keys.filter((key) => isTagged(specifications, kind, key).answer === "no");
      const tags = missing.flatMap((key) => {
        const value = fillValue(resource, fill, key);
        return value === undefined ? [] : [{ key, value }];
      });
      if (tags.length === 0) return [];
      const found = specifications.findIndex((specification) => isFor(specification, kind).answer === "yes");
      const index = found === -1 ? end++ : found;
      return [
        { path: ["tagSpecifications", index, "resourceType"], value: kind },
        ...tags.map(({ key, value }) => ({ path: ["tagSpecifications", index, "tags", key], value })),
      ];
    });
  },
});

function isFor(specification: Value, kind: string): Truth {
  return specification.at("resourceType").equals(kind);
}

function isTagged(specifications: readonly Value[], kind: string, key: string): Truth {
  return Truth.any(
    specifications.map((specification) => isFor(specification, kind).and(specification.at("tags", key).hasContent())),
  );
}
