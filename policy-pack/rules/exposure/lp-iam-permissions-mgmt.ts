import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { reportUnlimited } from "../../lib/iam/reach";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-permissions-mgmt: Changes of permissions are limited to resources
 *
 * Actions of the access level "Permissions management" that can be limited to resources, by the table in tables/iam-
 * actions.json, on everything or on everything of a service. A Condition on the resource or the request excuses it.
 * Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov CKV_AWS_289
 * @securityHub none
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const rule = defineRule({
  id: "lp-iam-permissions-mgmt",
  family: "exposure",
  title: "Changes of permissions are limited to resources",
  severity: "high",
  why: "Whoever may change every policy of a service can open all of its resources to anyone.",
  fix: "name the ARNs whose permissions change in Resource.",
  checkov: ["CKV_AWS_289"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
  types: identityPolicyTypes,
  check(resource, report) {
    for (const statement of identityStatements(resource, report)) {
      reportUnlimited(statement, "permissions", report, "changes of permissions on every resource");
    }
  },
});
