import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-iam-user-direct: Policies are not attached to single users
 *
 * Inline policies of users and managed policies attached to them. Undefined: does not arise, the resource itself
 * attaches.
 *
 * @severity low
 * @checkov CKV_AWS_40
 * @securityHub IAM.2
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-user-direct",
  family: "exposure",
  title: "Policies are not attached to single users",
  severity: "low",
  why: "Permissions that hang on single users are forgotten when people change places, and users have keys that do not expire.",
  fix: "give the permissions to a role that people and programs take on, or to a group.",
  checkov: ["CKV_AWS_40"],
  securityHub: ["IAM.2"],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
  types: [
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
    "aws:iam/policyAttachment:PolicyAttachment",
  ],
  check({ type, props }, report) {
    const lists: Record<string, string> = {
      "aws:iam/policyAttachment:PolicyAttachment": "users",
      "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": "policyArns",
    };
    const list = lists[type];
    const attaches =
      list === undefined
        ? Truth.yes
        : Truth.any(
            props
              .at(list)
              .elements()
              .map((each) => each.isSet()),
          );
    report.when(attaches, list ?? "user", "attaches a policy to a user");
  },
});
