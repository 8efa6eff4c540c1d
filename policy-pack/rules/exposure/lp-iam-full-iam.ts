import { coversAllActions } from "../../lib/iam/document";
import { globCovers, globMatches } from "../../lib/iam/glob";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * lp-iam-full-iam: No policy allows every action of IAM
 *
 * Whether Action has a pattern that covers all of IAM, on whatever resource, or NotAction leaves all of IAM in. A
 * Condition is no excuse. A pattern for all services is another rule's matter. Undefined: does not arise, a document is
 * required.
 *
 * @severity critical
 * @checkov CKV2_AWS_40
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-full-iam",
  family: "exposure",
  title: "No policy allows every action of IAM",
  severity: "critical",
  why: "Whoever may use all of IAM can give themselves every other permission.",
  fix: "name the actions of IAM that are needed, such as iam:GetRole, and the ARNs in Resource.",
  checkov: ["CKV2_AWS_40"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
  types: identityPolicyTypes,
  check(resource, report) {
    for (const statement of identityStatements(resource, report)) {
      for (const action of statement.actions) {
        const isFull = coversIam(action).and(coversAllActions(action).not());
        report.when(statement.allows().and(isFull), action, "allows every action of IAM");
      }
      const { notAction } = statement;
      const leavesIn = notAction.isSet().and(Truth.any(notAction.elements().map(isAboutIam)).not());
      const reaches = statement.reachesEverything("iam");
      report.when(Truth.all([statement.allows(), leavesIn, reaches]), notAction, "does not except any action of IAM");
    }
  },
});

function coversIam(action: Value): Truth {
  return action.matches((pattern) => globCovers(String(pattern).toLowerCase(), "iam:*"));
}

function isAboutIam(action: Value): Truth {
  return action.matches((pattern) => globMatches(String(pattern).toLowerCase().split(":", 1)[0] ?? "", "iam"));
}
