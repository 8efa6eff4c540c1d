import { z } from "zod";
import { defineRule } from "../../lib/rule";
import { taggedTypes, tagSets } from "../../lib/tagging/tag-sets";

/**
 * tag-allowed-values: Tags have values that were agreed on
 *
 * For the configured keys the whole value matches the configured expression. Looks at a resource's own tags with the
 * provider's defaultTags, at those of Auto Scaling groups, and at those that launch templates and instances pass on.
 * Undefined: passes, a missing key is another rule's matter.
 *
 * @severity low
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const rule = defineRule({
  id: "tag-allowed-values",
  family: "tagging",
  title: "Tags have values that were agreed on",
  severity: "low",
  why: "Cost reports and automation group by value: with `prod`, `Prod` and `production` each of them sees a part only.",
  fix: "use one of the agreed values, or add the new one to `values` in the policy config.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html",
  types: taggedTypes(),
  settings: z.strictObject({
    values: z
      .record(z.string(), z.string().refine(isExpression, "is no regular expression"))
      .default({ Environment: "dev|test|staging|prod|free" })
      .describe("By key, a regular expression for the whole value, such as dev|staging|prod"),
  }),
  check(resource, report, { values }) {
    for (const { tags } of tagSets(resource)) {
      for (const { key, value, keyIs } of tags) {
        for (const [ruled, expression] of Object.entries(values)) {
          const allowed = new RegExp(`^(?:${expression})$`, "u");
          const wrong = value.isSet().and(value.matches((text) => !allowed.test(String(text))));
          report.when(keyIs((name) => name === ruled).and(wrong), value, `${key} must match ${expression}`);
        }
      }
    }
  },
});

function isExpression(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
