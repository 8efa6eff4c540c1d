import { z } from "zod";
import { defineRule, type Edit, type ResourceView } from "../../lib/rule";
import { fillValue, reportMissing, requiredKeySettings } from "../../lib/tagging/required-keys";
import { autoScalingGroupType, listedTags, type Tag } from "../../lib/tagging/tag-sets";
import { Truth } from "../../lib/truth";

/**
 * tag-asg-propagate: Auto Scaling groups pass the required tags on
 *
 * Every required key stands in the group's list of tags with a value and with `propagateAtLaunch`. The provider's
 * defaultTags don't reach that list. Undefined: violation.
 *
 * @severity medium
 * @checkov CKV_AWS_153
 * @securityHub none
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
 */
export const rule = defineRule({
  id: "tag-asg-propagate",
  family: "tagging",
  title: "Auto Scaling groups pass the required tags on",
  severity: "medium",
  why: "Neither the group nor the instances it launches take the provider's default tags, so their cost has no owner.",
  fix: "add { key, value, propagateAtLaunch: true } to the group's `tags` for each required key.",
  checkov: ["CKV_AWS_153"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html",
  types: [autoScalingGroupType],
  settings: z.strictObject(requiredKeySettings),
  check(resource, report, { keys }) {
    const tags = groupTags(resource);
    reportMissing(
      report,
      "tags",
      keys.map((key) => [key, Truth.any(tags.map(({ tag }) => carries(tag, key)))]),
    );
    for (const { tag, propagates } of tags) {
      const required = Truth.any(keys.map((key) => carries(tag, key)));
      report.when(required.and(propagates.not()), "tags", `${tag.key} does not reach the instances`);
    }
  },
  remedy(resource, { keys, fill }) {
    const tags = groupTags(resource);
    const passOn = tags.flatMap(({ tag, propagates }, index): readonly Edit[] => {
      const cures = tag.keyIs((key) => keys.includes(key)).and(propagates.not());
      return cures.answer === "yes" ? [{ path: ["tags", index, "propagateAtLaunch"], value: true }] : [];
    });
    // A key that is unknown may be one of the missing, and no key can stand in the list twice.
    const missing = keys.filter(
      (key) => Truth.any(tags.map(({ tag }) => tag.keyIs((name) => name === key))).answer === "no",
    );
    const values = missing.flatMap((key) => {
      const value = fillValue(resource, fill, key);
      return value === undefined ? [] : [{ key, value, propagateAtLaunch: true }];
    });
    const add = values.flatMap((tag, offset) =>
      Object.entries(tag).map(([name, value]) => ({ path: ["tags", tags.length + offset, name], value })),
    );
    return [...passOn, ...add];
  },
});

function groupTags({ props }: ResourceView): readonly { readonly tag: Tag; readonly propagates: Truth }[] {
  const flags = props
    .at("tags")
    .elements()
    .map((element) => element.at("propagateAtLaunch").isTrue());
  return listedTags(props.at("tags")).map((tag, index) => ({ tag, propagates: flags[index] ?? Truth.no }));
}

function carries({ keyIs, value }: Tag, key: string): Truth {
  return keyIs((name) => name === key).and(value.hasContent());
}
