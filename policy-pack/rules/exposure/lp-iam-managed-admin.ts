import { z } from "zod";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-managed-admin: No AWS managed policy for administrators is attached
 *
 * AdministratorAccess, PowerUserAccess and IAMFullAccess, attached to a role, a user, a group or a permission set.
 * Undefined: does not arise for attachments, and passes for a role without managed policies.
 *
 * @severity critical
 * @checkov CKV_AWS_274 CKV2_AWS_56
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
 */
export const rule = defineRule({
  id: "lp-iam-managed-admin",
  family: "exposure",
  title: "No AWS managed policy for administrators is attached",
  severity: "critical",
  why: "Whoever gets hold of such an identity owns the account, or can give it to themselves.",
  fix: "attach a policy with the actions that are needed.",
  checkov: ["CKV_AWS_274", "CKV2_AWS_56"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
  types: [
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
    "aws:iam/role:Role",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
  ],
  settings: z.strictObject({
    policies: z
      .array(z.string().min(1))
      .default(["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"])
      .describe("Names of AWS managed policies that may not be attached"),
  }),
  check({ props }, report, { policies }) {
    const properties = ["policyArn", "policyArns", "managedPolicyArns", "managedPolicyArn"];
    for (const arn of properties.flatMap((property) => props.at(property).elements())) {
      const [, name] = /^arn:[\w-]+:iam::aws:policy\/(?:.*\/)?([^/]+)$/.exec(String(arn.scalar())) ?? [];
      const isAdmin = arn.matches(() => name !== undefined && policies.includes(name));
      report.when(isAdmin, arn, `attaches ${name}`);
    }
  },
});
