import { credentialIn } from "../../lib/credentials";
import { defineRule } from "../../lib/rule";
import { taggedTypes, tagSets } from "../../lib/tagging/tag-sets";

/**
 * tag-no-secrets: Tags hold no credentials
 *
 * No tag value looks like an access key, a private key, a password or a token of a well-known kind. Undefined: passes.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
 */
export const rule = defineRule({
  id: "tag-no-secrets",
  family: "tagging",
  title: "Tags hold no credentials",
  severity: "high",
  why: "Tags are no place for secrets: everyone who may list resources reads them, and they stand in bills and logs.",
  fix: "take the value out, revoke the credential, and keep the new one in Secrets Manager or as an SSM SecureString.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html",
  types: taggedTypes(),
  check(resource, report) {
    for (const { tags } of tagSets(resource)) {
      for (const { value } of tags) {
        const kind = credentialIn(String(value.scalar() ?? ""));
        report.when(
          value.matches(() => kind !== undefined),
          value,
          `the value looks like ${kind}`,
        );
      }
    }
  },
});
