import { coversAllActions } from "../../lib/iam/document";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-admin-star: No policy allows every action on every resource
 *
 * Any pattern that comes to the same counts ("*", "*:*", "**"). A Condition is no excuse: who meets it is
 * administrator. Undefined: does not arise, a document is required.
 *
 * @severity critical
 * @checkov CKV_AWS_62
 * @securityHub IAM.1
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-admin-star",
  family: "exposure",
  title: "No policy allows every action on every resource",
  severity: "critical",
  why: "Whoever gets hold of such an identity owns the account.",
  fix: "name the actions that are needed, and the resources that they are needed on.",
  checkov: ["CKV_AWS_62"],
  securityHub: ["IAM.1"],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
  types: identityPolicyTypes,
  check(resource, report) {
    for (const statement of identityStatements(resource, report)) {
      for (const action of statement.actions) {
        const isAdmin = statement.allows().and(coversAllActions(action)).and(statement.reachesEverything());
        report.when(isAdmin, action, "allows every action on every resource");
      }
    }
  },
});
