import { defineRule } from "../../lib/rule";
import { type Tag, taggedTypes, tagSets } from "../../lib/tagging/tag-sets";
import { Truth } from "../../lib/truth";

/** Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const limits = { keyLength: 128, valueLength: 256, count: 50 };

/**
 * tag-key-hygiene: Tags keep within what every AWS service takes
 *
 * Keys have up to 128 characters, do not start with `aws:` and differ in more than case; values have up to 256
 * characters; there are at most 50 tags, with the provider's defaultTags. Undefined: passes.
 *
 * @severity low
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const rule = defineRule({
  id: "tag-key-hygiene",
  family: "tagging",
  title: "Tags keep within what every AWS service takes",
  severity: "low",
  why: "AWS refuses such tags halfway through an update; keys that differ in case alone it takes, and reports then split the cost.",
  fix: "shorten or rename the tag, and leave the prefix `aws:` to AWS.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html",
  types: taggedTypes(),
  check(resource, report) {
    for (const { path, tags } of tagSets(resource)) {
      const tooMany = Truth.of(tags.length > limits.count).or(Truth.any(tags.map(isUnknownKey)));
      report.when(tooMany, path, `${tags.length} tags, ${limits.count} are allowed`);
      for (const [index, { key, value, keyIs }] of tags.entries()) {
        const earlier = tags.slice(0, index).map((tag) => tag.key.toLowerCase());
        const twin = keyIs((name) => earlier.includes(name.toLowerCase()));
        const reserved = keyIs((name) => name.toLowerCase().startsWith("aws:"));
        const longKey = keyIs((name) => name.length > limits.keyLength);
        const longValue = value.matches((text) => String(text).length > limits.valueLength);
        report.when(twin, path, `${key} differs from another key in case at most`);
        report.when(reserved, path, `${key} starts with aws:, which AWS keeps to itself`);
        report.when(longKey, path, `the key ${key.slice(0, 20)}... is longer than ${limits.keyLength} characters`);
        report.when(longValue, path, `the value of ${key} is longer than ${limits.valueLength} characters`);
      }
    }
  },
});

function isUnknownKey({ keyIs }: Tag): Truth {
  return keyIs(() => false);
}
