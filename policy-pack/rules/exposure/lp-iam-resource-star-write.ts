import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { reportUnlimited } from "../../lib/iam/reach";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-resource-star-write: Writes that can be limited to resources are
 *
 * Judges what an Allow on everything, or on everything of a service, lets change. Reads and actions that AWS can only
 * allow on "*" pass, by the table in tables/iam-actions.json, and those that change permissions are another rule's
 * matter. A Condition on the resource or the request excuses it. Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov CKV_AWS_290 CKV_AWS_355
 * @securityHub none
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const rule = defineRule({
  id: "lp-iam-resource-star-write",
  family: "exposure",
  title: "Writes that can be limited to resources are",
  severity: "high",
  why: "A write allowed on every resource reaches those of all other systems in the account.",
  fix: 'name the ARNs in Resource, or keep the actions that need "*" in a statement of their own, or add a Condition on the resource.',
  checkov: ["CKV_AWS_290", "CKV_AWS_355"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
  types: identityPolicyTypes,
  check(resource, report) {
    for (const statement of identityStatements(resource, report)) {
      reportUnlimited(statement, "write", report, "writes on every resource that could be limited");
    }
  },
});
