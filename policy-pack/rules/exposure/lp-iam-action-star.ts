import { coversAllActions } from "../../lib/iam/document";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-action-star: No policy allows every action
 *
 * Any pattern that comes to the same counts ("*", "*:*"), on whatever resource, and a Condition is no excuse.
 * Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov CKV_AWS_63
 * @securityHub IAM.21
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-action-star",
  family: "exposure",
  title: "No policy allows every action",
  severity: "high",
  why: "On a named resource too, every action holds the ones that delete it, open it to others and change who may use it.",
  fix: "name the actions that are needed.",
  checkov: ["CKV_AWS_63"],
  securityHub: ["IAM.21"],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
  types: identityPolicyTypes,
  check(resource, report) {
    for (const statement of identityStatements(resource, report)) {
      for (const action of statement.actions) {
        report.when(statement.allows().and(coversAllActions(action)), action, "allows every action");
      }
    }
  },
});
